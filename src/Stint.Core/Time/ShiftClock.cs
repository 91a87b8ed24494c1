using Stint.Core.Journal;

namespace Stint.Core;

// The server's clock of day was set. What counts elapsed time from a moment gets that moment in the new clock's terms: a job that ran for an hour has
// run for an hour. What names a time of day (--begin, --deadline, reservations) stays as it was written.
public sealed partial class Cluster
{
    private static Decision DecideShiftClock(ShiftClock command, Instant now)
    {
        if (command.ByMs == 0) return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(new ClockShifted { ByMs = command.ByMs });
        return batch.Decision();
    }

    private void On(ClockShifted record, Instant at)
    {
        Instant Shifted(Instant moment) => moment.IsSet ? new Instant(Math.Max(1, moment.Milliseconds + record.ByMs)) : moment;
        foreach (var id in activeJobs)
        {
            var job = jobs[id];
            var hadLimit = job.EndLimit.IsSet;
            job.Started = Shifted(job.Started);
            if (job.SuspendedAt.IsSet) job.SuspendedAt = Shifted(job.SuspendedAt);
            foreach (var step in job.Steps.Values)
                if (!step.IsOver) step.Started = Shifted(step.Started);
            if (hadLimit) job.EndLimit = EndLimitOf(job, at);
            foreach (var share in job.Shares) Touch(NodeOf(share.Node));
            CountUpdated(job, at);
        }
        // The silence of a node is counted from when its link was lost.
        foreach (var node in nodes.Values)
            if (node.Availability == NodeAvailability.NodeNotResponding) node.Changed = Shifted(node.Changed);
        NeedsSchedule = true;
    }
}
