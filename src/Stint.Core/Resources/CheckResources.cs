using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core;

// What is refused of a request's resources at submission: what can not be read, contradicts itself, or names what the cluster does not have.
public sealed partial class Cluster
{
    private const int GresMax = 16;
    private const ulong GresCountMax = 1_000_000;

    private Refusal? CheckResources(JobSpec spec) =>
        CheckResourceCounts(spec) ?? CheckGres(spec) ?? CheckFeatures(spec) ?? CheckLicenses(spec) ?? CheckRanges(spec.Ranges);

    private static Refusal? CheckResourceCounts(JobSpec spec)
    {
        foreach (var (what, count) in (ReadOnlySpan<(string, uint)>)[
            ("--cpus-per-gpu", spec.CpusPerGpu), ("--ntasks-per-gpu", spec.TasksPerGpu), ("--threads-per-core", spec.ThreadsPerCore),
            ("--sockets-per-node", spec.SocketsPerNode), ("--cores-per-socket", spec.CoresPerSocket), ("--ntasks-per-core", spec.TasksPerCore),
            ("--ntasks-per-socket", spec.TasksPerSocket), ("--core-spec", spec.CoreSpec), ("--thread-spec", spec.ThreadSpec),
            ("--switches", spec.SwitchesMax), ("--segment", spec.Segment), ("--mincpus", spec.CpusPerNodeMin)])
            if (count > CountMax) return No(RefusalCodes.InvalidRequest, $"{what} is {count}; the limit is {CountMax}");
        if ((spec.HasMemoryPerNodeBytes && spec.MemoryPerNodeBytes > 0 ? 1 : 0) + (spec.HasMemoryPerCpuBytes ? 1 : 0) + (spec.HasMemoryPerGpuBytes ? 1 : 0) > 1)
            return No(RefusalCodes.InvalidRequest, "memory was asked for in more than one way", "Use one of --mem, --mem-per-cpu and --mem-per-gpu");
        if (TaskDistribution.Parse(spec.Distribution) is null)
            return No(RefusalCodes.InvalidRequest, $"\"{Short(spec.Distribution)}\" is not a distribution of tasks",
                "Write block, cyclic or plane=N, then perhaps :block or :cyclic for sockets");
        if (spec.HasCoreSpec && spec.HasThreadSpec) return No(RefusalCodes.InvalidRequest, "--core-spec and --thread-spec exclude each other");
        if (spec.Segment > 1 && Math.Max(1, spec.NodesMin) % spec.Segment != 0)
            return No(RefusalCodes.InvalidRequest, $"{Math.Max(1, spec.NodesMin)} nodes are no whole segments of {spec.Segment}", "Ask for a multiple with --nodes");
        return null;
    }

    /// <summary>So many in all, so many on each node: that says how many nodes, and can be none.</summary>
    private static Refusal? CheckSums(JobSpec spec, GresRequest all)
    {
        if (NodesOfSums(spec, all) is not { } nodes) return null;
        return nodes.Left != 0
                ? No(RefusalCodes.InvalidGres, $"{all.Count} {Short(all.Name)} in all can not be {nodes.Each.Count} on each node", "Ask for a multiple, or for one of the two")
            : nodes.Count < spec.NodesMin || spec.NodesMax > 0 && nodes.Count > spec.NodesMax
                ? No(RefusalCodes.InvalidGres, $"{all.Count} {Short(all.Name)} in all and {nodes.Each.Count} on each node are {nodes.Count} nodes, and --nodes says otherwise", "Leave --nodes out, or one of the two")
            : CheckCpus(spec, nodes.Count);
    }

    private static (GresRequest Each, ulong Count, ulong Left)? NodesOfSums(JobSpec spec, GresRequest all)
    {
        foreach (var each in spec.Gres)
            if (each.Per == GresPer.PerNode && each.Count > 0 && each.Name == all.Name && (each.Type == all.Type || each.Type.Length == 0 || all.Type.Length == 0))
                return (each, all.Count / each.Count, all.Count % each.Count);
        return null;
    }

    private static Refusal? CheckGres(JobSpec spec)
    {
        if (spec.Gres.Count > GresMax) return No(RefusalCodes.InvalidGres, $"{spec.Gres.Count} kinds of generic resources are asked for; the limit is {GresMax}");
        var (perJob, gpus) = (0, false);
        foreach (var gres in spec.Gres)
        {
            if (gres.Name.Length is 0 or > NameCharsMax || gres.Type.Length > NameCharsMax)
                return No(RefusalCodes.InvalidGres, "a generic resource has no name, or too long a one");
            if (gres.Count > GresCountMax) return No(RefusalCodes.InvalidGres, $"{gres.Count} of {Short(gres.Name)} are asked for; the limit is {GresCountMax}");
            if (gres.Per == GresPer.PerJob && gres.Count > 0) perJob++;
            if (gres.Per == GresPer.PerJob && CheckSums(spec, gres) is { } refusal) return refusal;
            if (gres.Per == GresPer.PerJob && gres.Count > 0 && gres.Count < spec.NodesMin)
                return No(RefusalCodes.InvalidGres, $"{gres.Count} {Short(gres.Name)} in all are fewer than one for each of {spec.NodesMin} nodes", "Ask for more of them, or for fewer nodes");
            if (gres.Per == GresPer.PerSocket && spec.SocketsPerNode == 0)
                return No(RefusalCodes.InvalidGres, $"{Short(gres.Name)} per socket needs a number of sockets", "Add --sockets-per-node");
            gpus |= gres.Name == GresNames.Gpu;
        }
        if (perJob > 1) return No(RefusalCodes.InvalidGres, "only one kind of generic resource can be counted over the whole job", "Ask for the others per node or per task");
        if (!gpus && (spec.CpusPerGpu > 0 || spec.HasMemoryPerGpuBytes && spec.MemoryPerGpuBytes > 0))
            return No(RefusalCodes.InvalidGres, "CPUs or memory per GPU are asked for, and no GPU", "Add --gpus");
        return null;
    }

    private Refusal? CheckFeatures(JobSpec spec)
    {
        foreach (var text in (ReadOnlySpan<string>)[spec.Constraint, spec.Prefer])
        {
            if (text.Length == 0) continue;
            if (FeatureConstraint.Parse(text, out var error) is not { } constraint) return No(RefusalCodes.InvalidFeature, error);
            foreach (var name in constraint.Names())
                if (!IsFeature(name))
                    return No(RefusalCodes.InvalidFeature, $"no node has the feature {Short(name)}", "sinfo -o %f lists features");
            if (constraint.NodesCounted > 0 && spec.NodesMax > 0 && constraint.Counts.Max(static count => count.Nodes) > spec.NodesMax)
                return No(RefusalCodes.InvalidFeature, $"{constraint} asks for more nodes than the {spec.NodesMax} that --nodes allows");
        }
        return null;
    }

    private bool IsFeature(string name)
    {
        foreach (var line in Config.Nodes)
            if (line.Features.Contains(name)) return true;
        return false;
    }

    private Refusal? CheckLicenses(JobSpec spec)
    {
        if (spec.Licenses.Length == 0) return null;
        if (LicenseRequest.Parse(spec.Licenses, out var error) is not { } request) return No(RefusalCodes.InvalidLicense, error);
        if (LicenseStock.CouldGive(request)) return null;
        var wanted = request.Counts.First(count => count.Count > LicenseStock.Total(count.Name));
        return No(RefusalCodes.InvalidLicense, $"{wanted.Count} of licence {Short(wanted.Name)} are asked for; the cluster has {LicenseStock.Total(wanted.Name)}",
            "scontrol show licenses lists them");
    }

    private static Refusal? CheckRanges(ResourceRanges? ranges)
    {
        if (ranges is null) return null;
        foreach (var (what, least, most) in (ReadOnlySpan<(string, ulong, ulong)>)[
            ("CPUs", ranges.CpusMin, ranges.CpusMax), ("memory", ranges.MemoryMinBytes, ranges.MemoryMaxBytes), ("disk", ranges.DiskMinBytes, ranges.DiskMaxBytes),
            ("GPUs", ranges.GpusMin, ranges.GpusMax), ("GPU memory", ranges.GpuMemoryMinBytes, ranges.GpuMemoryMaxBytes),
            ("GPU memory in all", ranges.GpuTotalMemoryMinBytes, ranges.GpuTotalMemoryMaxBytes)])
            if (most > 0 && least > most) return No(RefusalCodes.InvalidRequest, $"the range of {what} begins at {least} and ends at {most}");
        return ranges.CpusMin > CountMax || ranges.GpusMin > CountMax
            ? No(RefusalCodes.InvalidRequest, $"a count of the ranges is over the limit of {CountMax}")
            : null;
    }
}
