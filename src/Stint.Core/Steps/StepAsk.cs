using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Steps;

/// <summary>What a step asks of its job, with what follows from the job filled in; placed over rooms, all of the job's or what is free of it.</summary>
internal sealed class StepAsk
{
    private readonly Job job;
    private readonly StepSpec spec;
    private readonly int tasks, perTask, nodesWanted;
    private readonly bool onEach;
    private readonly TaskDistribution distribution;

    public StepAsk(Job job, StepSpec spec)
    {
        (this.job, this.spec) = (job, spec);
        perTask = Math.Max(1, (int)spec.CpusPerTask);
        nodesWanted = (int)spec.Nodes;
        distribution = TaskDistribution.Parse(spec.Distribution) ?? default;
        if (spec.Tasks > 0) tasks = spec.Tasks > int.MaxValue ? int.MaxValue : Math.Max((int)spec.Tasks, nodesWanted);
        else if (spec.TasksPerNode > 0) tasks = (int)spec.TasksPerNode * Math.Max(1, nodesWanted > 0 ? nodesWanted : job.Shares.Count);
        else if (nodesWanted > 0) tasks = nodesWanted;
        else foreach (var share in job.Shares) tasks += (int)share.Tasks;
        tasks = Math.Max(1, tasks);
        onEach = nodesWanted > 0;
    }

    public override string ToString() => $"{tasks} tasks of {perTask} CPUs{(nodesWanted > 0 ? $" on {nodesWanted} nodes" : "")}{(spec.Whole ? ", with all CPUs of its nodes" : "")}{Gres()}{(MemoryText.Length > 0 ? $", {MemoryText}" : "")}";

    public string MemoryText => spec.HasMemoryPerNodeBytes ? $"{new ByteSize(spec.MemoryPerNodeBytes)} of memory per node" : spec.HasMemoryPerCpuBytes ? $"{new ByteSize(spec.MemoryPerCpuBytes)} of memory per CPU" : "";

    private string Gres() => string.Concat(spec.Gres.Select(one => $", {one.Count} {one.Name}{(one.Type.Length > 0 ? ":" : "")}{one.Type}{one.Per switch { GresPer.PerTask => " per task", GresPer.PerJob => " in all", GresPer.PerSocket => " per socket", _ => " per node" }}"));

    /// <summary>As many as it cannot do with less of.</summary>
    public ulong Least(GresRequest wanted) => wanted.Per switch
    {
        GresPer.PerTask => wanted.Count * (ulong)tasks, GresPer.PerNode => wanted.Count * (ulong)Math.Max(1, nodesWanted), _ => wanted.Count,
    };

    public bool FitsMemory(List<StepRoom> rooms)
    {
        foreach (var room in rooms)
            if (MemoryOf(Math.Min(tasks, 1), room) <= room.MemoryBytes) return true;
        return false;
    }

    /// <summary>First fit in the order of the rooms; null: it does not fit.</summary>
    public List<NodeShare>? Place(List<StepRoom> rooms, IReadOnlyDictionary<string, Node> known)
    {
        var usable = new List<StepRoom>();
        var capacity = new List<int>();
        foreach (var room in rooms)
        {
            if (nodesWanted > 0 && usable.Count == nodesWanted) break;
            var fits = Capacity(room);
            if (fits == 0) continue;
            usable.Add(room);
            capacity.Add(fits);
        }
        if (nodesWanted > 0 && usable.Count < nodesWanted) return null;
        if (TaskSpread.Over(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(capacity), tasks, onEach, distribution) is not { } counts) return null;
        var left = new Dictionary<GresRequest, ulong>();
        foreach (var wanted in spec.Gres)
            if (wanted.Per == GresPer.PerJob) left[wanted] = wanted.Count;
        var shares = new List<NodeShare>();
        for (var i = 0; i < usable.Count; i++)
        {
            if (counts[i] == 0) continue;
            if (Take(usable[i], counts[i], left, known) is not { } share) return null;
            shares.Add(share);
        }
        return left.Values.Any(static count => count > 0) ? null : shares;
    }

    private NodeShare? Take(StepRoom room, int here, Dictionary<GresRequest, ulong> left, IReadOnlyDictionary<string, Node> known)
    {
        var cpus = spec.Whole ? room.JobCpus : StepCpus.Pick(room, here, perTask, Threads(room), IsBlock);
        if (cpus.IsEmpty || MemoryOf(here, room) > room.MemoryBytes) return null;
        var share = new NodeShare
        {
            Node = room.Share.Node, Cpus = cpus.ToBytes(), Tasks = (uint)here,
            MemoryBytes = spec.HasMemoryPerNodeBytes || spec.HasMemoryPerCpuBytes ? MemoryOf(here, room) : room.Share.MemoryBytes,
        };
        if (spec.NoGres) return share;
        if (spec.Gres.Count == 0)
        {
            share.Gres.Add(room.Share.Gres.Select(static gres => gres.Clone()));
            return share;
        }
        var (gres, taken) = (new StepGres(room.Gres), new List<GresShare>());
        var hardware = known.TryGetValue(room.Share.Node, out var node) ? node.Hardware : null;
        foreach (var wanted in spec.Gres.OrderBy(static one => one.Type.Length == 0))
        {
            var count = wanted.Per switch
            {
                GresPer.PerTask => wanted.Count * (ulong)here,
                GresPer.PerJob => Math.Min(left[wanted], StepGres.Count(gres.Left, wanted)),
                GresPer.PerSocket => wanted.Count * (ulong)cpus.ToIds().Select(cpu => room.SocketOf(cpu / room.Threads)).Distinct().Count(),
                _ => wanted.Count,
            };
            if (!gres.Take(wanted, count, cpus, hardware, taken)) return null;
            if (wanted.Per == GresPer.PerJob) left[wanted] -= count;
        }
        share.Gres.Add(taken);
        return share;
    }

    /// <summary>Most tasks that this node can have of it.</summary>
    private int Capacity(StepRoom room)
    {
        if (spec.Whole && room.Cpus != room.JobCpus) return 0;
        if (spec.Gres.Count == 0 && !spec.NoGres && room.Gres.Sum(static g => (long)g.Indices.Count + (long)g.Count) < room.Share.Gres.Sum(static g => (long)g.Indices.Count + (long)g.Count)) return 0;
        var fits = spec.Overcommit ? room.Cpus.IsEmpty ? 0 : int.MaxValue / 4
            : spec.Whole ? room.Cpus.Count / perTask : StepCpus.Capacity(StepCpus.FreeCores(room).Count, Threads(room), perTask);
        if (spec.TasksPerNode > 0) fits = Math.Min(fits, (int)Math.Min(spec.TasksPerNode, int.MaxValue));
        if (spec.TasksPerCore > 0) fits = (int)Math.Min(fits, spec.TasksPerCore * (long)StepCpus.FreeCores(room).Count);
        foreach (var wanted in spec.Gres)
        {
            var has = StepGres.Count(room.Gres, wanted);
            if (wanted.Per == GresPer.PerTask && wanted.Count > 0) fits = (int)Math.Min((ulong)fits, has / wanted.Count);
            else if (wanted.Per != GresPer.PerJob && has < wanted.Count) return 0;
        }
        if (spec.HasMemoryPerNodeBytes && spec.MemoryPerNodeBytes > room.MemoryBytes) return 0;
        if (spec.HasMemoryPerCpuBytes && spec.MemoryPerCpuBytes > 0) fits = (int)Math.Min((ulong)fits, room.MemoryBytes / spec.MemoryPerCpuBytes / (ulong)perTask);
        return fits;
    }

    private ulong MemoryOf(int here, StepRoom room) => spec.HasMemoryPerNodeBytes ? spec.MemoryPerNodeBytes
        : spec.HasMemoryPerCpuBytes ? spec.MemoryPerCpuBytes * (ulong)here * (ulong)perTask : 0;

    private int Threads(StepRoom room) => spec.ThreadsPerCore > 0 ? Math.Min(room.Threads, (int)Math.Min(spec.ThreadsPerCore, int.MaxValue)) : room.Threads;

    private bool IsBlock => spec.Distribution.Split(',')[0].Split(':') is var levels && (levels[0].StartsWith("plane", StringComparison.Ordinal) || levels.Length > 1 && levels[1] == "block");
}
