using Stint.Core.Journal;
using Stint.Simulation.Faults.Clockwork;
using Stint.Simulation.Faults.Servers;

namespace Stint.Simulation.Faults.Plans;

/// <summary>From a seed to a plan: a small cluster, a mixed workload, and a few faults, so that their meetings are frequent.</summary>
internal sealed class PlanMaker
{
    private const ulong GiB = 1UL << 30;
    private readonly Chance chance;
    private readonly ulong seed;
    private readonly List<NodePlan> nodes = [];
    private readonly List<Op> ops = [];
    private readonly int jobs, faults;
    private readonly long spanUs;
    private int submitted;
    private string? lost;

    private PlanMaker(ulong seed, int jobs, int faults, long spanUs)
    {
        (this.seed, this.jobs, this.faults, this.spanUs, chance) = (seed, jobs, faults, spanUs, new Chance(seed, "plan"));
        var count = 2 + chance.Below(3);
        for (var i = 0; i < count; i++) nodes.Add(new NodePlan($"n{i + 1}", (uint)(2 + chance.Below(5)), (ulong)(4 + chance.Below(8)) * GiB));
    }

    /// <summary>A minute or two of work with a handful of faults.</summary>
    public static Plan Short(ulong seed)
    {
        var chance = new Chance(seed, "size");
        return new PlanMaker(seed, 3 + chance.Below(10), chance.Below(8), chance.Between(10, 90) * 1_000_000).Make();
    }

    /// <summary>As many jobs as one asks for, at the same density.</summary>
    public static Plan Long(ulong seed, int jobs) => new PlanMaker(seed, jobs, jobs / 2, jobs * 4_000_000L).Make() with { IsLong = true };

    private Plan Make()
    {
        for (var i = 0; i < jobs; i++) Work(At());
        for (var i = 0; i < faults; i++) ops.Add(Mishap(At()));
        var inOrder = ops.OrderBy(static op => op.AtUs).ToList();
        return new Plan(seed, nodes, inOrder, spanUs + 5_000_000);
    }

    private long At() => 500_000 + chance.Between(0, spanUs);
    private string Node() => chance.Of(nodes).Name;

    private void Work(long at)
    {
        var number = submitted++;
        if (chance.OneIn(5)) ops.Add(Srun(at, number));
        else ops.Add(Batch(at, number));
        if (chance.OneIn(4)) ops.Add(new Cancel(Later(at), number, chance.OneIn(3) ? (uint)chance.Below(4) : null));
        if (chance.OneIn(6)) ops.Add(new Change(Later(at), number, JobVerb.Hold));
        if (chance.OneIn(6)) ops.Add(new Change(Later(at), number, JobVerb.Release));
        if (chance.OneIn(5)) ops.Add(new Change(Later(at), number, JobVerb.Requeue));
        if (!chance.OneIn(8)) return;
        var node = Node();
        var begin = At();
        var down = chance.OneIn(3);
        ops.Add(new NodeWish(begin, node, down ? null : true, down ? true : null));
        ops.Add(new NodeWish(begin + chance.Between(1, 30) * 1_000_000, node, down ? null : false, down ? false : null));
    }

    private long Later(long at) => at + (chance.OneIn(3) ? chance.Between(0, 50_000) : chance.Between(0, 20_000_000));

    private Submit Batch(long at, int number)
    {
        var spec = Job(number);
        spec.IsBatch = true;
        spec.Requeue = !chance.OneIn(4);
        if (chance.OneIn(5)) spec.Array.Add(new ArrayRange { First = 0, Last = (uint)(1 + chance.Below(5)), Step = 1 });
        if (spec.Array.Count > 0 && chance.OneIn(2)) spec.ArrayThrottle = (uint)(1 + chance.Below(2));
        if (chance.OneIn(8)) spec.Held = true;
        if (chance.OneIn(10)) spec.Partition = "nowhere";
        if (chance.OneIn(12)) (spec.WarnBeforeMs, spec.WarnSignal) = (1_000, 10);
        var program = Program();
        // Some outlast everything that can happen to their node.
        if (chance.OneIn(12)) (spec.TimeLimitMs, program) = (200_000, program with { RunUs = chance.Between(60_000, 170_000) * 1_000 });
        return new Submit(at, number, spec, program);
    }

    private Interactive Srun(long at, int number)
    {
        var spec = Job(number);
        var step = new StepSpec { Name = "step", Tasks = chance.OneIn(2) ? 0u : 1u };
        return new Interactive(at, number, spec, step, Program(), chance.OneIn(4) ? chance.Between(100, 15_000) * 1_000 : 0);
    }

    private JobSpec Job(int number)
    {
        // Any job fits on any one node, or on two: whichever node is lost, all of them can end.
        var smallest = nodes.Min(static node => node.Cpus);
        var cpus = (uint)(1 + chance.Below((int)smallest));
        var spec = new JobSpec
        {
            Name = $"job{number % 3}", Uid = (uint)(1000 + chance.Below(3)), Gid = 100, User = "user", Partition = "main", NodesMin = 1, NodesMax = 1, Tasks = 1, CpusPerTask = cpus,
            MemoryPerNodeBytes = (ulong)(1 + chance.Below(4)) * GiB, WorkDir = "/", StdOut = "/dev/null",
            TimeLimitMs = chance.OneIn(3) ? chance.Between(1, 8) * 1_000 : chance.Between(20, 90) * 1_000,
        };
        if (nodes.Count > 2 && chance.OneIn(5)) (spec.NodesMin, spec.NodesMax, spec.Tasks) = (2, 2, 2);
        if (chance.OneIn(10)) spec.Exclusive = true;
        if (number > 0 && chance.OneIn(5)) spec.Dependencies.Add(new Dependency { Kind = chance.Of(Kinds), JobId = (uint)(1 + chance.Below(number)) });
        if (chance.OneIn(8)) spec.KillOnInvalidDependency = true;
        return spec;
    }

    private static readonly string[] Kinds = ["after", "afterany", "afterok", "afternotok", "singleton"];

    private Payload Program() => new(chance.OneIn(4) ? chance.Between(1, 200) * 1_000 : chance.OneIn(5) ? chance.Between(20_000, 60_000) * 1_000 : chance.Between(200, 15_000) * 1_000, chance.OneIn(5) ? 1 + chance.Below(3) : 0, !chance.OneIn(4));

    private Mishap Mishap(long at)
    {
        var node = Node();
        switch (chance.Below(25))
        {
            case 0 or 1: return new ServerCrash(at);
            case 2: return new CommitMishap(at, CommitFault.DieBefore);
            case 3: return new CommitMishap(at, CommitFault.DieAfter);
            case 4: return new CommitMishap(at, CommitFault.Refuse);
            case 5: return new ServerDisk(at, Full: true, chance.Between(100, 8_000) * 1_000);
            case 6: return new ServerDisk(at, Full: false, chance.Between(1_000, 20_000) * 1_000);
            case 7: return new ServerClockJump(at, Jump());
            case 8 or 9: return new AgentCrash(at, node, -1);
            case 10 or 11 or 12: return new AgentCrash(at, node, chance.Below(12));
            case 13 or 14: return new ShepherdKill(at, node, chance.Below(4));
            case 15: return new Reboot(at, node, chance.Between(500, 40_000) * 1_000);
            case 16 when lost is null && nodes.Count > 2 && chance.OneIn(2):
                lost = node;
                return new NodeLoss(at, node);
            case 17: return new Partition(at, node, chance.Between(500, 10_000) * 1_000);
            case 18: return new Partition(at, node, chance.Between(15_000, 60_000) * 1_000);
            case 19: return new SlowLink(at, node, chance.Between(1_000, 20_000) * 1_000, chance.Between(50, 3_000) * 1_000);
            case 20: return new NodeClockJump(at, node, Jump());
            case 21: return new NodeDiskFull(at, node, chance.Between(100, 10_000) * 1_000);
            case 22: return new SlowNode(at, node, chance.Between(1_000, 20_000) * 1_000);
            case 23: return new StuckProcesses(at, node, chance.Between(500, 20_000) * 1_000);
            default: return new LinkBreak(at, node, Notice(), Notice());
        }
    }

    private long Jump() => (chance.OneIn(2) ? 1 : -1) * chance.Between(1, chance.OneIn(3) ? 7_200 : 120) * 1_000_000;
    private long Notice() => chance.OneIn(3) ? chance.Between(1_000, 8_000) * 1_000 : chance.Between(0, 200) * 1_000;
}
