using System.Globalization;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Jobs;

/// <summary>The part of a job's view that speaks of GPUs, node shape and policy.</summary>
internal static class ResourceViews
{
    /// <summary>What the submission said.</summary>
    public static JobView Asked(JobView view, JobSpec spec) => view with
    {
        Qos = OrNull(spec.Qos), Reservation = OrNull(spec.Reservation), Wckey = OrNull(spec.Wckey), Constraint = OrNull(spec.Constraint), Prefer = OrNull(spec.Prefer),
        Licenses = OrNull(spec.Licenses), TresPerNode = Tres(spec, GresPer.PerNode), TresPerJob = Tres(spec, GresPer.PerJob),
        TresPerSocket = Tres(spec, GresPer.PerSocket), TresPerTask = Tres(spec, GresPer.PerTask), GpuBind = OrNull(spec.GpuBind),
        MemoryPerGpuBytes = spec.HasMemoryPerGpuBytes ? spec.MemoryPerGpuBytes : null, CpusPerGpu = spec.CpusPerGpu, DiskBytes = spec.DiskBytes,
        ThreadsPerCore = spec.ThreadsPerCore, SocketsPerNode = spec.SocketsPerNode, CoresPerSocket = spec.CoresPerSocket, TasksPerCore = spec.TasksPerCore,
        TasksPerSocket = spec.TasksPerSocket, CoreSpec = spec.HasCoreSpec ? spec.CoreSpec : null, ThreadSpec = spec.HasThreadSpec ? spec.ThreadSpec : null,
        CpusPerNodeMin = spec.CpusPerNodeMin, Contiguous = spec.Contiguous, SwitchesMax = spec.SwitchesMax, SwitchesWaitMs = spec.SwitchesWaitMs,
        DeadlineMs = spec.DeadlineMs, TimeMinMs = spec.TimeMinMs, Reboot = spec.Reboot, AdminComment = spec.AdminComment, MailType = spec.MailType, MailUser = spec.MailUser,
        Tier = spec.Tier, HetJobId = spec.HetJobId, HetOffset = spec.HetOffset, HetComponents = spec.HetComponents, GresRequested = Requested(spec),
        OverSubscribe = spec.Sharing switch
        {
            NodeSharing.SharingOversubscribe => "YES", NodeSharing.SharingUser => "USER", NodeSharing.SharingTopo => "TOPO", _ => "NO",
        },
    };

    /// <summary>What it got.</summary>
    public static JobView Given(JobView view, Job job) => view with
    {
        Partition = job.Partition.Length > 0 && job.Shares.Count > 0 ? job.Partition : view.Partition,
        Reservation = job.Reservation.Length > 0 ? job.Reservation : view.Reservation, LicensesAllocated = OrNull(job.Licenses), GresAllocated = Allocated(job.Shares),
    };

    /// <summary><c>gres:gpu:a100:2</c>; null: nothing of that kind was asked for.</summary>
    private static string? Tres(JobSpec spec, GresPer per)
    {
        var terms = new List<GresTerm>();
        foreach (var one in spec.Gres)
            if (one.Per == per) terms.Add(new GresTerm(one.Name, one.Type, one.Count));
        return terms.Count == 0 ? null : GresSpec.Format(terms);
    }

    public static TresCount[] Requested(JobSpec spec)
    {
        if (spec.Gres.Count == 0) return [];
        var counts = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var one in spec.Gres)
        {
            var factor = one.Per switch
            {
                GresPer.PerJob => 1UL, GresPer.PerTask => Math.Max(1, spec.Tasks), GresPer.PerSocket => (ulong)Math.Max(1, spec.SocketsPerNode) * Math.Max(1, spec.NodesMin),
                _ => Math.Max(1, spec.NodesMin),
            };
            Count(counts, one.Name, one.Type, one.Count * factor);
        }
        return ToArray(counts);
    }

    public static TresCount[] Allocated(IReadOnlyList<NodeShare> shares)
    {
        SortedDictionary<string, ulong>? counts = null;
        for (var i = 0; i < shares.Count; i++)
            foreach (var gres in shares[i].Gres) Count(counts ??= new(StringComparer.Ordinal), gres.Name, gres.Type, Units(gres));
        return counts is null ? [] : ToArray(counts);
    }

    /// <summary><c>gpu:a100:2(IDX:0-1),shard:4</c>, as slurmctld prints what a node gave.</summary>
    public static string WithIndices(IEnumerable<GresShare> shares)
    {
        var text = new List<string>();
        foreach (var share in shares)
        {
            var indices = new List<int>();
            foreach (var index in share.Indices) indices.Add((int)index);
            text.Add(new GresTerm(share.Name, share.Type, Units(share)) + (indices.Count > 0 ? $"(IDX:{Ranges(indices)})" : ""));
        }
        return string.Join(',', text);
    }

    public static ulong Units(GresShare share) => share.Indices.Count > 0 ? (ulong)share.Indices.Count : share.Count;

    /// <summary>0-2,8</summary>
    public static string Ranges(List<int> numbers)
    {
        numbers.Sort();
        var text = new List<string>();
        for (var i = 0; i < numbers.Count;)
        {
            var end = i;
            while (end + 1 < numbers.Count && numbers[end + 1] <= numbers[end] + 1) end++;
            text.Add(numbers[end] > numbers[i] ? string.Create(CultureInfo.InvariantCulture, $"{numbers[i]}-{numbers[end]}") : numbers[i].ToString(CultureInfo.InvariantCulture));
            i = end + 1;
        }
        return string.Join(',', text);
    }

    private static void Count(SortedDictionary<string, ulong> counts, string name, string type, ulong count)
    {
        counts[$"gres/{name}"] = counts.GetValueOrDefault($"gres/{name}") + count;
        if (type.Length > 0) counts[$"gres/{name}:{type}"] = counts.GetValueOrDefault($"gres/{name}:{type}") + count;
    }

    private static TresCount[] ToArray(SortedDictionary<string, ulong> counts)
    {
        var all = new TresCount[counts.Count];
        var at = 0;
        foreach (var (tres, count) in counts) all[at++] = new TresCount(tres, count);
        return all;
    }

    private static string? OrNull(string text) => text.Length > 0 ? text : null;
}
