using Stint.Core.Jobs;
using Xunit.Abstractions;

namespace Stint.Core.Tests.Reasons;

public sealed class ReasonTests(ITestOutputHelper output)
{
    private const int JobsOfRun = 1_000;
    /// <summary>STINT_REASON_DAYS=1: all thousand wait at once, and each trial is the dearer.</summary>
    private static readonly int Days = int.TryParse(Environment.GetEnvironmentVariable("STINT_REASON_DAYS"), out var days) ? Math.Clamp(days, 1, 100) : 8;
    private static readonly int Seeds = int.TryParse(Environment.GetEnvironmentVariable("STINT_SEEDS"), out var seeds) ? Math.Clamp(seeds, 1, 1_000) : 1;
    private static readonly int FirstSeed = int.TryParse(Environment.GetEnvironmentVariable("STINT_SEED"), out var seed) ? seed : 1;

    [Fact]
    public void Each_reason_of_a_thousand_mixed_jobs_is_what_keeps_the_job_away()
    {
        var faults = Enumerable.Range(FirstSeed, Seeds).SelectMany(Verify).ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(100)));
    }

    /// <summary>A thousand jobs come in as many days as <see cref="Days"/>; at the end of each, every reason that was not verified before is.</summary>
    private List<string> Verify(int seed)
    {
        var mixed = new MixedCluster(seed);
        var verified = new HashSet<(uint Job, PendingReason Reason)>();
        var findings = new List<(Job Job, ReasonCheck.Finding Finding)>();
        for (var day = 1; day <= Days; day++)
        {
            if (day > 1) mixed.Night();
            mixed.Day(JobsOfRun / Days);
            mixed.Lab.Cluster.Audit();
            var check = new ReasonCheck(mixed.Lab.Cluster, mixed.Lab.Now);
            foreach (var job in mixed.Pending)
                if (verified.Add((job.Id, job.Reason))) findings.Add((job, check.Check(job.Id)));
        }
        var faults = findings.FindAll(static one => one.Finding.Fault is not null);
        output.WriteLine($"seed {seed}: {findings.Count} reasons of {verified.DistinctBy(static one => one.Job).Count()} jobs; {findings.Count - faults.Count} are true, by {findings.Sum(static one => one.Finding.Obstacles.Count)} removals");
        foreach (var group in findings.SelectMany(static one => one.Finding.Obstacles.Select((why, at) => (why.Reason, First: at == 0))).GroupBy(static one => one.Reason).OrderByDescending(static group => group.Count()))
            output.WriteLine($"  {group.Count(),5} {group.Key}, {group.Count(static one => one.First)} of them the first reason");
        return faults.ConvertAll(one => $"seed {seed}, job {one.Job.Id} ({string.Join(" → ", one.Finding.Obstacles.Select(static why => why.Reason))}): {one.Finding.Fault}");
    }

    [Fact]
    public void A_reason_that_names_the_wrong_obstacle_is_caught()
    {
        var mixed = new MixedCluster(7);
        mixed.Day(150);
        var cluster = mixed.Lab.Cluster;
        var check = new ReasonCheck(cluster, mixed.Lab.Now);
        var caught = 0;
        foreach (var job in cluster.Jobs.Values.Where(static job => job.State == JobState.Pending).GroupBy(static job => job.Reason).Select(static group => group.First()).ToList())
        {
            var fault = check.Check(job.Id).Fault;
            Assert.True(fault is null, $"job {job.Id}: {fault}");
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
        if (!job.Held) yield return new Waiting(PendingReason.JobHeldUser, "held by its owner");
        yield return new Waiting(PendingReason.BeginTime, "its begin time has not come");
        yield return new Waiting(PendingReason.Licenses, "needs 1 of licence matlab (6 of 6 are in use)");
        yield return new Waiting(PendingReason.QOSGrpJobsLimit, "QOS partition allows 6 running jobs (GrpJobs); 6 run");
        if (partition is not ("old" or "night")) yield return new Waiting(PendingReason.PartitionDown, $"partition {partition} is down");
    }
}
