using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Steps;

namespace Stint.Core;

// A step's share of its job. What running steps have is taken, except by steps that overlap; the batch step takes nothing.
public sealed partial class Cluster
{
    private (IReadOnlyList<NodeShare> Shares, Refusal? Refusal) PlaceStep(Job job, StepSpec spec)
    {
        if (NodesOfStep(job, spec) is not { } shares)
            return ([], No(RefusalCodes.NodeConfigUnavailable, $"the step asks for nodes that job {job.Id} does not have; it has {string.Join(',', job.Shares.Select(static s => s.Node))}"));
        var all = shares.ConvertAll(share => StepRoom.All(job, share, nodes.TryGetValue(share.Node, out var node) ? node.Kind : null));
        var free = spec.Overlap ? all : all.ConvertAll(room => room.Without(job));
        if (AsksNothing(spec)) return free.Exists(static room => room.Cpus != room.JobCpus) ? ([], Busy(job, free, "all of the job's CPUs")) : (job.Shares, null);
        var ask = new StepAsk(job, spec);
        if (ask.Place(all, nodes) is null) return ([], NeverFits(job, spec, ask, all));
        return ask.Place(free, nodes) is { } placed ? (placed, null) : ([], Busy(job, free, ask.ToString()));
    }

    /// <summary>The job's own layout, as its srun starts it.</summary>
    private static bool AsksNothing(StepSpec spec) => spec is { Tasks: 0, CpusPerTask: 0, Nodes: 0, Whole: false, NodeList: "", ExcludeList: "", HasRelative: false,
        HasMemoryPerNodeBytes: false, HasMemoryPerCpuBytes: false, Gres.Count: 0, NoGres: false, TasksPerNode: 0 };

    /// <summary>The job's nodes that the step may use, in its order; null: it names others.</summary>
    private static List<NodeShare>? NodesOfStep(Job job, StepSpec spec)
    {
        var shares = job.Shares.ToList();
        var wanted = NodeNames.Expand(spec.NodeList)?.ToHashSet(StringComparer.Ordinal);
        var excluded = NodeNames.Expand(spec.ExcludeList)?.ToHashSet(StringComparer.Ordinal);
        if (wanted is null || excluded is null) return null;
        if (wanted.Count > 0)
        {
            var named = shares.FindAll(share => wanted.Contains(share.Node));
            if (named.Count < wanted.Count || wanted.Any(excluded.Contains)) return null;
            // The named ones are in it; others only where it asks for more.
            shares = [.. named, .. spec.Nodes > (uint)named.Count ? shares.Except(named) : []];
        }
        if (spec.HasRelative)
        {
            if (spec.Relative >= shares.Count) return null;
            shares = [.. shares.Skip((int)spec.Relative), .. shares.Take((int)spec.Relative)];
        }
        shares.RemoveAll(share => excluded.Contains(share.Node));
        return shares.Count > 0 ? shares : null;
    }

    private static Refusal NeverFits(Job job, StepSpec spec, StepAsk ask, List<StepRoom> all)
    {
        foreach (var wanted in spec.Gres)
        {
            ulong has = 0;
            foreach (var room in all) has += StepGres.Count(room.Gres, wanted);
            var kind = wanted.Type.Length == 0 ? wanted.Name : $"{wanted.Name}:{wanted.Type}";
            if (has < ask.Least(wanted)) return No(RefusalCodes.InvalidGres, $"the step asks for {ask.Least(wanted)} of {kind}; job {job.Id} has {has}", "Ask for less, or for more when the job is submitted");
        }
        if (!ask.FitsMemory(all)) return No(RefusalCodes.StepMemory, $"the step asks for {ask.MemoryText}; job {job.Id} has {new ByteSize(all.Max(static room => room.Share.MemoryBytes))} on a node");
        if (spec.Nodes > (uint)all.Count) return No(RefusalCodes.NodeConfigUnavailable, $"the step asks for {spec.Nodes} nodes; {all.Count} of job {job.Id} are to be had");
        return No(RefusalCodes.StepTooLarge, $"the step asks for {ask}; job {job.Id} has {CpusOf(job)} CPUs on {job.Shares.Count} nodes", "Ask for less, or for more when the job is submitted");
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
