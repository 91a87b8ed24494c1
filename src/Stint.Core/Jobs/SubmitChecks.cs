using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core;

// What is refused at submission. What may come true later (a busy cluster, a short time limit of the partition) is not refused: it waits.
public sealed partial class Cluster
{
    private const int NameCharsMax = 1024;
    private const int TextCharsMax = 64 * 1024;
    private const uint CountMax = 65_536;
    private const uint ArraySizeMax = 4_000_001;
    private const int ArrayRangesMax = 65_536;
    private const int DependenciesMax = 1_000;
    /// <summary>A thousand years: sums of times never overflow.</summary>
    private const long SpanMsMax = 1_000L * 366 * 24 * 3600 * 1000;
    private const long MomentMsMax = 253_402_300_799_999;       // end of the year 9999

    private static Refusal No(string code, string sentence, string remedy = "") => new(code, sentence, remedy);

    private Refusal? CheckPartition(JobSpec spec)
    {
        if (spec.Partition.Length == 0)
        {
            if (DefaultPartition() is not { } standard)
                return No(RefusalCodes.InvalidPartition, "no partition was named and the cluster has no default partition",
                    "Name one with --partition; sinfo lists them");
            spec.Partition = standard.Name;
        }
        var names = PartitionNames(spec.Partition);
        foreach (var name in names)
            if (FindPartition(name) is null)
                return No(RefusalCodes.InvalidPartition, $"invalid partition specified: {Short(name)}", "sinfo lists the partitions");
        if (names.Length == 0 || names.Distinct(StringComparer.Ordinal).Count() < names.Length)
            return No(RefusalCodes.InvalidPartition, $"invalid partition specified: {Short(spec.Partition)}", "Name each partition once");
        spec.Partition = string.Join(',', names);
        return null;
    }

    private static Refusal? CheckText(JobSpec spec)
    {
        if (spec.Name.Length > NameCharsMax) return TooLong("the job name", spec.Name.Length, NameCharsMax);
        if (spec.Name.AsSpan().ContainsAny('\0', '\n'))
            return No(RefusalCodes.InvalidRequest, "the job name contains a line break or a NUL character");
        if (spec.ClientToken.Length > NameCharsMax) return TooLong("the client token", spec.ClientToken.Length, NameCharsMax);
        foreach (var text in (ReadOnlySpan<string>)[spec.WorkDir, spec.StdOut, spec.StdErr, spec.StdIn, spec.Command, spec.SubmitLine,
            spec.Comment, spec.Account])
        {
            if (text.Length > TextCharsMax) return TooLong("a text of the request", text.Length, TextCharsMax);
            if (text.Contains('\0', StringComparison.Ordinal))
                return No(RefusalCodes.InvalidRequest, "a text of the request contains a NUL character");
        }
        return null;
    }

    private static Refusal TooLong(string what, int length, int max) =>
        No(RefusalCodes.InvalidRequest, $"{what} has {length} characters; the limit is {max}");

    private Refusal? CheckShape(JobSpec spec)
    {
        foreach (var (what, count) in (ReadOnlySpan<(string, uint)>)[
            ("--nodes", spec.NodesMin), ("--nodes", spec.NodesMax), ("--ntasks", spec.Tasks),
            ("--cpus-per-task", spec.CpusPerTask), ("--ntasks-per-node", spec.TasksPerNode)])
            if (count > CountMax) return No(RefusalCodes.InvalidRequest, $"{what} is {count}; the limit is {CountMax}");
        if (spec.NodesMax > 0 && spec.NodesMax < spec.NodesMin)
            return No(RefusalCodes.InvalidRequest, $"at most {spec.NodesMax} nodes is less than at least {spec.NodesMin}");
        if (CheckCpus(spec, Math.Max(spec.Tasks, spec.NodesMin)) is { } tooMany) return tooMany;
        if (spec.HasMemoryPerNodeBytes && spec.HasMemoryPerCpuBytes)
            return No(RefusalCodes.InvalidRequest, "memory was asked for per node and per CPU", "Use one of --mem and --mem-per-cpu");
        if (spec.BeginMs is < 0 or > MomentMsMax)
            return No(RefusalCodes.InvalidRequest, "the begin time lies before 1970 or too far ahead");
        if (spec.WarnBeforeMs is < 0 or > SpanMsMax) return No(RefusalCodes.InvalidRequest, "the warning time is negative or too long");
        if (spec.TimeLimitMs > SpanMsMax)
            return No(RefusalCodes.InvalidTimeLimit, $"a time limit of {spec.TimeLimitMs} ms is too long",
                "Ask for unlimited time instead");
        return spec.TasksPerNode > 0 && spec.NodesMax > 0 && spec.Tasks > (ulong)spec.TasksPerNode * spec.NodesMax
            ? No(RefusalCodes.InvalidRequest,
                $"{spec.Tasks} tasks do not fit on {spec.NodesMax} nodes with {spec.TasksPerNode} tasks per node")
            : CheckResources(spec);
    }

    private static Refusal? CheckCpus(JobSpec spec, ulong tasks) => tasks * Math.Max(1, spec.CpusPerTask) <= int.MaxValue ? null
        : No(RefusalCodes.InvalidRequest, $"{tasks} tasks of {spec.CpusPerTask} CPUs are more CPUs than can be counted");

    private Refusal? CheckArray(JobSpec spec)
    {
        if (spec.Array.Count == 0) return null;
        if (!spec.IsBatch) return No(RefusalCodes.InvalidArray, "only batch jobs can be arrays");
        var size = Config.MaxArraySize == 0 ? ArraySizeMax : Math.Min(Config.MaxArraySize, ArraySizeMax);
        if (spec.Array.Count > ArrayRangesMax)
            return No(RefusalCodes.InvalidArray, $"the array has {spec.Array.Count} ranges; the limit is {ArrayRangesMax}");
        var tasks = 0UL;
        foreach (var range in spec.Array)
        {
            if (range.Last < range.First) return No(RefusalCodes.InvalidArray, $"array range {range.First}-{range.Last} is descending");
            if (range.Last >= size)
                return No(RefusalCodes.InvalidArray, $"array task {range.Last} is out of range: the largest task number is {size - 1}",
                    "MaxArraySize in scontrol show config is the first number that is refused");
            if (range.Step == 0) range.Step = 1;
            tasks += (range.Last - range.First) / range.Step + 1;
        }
        return tasks > size
            ? No(RefusalCodes.InvalidArray, $"the array's ranges name {tasks} tasks; there are only {size} task numbers",
                "Name each task once")
            : null;
    }

    private Refusal? CheckNodes(JobSpec spec)
    {
        foreach (var list in (ReadOnlySpan<string>)[spec.NodeList, spec.ExcludeList])
        {
            if (list.Length == 0) continue;
            if (list.Length > TextCharsMax || NodeNames.Expand(list) is not { } names)
                return No(RefusalCodes.InvalidNodeName, $"\"{Short(list)}\" is not a list of nodes");
            foreach (var name in names)
                if (nodes.Count > 0 && !nodes.ContainsKey(name) && !IsConfiguredNode(name))
                    return No(RefusalCodes.InvalidNodeName, $"invalid node name specified: {Short(name)}", "sinfo -N lists the nodes");
        }
        var listed = NodeNames.Expand(spec.NodeList)!;
        var required = listed.Count;
        if (required > 0 && spec.ExcludeList.Length > 0 && NodeNames.Expand(spec.ExcludeList)!.FirstOrDefault(listed.Contains) is { } both)
            return No(RefusalCodes.InvalidNodeName, $"node {Short(both)} is required and excluded", "Take it out of --nodelist or --exclude");
        return spec.NodesMax > 0 && required > spec.NodesMax
            ? No(RefusalCodes.InvalidRequest, $"--nodelist names {required} nodes; --nodes allows {spec.NodesMax}")
            : null;
    }

    private bool IsConfiguredNode(string name)
    {
        foreach (var partition in Config.Partitions)
            if (NodeNames.Expand(partition.Nodes)?.Contains(name, StringComparer.Ordinal) == true) return true;
        return false;
    }

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
