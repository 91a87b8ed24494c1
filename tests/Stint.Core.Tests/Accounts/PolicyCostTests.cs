using System.Diagnostics;
using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

/// <summary>What a pass asks for each of many jobs costs next to nothing. Bounds are far above what is measured, for loaded machines.</summary>
public sealed class PolicyCostTests
{
    [Fact]
    public void A_question_that_finds_no_obstacle_makes_no_garbage()
    {
        var lab = new PolicyLab(c =>
        {
            c.Priority = new PrioritySettings { Multifactor = true, WeightAge = 1000, WeightFairShare = 1000, MaxAgeMs = 86_400_000 };
            c.Tiers.Add(new TierSpec { Name = "student", UserCpus = 1000, MaxJobs = 100 });
            c.DefaultTier = "student";
        });
        lab.Limit("physics", "", limits => { limits.GrpJobs = 100; limits.GrpTres.Add(Tres("cpu", 1000)); limits.GrpTresMins.Add(Tres("cpu", 1e9)); });
        lab.LimitQos("normal", limits => { limits.MaxJobsPerUser = 100; limits.MaxTresPerUser.Add(Tres("gres/gpu", 1000)); limits.MaxTresRunMinsPerUser.Add(Tres("cpu", 1e9)); });
        var job = lab.Lab.Job(lab.Submit());
        var (cluster, partition, now) = (lab.Lab.Cluster, lab.Lab.Cluster.Partitions[0], lab.Lab.Now);
        Assert.Equal((null, 2_000.0 / 2), (cluster.AskLimits(job, partition, now), cluster.AskPriority(job, partition, now)));
        const int questions = 100_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < questions; i++)
        {
            cluster.AskLimits(job, partition, now);
            cluster.AskPriority(job, partition, now);
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{questions} questions took {watch.Elapsed}");
    }
}
