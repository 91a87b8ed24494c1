using Stint.Agent.Launch;
using Stint.Protocol.Agents;
using Stint.Simulation.Faults.Checks;
using Stint.Simulation.Faults.Nodes;
using Stint.Simulation.Faults.Plans;

namespace Stint.Simulation.Faults.Mutants;

/// <summary>A step host that passes everything on; mutants change one thing.</summary>
internal class PassingHost(StepHost inner) : IStepHost
{
    protected StepHost Inner => inner;
    public Task RecoverAsync(CancellationToken cancellation) => inner.RecoverAsync(cancellation);
    public virtual void Launch(LaunchSpec spec) => inner.Launch(spec);
    public virtual void EndJob(EndJob order) => inner.EndJob(order);
    public void Suspend(SuspendJob order) => inner.Suspend(order);
    public void Resume(ResumeJob order) => inner.Resume(order);
    public void SetLimit(SetJobLimit order) => inner.SetLimit(order);
    public void Signal(SignalStep order) => inner.Signal(order);
    public void Input(StepInput input) => inner.Input(input);
    public void Resize(ResizePty order) => inner.Resize(order);
    public void OutputTaken(StepOutputTaken taken) => inner.OutputTaken(taken);
    public IReadOnlyList<StepHolding> Holdings => inner.Holdings;
    public void Acknowledged(ulong reportId) => inner.Acknowledged(reportId);
    public virtual IReadOnlyList<ToServer> Unacknowledged => inner.Unacknowledged;
}

/// <summary>What was not acknowledged is not sent again.</summary>
internal sealed class DoesNotRepeatReports : Mutant
{
    public override IStepHost Host(AgentLife agent, StepHost host) => new Silent(host);

    private sealed class Silent(StepHost inner) : PassingHost(inner)
    {
        public override IReadOnlyList<ToServer> Unacknowledged => [];
    }
}

/// <summary>A launch that comes a second time is carried out a second time.</summary>
internal sealed class RunsEveryLaunch : Mutant
{
    public override IStepHost Host(AgentLife agent, StepHost host) => new Eager(agent, host);

    private sealed class Eager(AgentLife agent, StepHost inner) : PassingHost(inner)
    {
        public override void Launch(LaunchSpec spec)
        {
            var again = Inner.Holdings.Any(held => held.Key.Equals(spec.Key));
            base.Launch(spec);
            if (again) agent.Process.After(3_000, () => RunAgain(spec));
        }

        private void RunAgain(LaunchSpec spec)
        {
            var id = StepId.Of(spec.Key);
            var payload = Payload.Parse(spec.Payload.Script.IsEmpty ? null : spec.Payload.Script.ToByteArray(), [.. spec.Payload.Arguments.Select(static a => a.ToByteArray())]);
            if (agent.Node.World.Truth.Find(agent.Node.Name, id) is not null)
                agent.Node.World.Truth.Started(new RunningStep(agent.Node.Name, id, payload) { Limits = spec.Limits }, agent.Node.World.Queue.NowUs);
        }
    }
}

/// <summary>The agent forgets a step when it has told its end, not when the server has it.</summary>
internal sealed class ForgetsBeforeTheAcknowledgement : Mutant
{
    public override IStepReports Reports(AgentLife agent, IStepReports reports) => new Hasty(agent, reports);

    private sealed class Hasty(AgentLife agent, IStepReports inner) : IStepReports
    {
        public void Send(ToServer message)
        {
            inner.Send(message);
            if (message.BodyCase == ToServer.BodyOneofCase.StepExited) agent.Process.After(1, () => agent.Host!.Acknowledged(message.ReportId));
        }
    }
}

/// <summary>A node says that it let go of a job when it is told to end it.</summary>
internal sealed class ReleasesTooEarly : Mutant
{
    private IStepReports? outbox;

    public override IStepReports Reports(AgentLife agent, IStepReports reports) => outbox = reports;
    public override IStepHost Host(AgentLife agent, StepHost host) => new Hasty(outbox!, host);

    private sealed class Hasty(IStepReports reports, StepHost inner) : PassingHost(inner)
    {
        public override void EndJob(EndJob order)
        {
            reports.Send(new ToServer { JobReleased = new JobReleasedReport { JobId = order.JobId, Attempt = order.Attempt } });
            base.EndJob(order);
        }
    }
}

/// <summary>The shepherd does not look at the clock.</summary>
internal sealed class IgnoresTheWallLimit : Mutant
{
    public override bool ShepherdForgetsLimit => true;
}

/// <summary>The shepherd tells how its tasks ended, and writes it down nowhere.</summary>
internal sealed class LosesTheExitRecord : Mutant
{
    public override bool ShepherdForgetsRecord => true;
}

/// <summary>A group is taken for empty that is not.</summary>
internal sealed class DoesNotKillTheGroup : Mutant
{
    public override bool GroupsAreNotKilled => true;
}
