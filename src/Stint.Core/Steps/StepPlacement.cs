using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core;

// A step's share of its job. CPUs of running steps are taken, except by steps that overlap; the batch step takes none.
public sealed partial class Cluster
{
    private readonly record struct StepRoom(NodeShare Share, CpuSet Cpus, int Tasks);

    private static (IReadOnlyList<NodeShare> Shares, Refusal? Refusal) PlaceStep(Job job, StepSpec spec)
    {
        var rooms = new List<StepRoom>();
        foreach (var share in job.Shares)
        {
            var all = CpuSet.FromBytes(share.Cpus);
            rooms.Add(new StepRoom(share, spec.Overlap ? all : all.Except(TakenBySteps(job, share.Node)), 0));
        }
        return spec is { Tasks: 0, CpusPerTask: 0, Nodes: 0 } ? WholeJob(job, rooms) : PartOfJob(job, spec, rooms);
    }

    private static CpuSet TakenBySteps(Job job, string node)
    {
        var taken = default(CpuSet);
        foreach (var step in job.Steps.Values)
        {
            if (step.Id == StepIds.Batch || step.IsOver || step.Spec.Overlap || step.ExitReports.ContainsKey(node)) continue;
            foreach (var share in step.Shares)
                if (string.Equals(share.Node, node, StringComparison.Ordinal)) taken = taken.Union(CpuSet.FromBytes(share.Cpus));
        }
        return taken;
    }

    private static (IReadOnlyList<NodeShare>, Refusal?) WholeJob(Job job, List<StepRoom> rooms)
    {
        foreach (var room in rooms)
            if (room.Cpus != CpuSet.FromBytes(room.Share.Cpus)) return ([], Busy(job, rooms, "all of the job's CPUs"));
        return (job.Shares, null);
    }

    private static (IReadOnlyList<NodeShare>, Refusal?) PartOfJob(Job job, StepSpec spec, List<StepRoom> rooms)
    {
        var perTask = Math.Max(1, (int)spec.CpusPerTask);
        var nodes = Math.Max(1, (int)spec.Nodes);
        var tasks = spec.Tasks == 0 ? spec.Nodes > 0 ? nodes : TasksOf(job) : Math.Max((int)spec.Tasks, nodes);
        var asked = $"{tasks} tasks of {perTask} CPUs{(spec.Nodes > 0 ? $" on {nodes} nodes" : "")}";
        var exactly = spec.Nodes > 0 ? nodes : 0;
        if (Distribute(rooms, tasks, perTask, exactly, static (room, c) => CpuSet.FromBytes(room.Share.Cpus).Count / c) is null)
            return ([], No(RefusalCodes.NodeConfigUnavailable,
                $"the step asks for {asked}; job {job.Id} has {CpusOf(job)} CPUs on {job.Shares.Count} nodes",
                "Ask for less, or for more when the job is submitted"));
        return Distribute(rooms, tasks, perTask, exactly, static (room, c) => room.Cpus.Count / c) is { } shares
            ? (shares, null)
            : ([], Busy(job, rooms, asked));
    }

    /// <summary>First fit in the job's node order, filling nodes; with a node count, one task at least on each of so many.</summary>
    private static List<NodeShare>? Distribute(List<StepRoom> rooms, int tasks, int perTask, int nodes, Func<StepRoom, int, int> capacityOf)
    {
        var usable = new List<StepRoom>();
        long capacity = 0;
        foreach (var room in rooms)
        {
            if (nodes > 0 && usable.Count == nodes) break;
            var fits = capacityOf(room, perTask);
            if (fits == 0) continue;
            usable.Add(room with { Tasks = fits });
            capacity += fits;
        }
        if (capacity < tasks || usable.Count < nodes) return null;
        var shares = new List<NodeShare>();
        var left = tasks;
        for (var i = 0; i < usable.Count && left > 0; i++)
        {
            var reserved = nodes > 0 ? usable.Count - 1 - i : 0;
            var here = Math.Min(usable[i].Tasks, left - reserved);
            left -= here;
            var room = usable[i];
            shares.Add(new NodeShare { Node = room.Share.Node, Cpus = room.Cpus.Lowest(here * perTask).ToBytes(),
                MemoryBytes = room.Share.MemoryBytes, Tasks = (uint)here });
        }
        return shares;
    }

    private static int TasksOf(Job job)
    {
        long tasks = 0;
        foreach (var share in job.Shares) tasks += share.Tasks;
        return (int)tasks;
    }

    private static int CpusOf(Job job)
    {
        var cpus = 0;
        foreach (var share in job.Shares) cpus += CpuSet.FromBytes(share.Cpus).Count;
        return cpus;
    }

    private static Refusal Busy(Job job, List<StepRoom> rooms, string asked)
    {
        var free = 0;
        foreach (var room in rooms) free += room.Cpus.Count;
        return No(RefusalCodes.StepResourcesBusy,
            $"the step asks for {asked}; {free} of the {CpusOf(job)} CPUs of job {job.Id} are free, other steps use the rest",
            "Wait for them to end, or use --overlap");
    }
}
