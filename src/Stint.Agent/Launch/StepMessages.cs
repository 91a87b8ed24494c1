using System.Globalization;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>The lines that Slurm's users know from their error files, word for word.</summary>
internal static class StepMessages
{
    public static string CancelledHead(StepId id, string node) =>
        id.IsBatch ? $"slurmstepd: error: *** JOB {id.Job} ON {node} CANCELLED AT " : $"slurmstepd: error: *** STEP {id} ON {node} CANCELLED AT ";

    /// <summary>Empty when there is nothing to say: the job is over by itself.</summary>
    public static string Ended(StepId id, string node, EndJob order, DateTimeOffset now)
    {
        if (order.Message.Length > 0)
            return order.Message.Replace("\0", "") + (order.Message.EndsWith('\n') ? "" : "\n");
        string? why = order.Reason switch
        {
            EndReason.EndCancelled or EndReason.EndAdmin => "",
            EndReason.EndTimeLimit => " DUE TO TIME LIMIT",
            EndReason.EndPreempted => " DUE TO PREEMPTION",
            EndReason.EndNodeLost => " DUE TO NODE FAILURE",
            _ => null,
        };
        return why is null ? "" : CancelledHead(id, node) + now.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + why + " ***\n";
    }

    public static string LimitPassed(StepId id, string node, DateTimeOffset now) =>
        Ended(id, node, new EndJob { Reason = EndReason.EndTimeLimit }, now);

    public static string OutOfMemory(StepId id, ulong kills) =>
        $"slurmstepd: error: Detected {kills} oom_kill event{(kills == 1 ? "" : "s")} in StepId={id}. Some of the step tasks have been OOM Killed.\n";
}
