using System.Diagnostics;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Scheduling;

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

/// <summary>Coarse bounds that only a wrong algorithm breaks; nothing else runs meanwhile.</summary>
[Collection("alone")]
public sealed class SpeedTests
{
    [Fact]
    public void Ten_thousand_tasks_go_through_64_slots_in_two_seconds()
    {
        var lab = new Lab { Audits = false }.Node("n1", cpus: 64, memory: 64 * Lab.GiB);
        var clock = Stopwatch.StartNew();
        var id = lab.SubmitArray(0, 9_999);
        lab.Schedule();
        for (var done = 0; done < 10_000; done++)
        {
            var job = lab.Cluster.ActiveJobs.First();
            lab.ReportStart(job);
            lab.ReportExit(job);
            lab.Schedule();
        }
        Assert.True(lab.Cluster.Jobs.Values.All(job => job.State == JobState.Completed));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"it took {clock.Elapsed}");
        Assert.Equal(10_000, lab.Cluster.JobsOf(id).Count());
        lab.Cluster.Audit();
    }

    [Fact]
    public void Ten_thousand_pending_jobs_do_not_slow_a_pass()
    {
        var lab = new Lab { Audits = false }.Node("n1", cpus: 2);
        for (var i = 0; i < 10_000; i++) lab.Submit();
        lab.Schedule();
        var clock = Stopwatch.StartNew();
        for (var done = 0; done < 1_000; done++)
        {
            lab.ReportExit(lab.Cluster.ActiveJobs.First());
            lab.Schedule();
        }
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"1,000 ends and passes took {clock.Elapsed}");
        Assert.Equal(PendingReason.Priority, lab.Job(9_000).Reason);
        lab.Cluster.Audit();
    }
}
