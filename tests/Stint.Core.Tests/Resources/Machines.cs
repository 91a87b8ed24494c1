using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core.Tests.Resources;

/// <summary>Nodes with sockets, threads and devices, and short words for requests and what became of them.</summary>
internal static class Machines
{
    public const ulong GiB = Lab.GiB;

    public static NodeRegistered Machine(string name, int sockets = 2, int cores = 4, int threads = 1, ulong memory = 64 * GiB, ulong disk = 0, params Gres[] gres)
    {
        var hardware = new Hardware
        {
            Cpus = (uint)(sockets * cores * threads), Sockets = (uint)sockets, CoresPerSocket = (uint)cores, ThreadsPerCore = (uint)threads,
            MemoryBytes = memory, DiskBytes = disk,
        };
        hardware.Gres.AddRange(gres);
        return new NodeRegistered { Name = name, Hardware = hardware, Address = "127.0.0.1", Hostname = name };
    }

    public static Lab With(this Lab lab, params NodeRegistered[] machines)
    {
        foreach (var machine in machines) lab.Do(new RegisterNode(machine));
        return lab;
    }

    /// <summary>GPUs 0.. of a type, each with the cpus near it (kernel's list form; empty: all).</summary>
    public static Gres Gpus(string type, params string[] near) => Gpus(type, 0, near);

    public static Gres Gpus(string type, uint first, string[] near, ulong memory = 80 * GiB)
    {
        var gres = new Gres { Name = "gpu", Type = type, Count = (uint)near.Length, Vendor = "nvidia" };
        for (uint i = 0; i < near.Length; i++)
            gres.Units.Add(new GresUnit { Index = first + i, NearCpus = Cpus(near[i]).ToBytes(), MemoryBytes = memory });
        return gres;
    }

    public static Gres Counted(string name, uint count, string type = "") => new() { Name = name, Type = type, Count = count };

    public static CpuSet Cpus(string list)
    {
        var ids = new List<int>();
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            for (var id = int.Parse(ends[0]); id <= int.Parse(ends[^1]); id++) ids.Add(id);
        }
        return CpuSet.Of([.. ids]);
    }

    public static GresRequest Gpu(ulong count, GresPer per = GresPer.PerNode, string type = "") => new() { Name = "gpu", Type = type, Count = count, Per = per };

    public static string Text(NodeShare share)
    {
        var gres = share.Gres.Select(g => $" {g.Name}{(g.Type.Length > 0 ? ":" + g.Type : "")}{(g.Indices.Count > 0 ? $"[{string.Join(',', g.Indices)}]" : "")}{(g.Count > 0 ? "=" + g.Count : "")}");
        return $"{share.Node}:{Lab.Cpus(share)}x{share.Tasks}{string.Concat(gres)}";
    }

    /// <summary>Runs it and says where.</summary>
    public static string Placed(this Lab lab, Action<JobSpec> with) => string.Join(' ', lab.Job(lab.Run(with)).Shares.Select(Text));

    /// <summary>Submits it, and it does not start.</summary>
    public static string Waits(this Lab lab, Action<JobSpec> with)
    {
        var id = lab.Submit(with);
        lab.Schedule();
        Assert.Equal(Core.Jobs.JobState.Pending, lab.Job(id).State);
        var detail = lab.Job(id).ReasonDetail;
        lab.Do(new CancelJob(id, null, Lab.Root));
        return detail;
    }

    public static Request Request(Action<JobSpec> with) => Core.Resources.Request.Of(Lab.Spec(with));

    public static int TasksOn(this Lab lab, string node, Action<JobSpec> with) => Placement.TasksOn(Request(with), lab.NodeOf(node), new FreeResources().On(lab.NodeOf(node)));

    public static IReadOnlyList<NodeShare>? Find(this Lab lab, Action<JobSpec> with) =>
        Placement.Find(Request(with), lab.Cluster.Partitions[0].Nodes, static node => node.TakesJobs ? new FreeResources().On(node) : null);
}
