using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Tests.Resources;

/// <summary>Reads a job's spec and its shares side by side: each thing it asked for is there.</summary>
internal static class ShareCheck
{
    public static void Of(Lab lab, Job job)
    {
        var (spec, shares) = (job.Spec, job.Shares);
        Assert.Equal(shares.Count, shares.Select(share => share.Node).Distinct().Count());
        Assert.True(shares.Count >= Math.Max(1, spec.NodesMin), "too few nodes");
        Assert.True(spec.NodesMax == 0 || shares.Count <= spec.NodesMax, "too many nodes");
        if (spec.Ranges is not null) { foreach (var share in shares) Ranges(spec, lab, share); return; }
        Assert.True(shares.Sum(share => share.Tasks) >= spec.Tasks, "too few tasks");
        Assert.All(shares, share => Assert.True(share.Tasks > 0));
        foreach (var share in shares) Node(spec, lab.NodeOf(share.Node), share);
        foreach (var gres in spec.Gres)
        {
            if (gres.Per == GresPer.PerJob) Assert.Equal((int)gres.Count, shares.Sum(share => Count(share, gres, spec)));
            else foreach (var share in shares) Assert.Equal((int)gres.Count * (gres.Per == GresPer.PerTask ? (int)share.Tasks : 1), Count(share, gres, spec));
        }
        Together(spec, lab, shares);
    }

    private static void Node(JobSpec spec, Core.Nodes.Node node, NodeShare share)
    {
        var cpus = CpuSet.FromBytes(share.Cpus);
        var threads = node.ThreadsPerCore;
        Assert.Equal(cpus.Count, cpus.WholeCores(threads) * threads);
        Assert.True(cpus.IsSubsetOf(node.AllCpus));
        Assert.True(spec.TasksPerNode == 0 || share.Tasks <= spec.TasksPerNode || spec.Tasks > spec.TasksPerNode * spec.NodesMin);
        var used = spec.OneThreadPerTask ? 1 : spec.ThreadsPerCore == 0 ? threads : Math.Min(threads, (int)spec.ThreadsPerCore);
        var usable = cpus.WholeCores(threads) * used;
        Assert.True(usable >= share.Tasks * spec.CpusPerTask && usable >= spec.CpusPerNodeMin, "too few CPUs");
        var gpus = share.Gres.Where(gres => gres.Name == "gpu").Sum(gres => gres.Indices.Count);
        Assert.True(usable >= gpus * spec.CpusPerGpu, "too few CPUs per GPU");
        if (spec.HasMemoryPerGpuBytes) Assert.True(share.MemoryBytes >= spec.MemoryPerGpuBytes * (ulong)gpus);
        if (spec.HasMemoryPerNodeBytes) Assert.True(share.MemoryBytes >= spec.MemoryPerNodeBytes);
        if (spec.HasMemoryPerCpuBytes) Assert.Equal(spec.MemoryPerCpuBytes * (ulong)usable, share.MemoryBytes);
        Assert.Equal(spec.DiskBytes, share.DiskBytes);
        if (spec.Exclusive) Assert.Single(node.Jobs);
        if (spec.TasksPerSocket > 0)
        {
            var most = Enumerable.Range(0, node.Kind.Sockets).Sum(socket => Math.Min((int)spec.TasksPerSocket, cpus.Intersect(node.Kind.CpusOf(socket)).WholeCores(threads) * used / (int)spec.CpusPerTask));
            Assert.True(spec.Exclusive || share.Tasks <= most, "too many tasks on a socket");
        }
        if (spec.EnforceBinding) Near(spec, node, share, cpus);
    }

    /// <summary>--gres-flags=enforce-binding: all its CPUs are near one of its GPUs, and each GPU has some of them near it (with a limit of
    /// tasks on a socket the first alone, as in Slurm).</summary>
    private static void Near(JobSpec spec, Core.Nodes.Node node, NodeShare share, CpuSet cpus)
    {
        var pools = node.Kind.Pools.ToArray();
        var nears = new List<CpuSet>();
        foreach (var gres in share.Gres.Where(gres => gres.Name == "gpu"))
            foreach (var index in gres.Indices)
            {
                var near = pools.Single(pool => pool.Name == "gpu" && pool.Type == gres.Type).Units.Single(unit => unit.Index == index).Near;
                nears.Add(near.Intersects(node.AllCpus) ? near : node.AllCpus);
            }
        if (nears.Count == 0) return;
        var what = $"{cpus} of {node.Name}: {spec}; {string.Join(" ", pools.Select(pool => $"{pool} {string.Join(",", pool.Units.ToArray().Select(unit => $"{unit.Index}:{unit.Near}"))}"))}";
        Assert.True(Request.Of(spec).Exclusive || cpus.IsSubsetOf(nears.Aggregate((a, b) => a.Union(b))), $"some of these CPUs are near no GPU of the job: {what}");
        if (spec.TasksPerSocket == 0 && nears.Count <= cpus.WholeCores(node.ThreadsPerCore))
            Assert.All(nears, near => Assert.True(near.Intersects(cpus), $"a GPU near {near} has none of these: {what}"));
    }

    private static int Count(NodeShare share, GresRequest asked, JobSpec spec)
    {
        var all = share.Gres.Where(gres => gres.Name == asked.Name && (asked.Type.Length == 0 || gres.Type == asked.Type)).Sum(gres => asked.Name == "gpu" ? gres.Indices.Count : (int)gres.Count);
        // The other demands of the same name, of a type or of none, are counted too.
        foreach (var other in spec.Gres)
            if (!ReferenceEquals(other, asked) && other.Name == asked.Name)
                all -= asked.Type.Length == 0 ? Amount(other) : other.Type.Length == 0 ? share.Gres.Where(gres => gres.Type == asked.Type).Sum(gres => gres.Indices.Count) - Amount(asked) : 0;
        return all;

        int Amount(GresRequest gres) => gres.Per == GresPer.PerTask ? (int)(gres.Count * share.Tasks) : (int)gres.Count;
    }

    private static void Ranges(JobSpec spec, Lab lab, NodeShare share)
    {
        var (ranges, node) = (spec.Ranges, lab.NodeOf(share.Node));
        var gpus = share.Gres.Sum(gres => gres.Indices.Count);
        Assert.True(CpuSet.FromBytes(share.Cpus).Count >= ranges.CpusMin && share.MemoryBytes >= ranges.MemoryMinBytes);
        Assert.True(gpus >= ranges.GpusMin && (ranges.GpusMax == 0 || gpus <= ranges.GpusMax));
        if (spec.LimitPolicy == LimitPolicy.LimitCapacity && node.Kind.Blocks.Count == 0) Assert.Single(node.Jobs);
    }

    private static void Together(JobSpec spec, Lab lab, IReadOnlyList<NodeShare> shares)
    {
        var nodes = shares.Select(share => lab.NodeOf(share.Node)).ToList();
        if (spec.Constraint.Length > 0 && FeatureConstraint.Parse(spec.Constraint, out _) is { } constraint)
        {
            Assert.All(nodes, node => Assert.True(constraint.Allows(node.Kind.Features)));
            if (constraint.OneOf.Count > 0) Assert.Contains(constraint.OneOf, term => nodes.TrueForAll(node => term.Holds(node.Kind.Features)));
            Assert.All(constraint.Counts, count => Assert.True(nodes.Count(node => count.Term.Holds(node.Kind.Features)) >= count.Nodes));
        }
        if (spec.Contiguous)
        {
            var places = nodes.ConvertAll(node => lab.Cluster.Partitions[0].Nodes.ToList().IndexOf(node));
            Assert.Equal(nodes.Count - 1, places.Max() - places.Min());
        }
        if (spec.SwitchesMax > 0 && (lab.Cluster.Topology.HasTree || lab.Cluster.Topology.HasBlocks) && spec.Segment == 0 && !spec.Contiguous)
            Assert.True(nodes.Select(node => node.TopologyPart).Distinct().Count() <= spec.SwitchesMax);
        if (spec.Segment > 0 && !spec.Contiguous && (lab.Cluster.Topology.HasTree || lab.Cluster.Topology.HasBlocks))
            Assert.All(nodes.GroupBy(node => node.TopologyPart), group => Assert.Equal(0, group.Count() % (int)spec.Segment));
    }
}
