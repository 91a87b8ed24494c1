using Stint.Core.Jobs;
using Xunit.Abstractions;

namespace Stint.Core.Tests.Reasons;

public sealed class ReasonTests(ITestOutputHelper output)
{
    private static readonly int Seeds = int.TryParse(Environment.GetEnvironmentVariable("STINT_SEEDS"), out var seeds) ? Math.Clamp(seeds, 1, 1_000) : 1;
    private static readonly int FirstSeed = int.TryParse(Environment.GetEnvironmentVariable("STINT_SEED"), out var seed) ? seed : 1;

    [Fact]
    public void Each_reason_of_a_thousand_mixed_jobs_is_what_keeps_the_job_away()
    {
        var faults = new List<string>();
        for (var seed = FirstSeed; seed < FirstSeed + Seeds; seed++) faults.AddRange(Verify(seed));
        foreach (var fault in faults.Take(100)) output.WriteLine(fault);
        Assert.Empty(faults);
    }

    private IEnumerable<string> Verify(int seed)
    {
        var mixed = new MixedCluster(seed);
        mixed.Run(1_000);
        var cluster = mixed.Lab.Cluster;
        cluster.Audit();
        var pending = cluster.Jobs.Values.Where(static job => job.State == JobState.Pending).ToList();
        var check = new ReasonCheck(cluster, mixed.Lab.Now);
        var findings = pending.ConvertAll(job => (Job: job, Finding: check.Check(job.Id)));
        var faults = findings.FindAll(static one => one.Finding.Fault is not null);
        output.WriteLine($"seed {seed}: {pending.Count} pending jobs, {cluster.ActiveJobs.Count} running; {findings.Count - faults.Count} verified with {findings.Sum(static one => one.Finding.Obstacles.Count)} removals");
        foreach (var group in findings.SelectMany(static one => one.Finding.Obstacles.Select((why, at) => (why.Reason, First: at == 0))).GroupBy(static one => one.Reason).OrderByDescending(static group => group.Count()))
            output.WriteLine($"  {group.Count(),5} {group.Key}, {group.Count(static one => one.First)} of them the first reason");
        return faults.Select(one => $"seed {seed}, job {one.Job.Id} ({string.Join(" → ", one.Finding.Obstacles.Select(static why => why.Reason))}): {one.Finding.Fault}");
    }

    [Fact]
    public void A_reason_that_names_the_wrong_obstacle_is_caught()
    {
        var mixed = new MixedCluster(7);
        mixed.Run(150);
        var cluster = mixed.Lab.Cluster;
        var check = new ReasonCheck(cluster, mixed.Lab.Now);
        var caught = 0;
        foreach (var job in cluster.Jobs.Values.Where(static job => job.State == JobState.Pending).GroupBy(static job => job.Reason).Select(static group => group.First()).ToList())
        {
            Assert.Null(check.Check(job.Id).Fault);
            foreach (var wrong in Lies(job))
            {
                if (wrong.Reason == job.Reason) continue;
                Assert.True(check.Check(job.Id, wrong).Fault is not null, $"job {job.Id} waits with {job.Reason}, and {wrong.Reason} was believed");
                caught++;
            }
        }
        output.WriteLine($"{caught} wrong reasons were caught");
        Assert.InRange(caught, 40, 1_000);
    }

    /// <summary>Obstacles that could be there and are not: taking them away changes nothing.</summary>
    private static IEnumerable<Waiting> Lies(Job job)
    {
        var partition = job.Spec.Partition.Split(',')[0];
        yield return new Waiting(PendingReason.JobHeldUser, "held by its owner");
        yield return new Waiting(PendingReason.BeginTime, "its begin time has not come");
        yield return new Waiting(PendingReason.Licenses, "needs 1 of licence matlab (6 of 6 are in use)");
        yield return new Waiting(PendingReason.QOSGrpJobsLimit, "QOS partition allows 6 running jobs (GrpJobs); 6 run");
        if (partition is not ("old" or "night")) yield return new Waiting(PendingReason.PartitionDown, $"partition {partition} is down");
    }
}
