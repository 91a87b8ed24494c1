using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core;

// What a request leaves open and follows from the rest of it, or from its partitions. Before the general defaults.
public sealed partial class Cluster
{
    private void FillResources(JobSpec spec)
    {
        FillTasks(spec);
        FillNodes(spec);
        var all = spec.Partition.Split(',').Select(FindPartition).OfType<Partitions.Partition>().Select(static partition => partition.Spec).ToList();
        if (all.Count == 0) return;
        var gpus = spec.Gres.Any(static gres => gres.Name == GresNames.Gpu);
        if (gpus && spec.CpusPerGpu == 0 && spec.CpusPerTask == 0) spec.CpusPerGpu = all[0].DefaultCpusPerGpu;
        if (gpus && all[0].DefaultMemoryPerGpuBytes > 0 && !spec.HasMemoryPerGpuBytes && !spec.HasMemoryPerNodeBytes && !spec.HasMemoryPerCpuBytes)
            spec.MemoryPerGpuBytes = all[0].DefaultMemoryPerGpuBytes;
        if (all.TrueForAll(static partition => partition.ExclusiveUser) && spec.Sharing is NodeSharing.SharingDefault or NodeSharing.SharingOversubscribe)
            spec.Sharing = NodeSharing.SharingUser;
        if (all.TrueForAll(static partition => partition.ExclusiveTopo)) (spec.Sharing, spec.Exclusive) = (NodeSharing.SharingTopo, true);
        var rules = all.ConvertAll(static partition => OverSubscription.Of(partition.OverSubscribe));
        if (rules.TrueForAll(static rule => rule.WholeNodes)) spec.Exclusive = true;
        else if (rules.TrueForAll(static rule => rule.Always))
        {
            // FORCE: users may not ask to be alone (slurm.conf(5)).
            if (spec.Sharing is NodeSharing.SharingDefault or NodeSharing.SharingNone) spec.Sharing = NodeSharing.SharingOversubscribe;
            spec.Exclusive = spec.Sharing == NodeSharing.SharingTopo;
        }
        else if (spec.Sharing == NodeSharing.SharingOversubscribe && !rules.Exists(static rule => rule.OnRequest || rule.Always))
            spec.Sharing = NodeSharing.SharingDefault;
        if (spec.Sharing is NodeSharing.SharingNone or NodeSharing.SharingTopo) spec.Exclusive = true;
    }

    /// <summary>So many in all and so many on each node are so many nodes: what is left to say is what each has.</summary>
    private static void FillNodes(JobSpec spec)
    {
        if (spec.Gres.FirstOrDefault(static gres => gres.Per == GresPer.PerJob) is not { } all || NodesOfSums(spec, all) is not { } nodes) return;
        spec.NodesMin = spec.NodesMax = (uint)nodes.Count;
        if (nodes.Each.Type.Length == 0) nodes.Each.Type = all.Type;
        spec.Gres.Remove(all);
    }

    /// <summary>A number of tasks that GPUs imply (<c>--gpus</c> with <c>--ntasks-per-gpu</c> or <c>--gpus-per-task</c>), and the other way
    /// round.</summary>
    private static void FillTasks(JobSpec spec)
    {
        var nodes = Math.Max(1, spec.NodesMin);
        GresRequest? Gpus(GresPer per) => spec.Gres.FirstOrDefault(gres => gres.Name == GresNames.Gpu && gres.Per == per);
        if (Gpus(GresPer.PerTask) is { Count: > 0 } perTask && Gpus(GresPer.PerJob) is { } all)
        {
            if (spec.Tasks == 0) spec.Tasks = (uint)Math.Clamp(all.Count / perTask.Count, 1, CountMax + 1UL);
            spec.Gres.Remove(all);
        }
        if (spec.TasksPerGpu == 0) return;
        if (spec.Tasks == 0)
        {
            var gpus = Gpus(GresPer.PerJob)?.Count ?? (Gpus(GresPer.PerNode)?.Count ?? 0) * nodes;
            spec.Tasks = (uint)Math.Min(gpus * spec.TasksPerGpu, CountMax + 1UL);
        }
        else if (!spec.Gres.Any(static gres => gres.Name == GresNames.Gpu))
            spec.Gres.Add(new GresRequest { Name = GresNames.Gpu, Count = (spec.Tasks + spec.TasksPerGpu - 1) / spec.TasksPerGpu, Per = GresPer.PerJob });
    }
}
