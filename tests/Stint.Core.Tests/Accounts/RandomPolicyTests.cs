using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

/// <summary>Any mix of jobs, limits, moves of accounts and passing time: counters are what the jobs say (the lab audits after each
/// command), limits hold at every start, and replay and snapshot are the live state.</summary>
public sealed class RandomPolicyTests
{
    private static readonly string[] Accounts = ["physics", "chem"];
    private static readonly string[] Qualities = ["normal", "low", "ofmain"];

    [Fact]
    public void Whatever_happens_counters_are_right_limits_hold_and_replay_is_the_live_state()
    {
        var operation = from op in Gen.Choose(0, 15) from a in Gen.Choose(0, 10_000) from b in Gen.Choose(0, 10_000) select (op, a, b);
        Prop.ForAll(Gen.ArrayOf(operation, 80).ToArbitrary(), operations =>
        {
            var lab = new PolicyLab(c =>
            {
                c.Priority = new PrioritySettings { Multifactor = true, WeightFairShare = 1000, DecayHalfLifeMs = 3_600_000, UsageReset = "DAILY" };
                c.Tiers.Add(new TierSpec { Name = "student", UserCpus = 40, MaxJobs = 12 });
                c.DefaultTier = "student";
            });
            lab.Qos("ofmain");
            lab.Account("other", "");
            foreach (var (op, a, b) in operations) Step(lab, op, a, b);
            lab.AssertReplays();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithQuietOnSuccess(true));
    }

    private static void Step(PolicyLab lab, int op, int a, int b)
    {
        var world = lab.Lab;
        switch (op)
        {
            case 0 or 1 or 2 or 3:
                world.Try(new SubmitJob(Lab.Spec(Job(spec =>
                {
                    if (a % 2 == 0 && b % 2 == 0) AsBob(spec);
                    spec.Account = Accounts[spec.User == "bob" ? 0 : a % 2];
                    spec.Qos = Qualities[b % 2];
                    spec.Tasks = (uint)(1 + b % 5);
                    spec.TimeLimitMs = (1 + a % 7) * 600_000L;
                    if (a % 5 == 0) spec.Array.Add(new ArrayRange { First = 0, Last = (uint)(b % 6), Step = 1 });
                    if (a % 7 == 0) spec.Exclusive = true;
                }))));
                break;
            case 4 or 5 or 6: Schedule(lab); break;
            case 7 or 8: WithActive(world, a, id => { world.ReportExit(id); world.Release(id); }); break;
            case 9: WithJob(world, a, id => world.Try(b % 3 == 0 ? new CancelJob(id, null, Lab.Root) : b % 3 == 1 ? new HoldJob(id, Lab.Root) : new ReleaseJob(id, Lab.Root))); break;
            case 10: WithJob(world, a, id => world.Try(new RequeueJob(id, Lab.Root))); break;
            case 11: world.After(TimeSpan.FromMinutes(b % 90)).Tick(); break;
            case 12: lab.Limit(Accounts[a % 2], b % 3 == 0 ? "alice" : "", limits => Set(limits, a, b)); break;
            case 13: lab.LimitQos(Qualities[1 + a % 2], limits => Set(limits, a, b)); break;
            case 14: lab.Account("physics", "", spec => spec.Parent = new[] { "science", "other", "" }[b % 3]); break;
            case 15: lab.Configure(c => { c.Partitions[0].Qos = b % 2 == 0 ? "ofmain" : ""; c.Priority.DecayHalfLifeMs = 1_000L * (1 + b); }); break;
        }
    }

    private static void Set(UsageLimits limits, int a, int b)
    {
        limits.GrpTres.Clear();
        if (a % 3 > 0) limits.GrpTres.Add(Tres("cpu", 2 + b % 20));
        if (a % 3 > 1) limits.GrpTres.Add(Tres("gres/gpu", 1 + b % 5));
        if (b % 4 == 0) limits.ClearGrpJobs(); else limits.GrpJobs = (uint)(b % 8);
        limits.GrpTresRunMins.Clear();
        if (b % 5 == 0) limits.GrpTresRunMins.Add(Tres("cpu", 100 + b % 400));
    }

    /// <summary>No start makes a group of associations run more than it may: what is over was running before the limit was lowered.</summary>
    private static void Schedule(PolicyLab lab)
    {
        var before = Groups(lab);
        lab.Lab.Schedule();
        foreach (var (group, (cpus, jobs, cpuMax, jobMax)) in Groups(lab))
        {
            Assert.True(cpus <= cpuMax || cpus <= before[group].Cpus, $"{group} runs {cpus} CPUs of {cpuMax}");
            Assert.True(jobs <= jobMax || jobs <= before[group].Jobs, $"{group} runs {jobs} jobs of {jobMax}");
        }
    }

    private static Dictionary<string, (long Cpus, long Jobs, double CpuMax, double JobMax)> Groups(PolicyLab lab)
    {
        var groups = new Dictionary<string, (long, long, double, double)>();
        foreach (var spec in lab.Lab.Cluster.ToSnapshot(0).Associations)
        {
            var jobs = lab.Lab.Cluster.ActiveJobs.Select(lab.Lab.Job).Where(j => j.Spec.Account == spec.Account && (spec.User.Length == 0 || j.Spec.User == spec.User)
                && j.Spec.Qos == "normal" && !j.Spec.Exclusive).ToList();
            // Jobs of a QOS with a limit of its own are not counted against; whole nodes are known only when they are given.
            var cpuMax = spec.Limits?.GrpTres.FirstOrDefault(t => t.Tres == "cpu")?.Value ?? double.MaxValue;
            groups[$"{spec.Account}/{spec.User}"] = (jobs.Sum(j => (long)j.Spec.Tasks), jobs.Count,
                Overridden(lab) ? double.MaxValue : cpuMax, Overridden(lab) || spec.Limits?.HasGrpJobs != true ? double.MaxValue : spec.Limits.GrpJobs);
        }
        return groups;
    }

    private static bool Overridden(PolicyLab lab) => lab.Lab.Cluster.Config.Partitions[0].Qos.Length > 0;

    private static void WithJob(Lab lab, int n, Action<uint> act)
    {
        if (lab.Cluster.Jobs.Count > 0) act(lab.Cluster.Jobs.Keys.Order().ElementAt(n % lab.Cluster.Jobs.Count));
    }

    private static void WithActive(Lab lab, int n, Action<uint> act)
    {
        if (lab.Cluster.ActiveJobs.Count > 0) act(lab.Cluster.ActiveJobs.ElementAt(n % lab.Cluster.ActiveJobs.Count));
    }
}
