using Microsoft.Extensions.Logging;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;
using SignedLaunch = Stint.Protocol.Agents.Launch;

namespace Stint.Agent.Session;

/// <summary>What the server tells this node to do, handed to the step host. Nothing that comes over the link ends the agent.</summary>
internal sealed partial class Orders(IStepHost host, LaunchVerifier verifier, IStepReports reports, TimeProvider time, ILogger log, Func<ToAgent, bool>? others = null)
{
    public void Take(ToAgent message)
    {
        try
        {
            switch (message.BodyCase)
            {
                case ToAgent.BodyOneofCase.Ack: host.Acknowledged(message.Ack.ReportId); break;
                case ToAgent.BodyOneofCase.Launch: Launch(message.Launch); break;
                case ToAgent.BodyOneofCase.EndJob: host.EndJob(message.EndJob); break;
                case ToAgent.BodyOneofCase.SuspendJob: host.Suspend(message.SuspendJob); break;
                case ToAgent.BodyOneofCase.ResumeJob: host.Resume(message.ResumeJob); break;
                case ToAgent.BodyOneofCase.SetJobLimit: host.SetLimit(message.SetJobLimit); break;
                case ToAgent.BodyOneofCase.SignalStep: host.Signal(message.SignalStep); break;
                case ToAgent.BodyOneofCase.Input: host.Input(message.Input); break;
                case ToAgent.BodyOneofCase.OutputTaken: host.OutputTaken(message.OutputTaken); break;
                case ToAgent.BodyOneofCase.Resize: host.Resize(message.Resize); break;
                case var _ when others?.Invoke(message) == true: break;
                default: Log.Unknown(log, message.BodyCase.ToString()); break;   // a newer server: what is not known is not needed
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log.Failed(log, message.BodyCase.ToString(), e);
        }
    }

    private void Launch(SignedLaunch launch)
    {
        if (verifier.TryVerify(launch, IsHeld, out var spec, out var refusal))
        {
            host.Launch(spec);
            return;
        }
        var key = refusal.Spec?.Key;
        Log.Refused(log, key?.JobId ?? 0, key?.StepId ?? 0, key?.Attempt ?? 0, refusal.Why);
        if (key is null || refusal.IsReplay || IsHeld(key)) return;
        reports.Send(new ToServer
        {
            StepExited = new StepExitedReport
            {
                Key = key, Outcome = Outcome.LaunchFailed, Cause = $"the node refused to launch it: {refusal.Why}",
                JobReleased = !host.Holdings.Any(h => h.Key.JobId == key.JobId), AtMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            },
        });
    }

    private bool IsHeld(StepKey? key) => key is not null && host.Holdings.Any(h => h.Key.Equals(key));

    private static partial class Log
    {
        [LoggerMessage(EventId = 3101, Level = LogLevel.Warning, Message = "launch of {Job}.{Step} attempt {Attempt} refused: {Why}")]
        public static partial void Refused(ILogger log, uint job, uint step, uint attempt, string why);

        [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "message {Kind} is not known here")]
        public static partial void Unknown(ILogger log, string kind);

        [LoggerMessage(EventId = 3103, Level = LogLevel.Error, Message = "message {Kind} could not be carried out")]
        public static partial void Failed(ILogger log, string kind, Exception error);
    }
}
