using Stint.Core.Journal;
using Stint.Core.Nodes;
using static Stint.Core.Tests.Resources.Machines;

namespace Stint.Core.Tests.Resources;

/// <summary>Draws small heterogeneous clusters and requests of every sort from a seed.</summary>
internal sealed class RandomMachines(int seed)
{
    private readonly Random random = new(seed);

    public int Next(int below) => random.Next(below);
    private bool OneIn(int n) => random.Next(n) == 0;
    private T Any<T>(params T[] of) => of[random.Next(of.Length)];

    public Lab Cluster(int nodesMax)
    {
        var lab = new Lab(c =>
        {
            c.Nodes.Add(new NodeSpec { Nodes = "n[1-2]", Features = { "a" }, Weight = (uint)Next(3) });
            c.Nodes.Add(new NodeSpec { Nodes = "n[2-4]", Features = { "a", "b" }, CoreSpecCount = (uint)Next(2) });
            c.Nodes.Add(new NodeSpec { Nodes = "n[4-9]", Features = { "b" }, BlocksAuto = true, MemorySpecBytes = (ulong)Next(2) * GiB });
            c.Licenses = "lic:3,tool:1";
            if (OneIn(3)) c.Partitions[0].OverSubscribe = "FORCE:2";
            if (OneIn(2)) c.Blocks.AddRange([new SwitchSpec { Name = "b1", Nodes = "n[1-3]" }, new SwitchSpec { Name = "b2", Nodes = "n[4-6]" }]);
            else if (OneIn(2)) c.Switches.AddRange([new SwitchSpec { Name = "s1", Nodes = "n[1-2]" }, new SwitchSpec { Name = "s2", Nodes = "n[3-6]" }, new SwitchSpec { Name = "s", Switches = "s[1-2]" }]);
        });
        var nodes = 1 + Next(nodesMax);
        for (var i = 1; i <= nodes; i++) lab.With(Node($"n{i}"));
        return lab;
    }

    private NodeRegistered Node(string name)
    {
        var (sockets, cores, threads) = (1 + Next(2), 1 + Next(4), 1 + Next(2));
        var (all, half) = (sockets * cores * threads, cores * threads);
        var gres = new List<Gres>();
        if (OneIn(2))
        {
            string Near(int gpu) => OneIn(4) ? "" : gpu % 2 == 0 || sockets == 1 ? $"0-{half - 1}" : $"{half}-{all - 1}";
            gres.Add(Gpus("x", [.. Enumerable.Range(0, 1 + Next(4)).Select(Near)]));
            if (OneIn(2)) gres.Add(Gpus("y", 4, [.. Enumerable.Range(0, 1 + Next(2)).Select(Near)]));
            if (OneIn(2)) gres.Add(Counted("shard", (uint)(1 + Next(12))));
        }
        if (OneIn(3)) gres.Add(Counted("fpga", (uint)(1 + Next(3))));
        return Machine(name, sockets, cores, threads, (ulong)(2 + Next(15)) * GiB, (ulong)Next(3) * 10 * GiB, [.. gres]);
    }

    /// <param name="plain">Only what counting decides: nothing about where on a node, or which nodes together.</param>
    public JobSpec Request(bool plain = false)
    {
        var spec = Lab.Spec();
        spec.Uid = Any(Lab.Alice, Lab.Bob);
        spec.Tasks = (uint)Next(7);
        spec.CpusPerTask = (uint)Next(4);
        if (OneIn(3)) spec.NodesMin = (uint)(1 + Next(3));
        if (OneIn(4)) spec.NodesMax = Math.Max(spec.NodesMin, 1) + (uint)Next(3);
        if (OneIn(4)) spec.TasksPerNode = (uint)(1 + Next(3));
        switch (Next(5))
        {
            case 0: spec.MemoryPerNodeBytes = 0; break;
            case 1: spec.ClearMemoryPerNodeBytes(); spec.MemoryPerCpuBytes = GiB / 2; break;
            default: spec.MemoryPerNodeBytes = (ulong)(1 + Next(4)) * GiB; break;
        }
        if (OneIn(6)) spec.DiskBytes = 5 * GiB;
        if (OneIn(8)) spec.Exclusive = true;
        if (OneIn(8)) spec.ThreadsPerCore = (uint)(1 + Next(2));
        if (OneIn(8)) spec.TasksPerCore = (uint)(1 + Next(2));
        if (OneIn(10)) spec.OneThreadPerTask = true;
        if (OneIn(10)) spec.CpusPerNodeMin = (uint)(1 + Next(4));
        if (OneIn(12)) spec.CoreSpec = (uint)Next(2);
        if (OneIn(5)) spec.Constraint = Any("a", "b", "!a", "a&b", "a|b");
        if (OneIn(2)) Gres(spec, plain);
        if (plain) return spec;
        if (OneIn(8)) spec.Constraint = Any("[a|b]", "a*1", "[a*1&b*1]", "b&[a|b]");
        if (OneIn(8)) spec.Prefer = Any("a", "b");
        if (OneIn(10)) spec.TasksPerSocket = (uint)(1 + Next(2));
        if (OneIn(8)) spec.Distribution = Any("cyclic", "plane=2", "block:cyclic", "block,NoPack");
        if (OneIn(10)) spec.Contiguous = true;
        if (OneIn(10)) spec.Spread = true;
        if (OneIn(10)) spec.UseMinNodes = true;
        if (OneIn(10)) spec.SwitchesMax = 1;
        if (OneIn(12)) (spec.Segment, spec.NodesMin, spec.NodesMax) = (2, 2, 0);
        if (OneIn(8)) spec.Licenses = Any("lic", "lic:2,tool", "tool|lic");
        if (OneIn(8)) spec.Sharing = Any(NodeSharing.SharingUser, NodeSharing.SharingTopo, NodeSharing.SharingOversubscribe, NodeSharing.SharingNone);
        if (OneIn(8)) Ranges(spec);
        return spec;
    }

    private void Gres(JobSpec spec, bool plain)
    {
        switch (Next(plain ? 5 : 7))
        {
            case 0: spec.Gres.Add(Gpu((ulong)(1 + Next(3)))); break;
            case 1: spec.Gres.Add(Gpu(1, GresPer.PerTask, Any("", "x"))); break;
            case 2: spec.Gres.Add(Gpu((ulong)(1 + Next(4)), GresPer.PerJob)); break;
            case 3: spec.Gres.Add(new GresRequest { Name = "fpga", Count = 1 }); break;
            case 4: spec.Gres.Add(new GresRequest { Name = "shard", Count = (ulong)(1 + Next(4)) }); break;
            case 5: (spec.SocketsPerNode, spec.EnforceBinding) = (1, OneIn(2)); spec.Gres.Add(Gpu(1, GresPer.PerSocket)); break;
            default: spec.EnforceBinding = true; spec.Gres.Add(Gpu((ulong)(1 + Next(2)), Any(GresPer.PerNode, GresPer.PerTask))); break;
        }
        if (spec.Gres[0].Name != "gpu") return;
        if (OneIn(3)) spec.CpusPerGpu = (uint)(1 + Next(2));
        if (OneIn(4)) { spec.ClearMemoryPerNodeBytes(); spec.ClearMemoryPerCpuBytes(); spec.MemoryPerGpuBytes = GiB; }
        if (OneIn(5) && spec.Gres[0].Per != GresPer.PerTask) spec.TasksPerGpu = (uint)(1 + Next(2));
        if (!plain && OneIn(4)) spec.Gres.Add(Gpu(1, type: "y"));
    }

    private void Ranges(JobSpec spec)
    {
        (spec.Tasks, spec.CpusPerTask, spec.TasksPerNode) = (0, 0, 0);
        spec.Gres.Clear();
        (spec.CpusPerGpu, spec.TasksPerGpu) = (0, 0);
        spec.ClearMemoryPerGpuBytes();
        spec.Ranges = new ResourceRanges { CpusMin = (uint)(1 + Next(3)), MemoryMinBytes = GiB, GpusMin = (uint)Next(2), GpusMax = (uint)(1 + Next(3)) };
        spec.LimitPolicy = Any(LimitPolicy.LimitRequest, LimitPolicy.LimitCapacity);
    }
}
