using System.Collections.Concurrent;
using Stint.Core.Jobs;
using Xunit.Abstractions;

namespace Stint.Core.Tests.Reasons;

public sealed class ReasonTests(ITestOutputHelper output)
{
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("STINT_SEEDS"), out var seeds) ? Math.Clamp(seeds, 1, 1_000) : 1;

    [Fact]
    public void Each_reason_of_a_thousand_mixed_jobs_is_what_keeps_the_job_away()
    {
        var faults = new List<string>();
        for (var seed = 1; seed <= Seeds; seed++) faults.AddRange(Verify(seed));
        foreach (var fault in faults.Take(60)) output.WriteLine(fault);
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
        output.WriteLine($"load {Trial.LoadTicks / 1e6} ms, schedule {Trial.ScheduleTicks / 1e6} ms for {Trial.Schedules}; cpu {System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds} s");
        foreach (var group in findings.SelectMany(static one => one.Finding.Obstacles.Select((why, at) => (why.Reason, First: at == 0))).GroupBy(static one => one.Reason).OrderByDescending(static group => group.Count()))
            output.WriteLine($"  {group.Count(),5} {group.Key}, {group.Count(static one => one.First)} of them the first reason");
        return faults.Select(one => $"seed {seed}, job {one.Job.Id} ({string.Join(" → ", one.Finding.Obstacles.Select(static why => why.Reason))}): {one.Finding.Fault}");
    }
}
