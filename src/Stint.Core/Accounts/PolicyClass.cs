using Stint.Core.Journal;
using Stint.Core.Partitions;

namespace Stint.Core.Accounts;

/// <summary>All that limits and priority look at in a request. Jobs that agree in it stand alike and are counted alike.</summary>
internal readonly record struct PolicyKey(
    uint Uid, string User, string Account, string Partition, string Qos, string Tier, long TimeLimitMs, int Nice, int Site, long Priority,
    uint NodesMin, uint NodesMax, uint Tasks, uint CpusPerTask, uint CpusPerNodeMin, uint CpusPerGpu,
    ulong MemoryPerNode, ulong MemoryPerCpu, ulong MemoryPerGpu, ulong Disk, uint SocketsPerNode, bool Exclusive, string Licenses, string Gres)
{
    public static PolicyKey Of(JobSpec spec) => new(
        spec.Uid, spec.User, spec.Account, spec.Partition, spec.Qos, spec.Tier, spec.TimeLimitMs, spec.Nice, spec.SiteFactor,
        spec.HasPriority ? spec.Priority : -1,
        spec.NodesMin, spec.NodesMax, spec.Tasks, spec.CpusPerTask, spec.CpusPerNodeMin, spec.CpusPerGpu,
        spec.MemoryPerNodeBytes, spec.MemoryPerCpuBytes, spec.MemoryPerGpuBytes, spec.DiskBytes, spec.SocketsPerNode,
        spec.Exclusive, spec.Licenses, Text(spec));

    private static string Text(JobSpec spec)
    {
        if (spec.Gres.Count == 0) return "";
        var parts = new string[spec.Gres.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            var gres = spec.Gres[i];
            parts[i] = $"{gres.Name}:{gres.Type}:{gres.Count}:{(int)gres.Per}";
        }
        return string.Join(',', parts);
    }
}

/// <summary>Jobs that stand alike before limits and priority.</summary>
internal sealed class PolicyClass(PolicyKey key, JobSpec spec)
{
    private Standing[] standings = [];

    public PolicyKey Key { get; } = key;
    /// <summary>Of one of its jobs: what the key names is the same in all of them.</summary>
    public JobSpec Spec { get; } = spec;
    /// <summary>Jobs and array tasks that are not over; at 0 the class goes.</summary>
    public int Members { get; set; }
    /// <summary>Of its members, those that do not run.</summary>
    public int Waiting { get; set; }
    /// <summary>Who counts the waiting ones as submitted, and as what they ask for; null as long as there are none.</summary>
    public Waiters? Waiters { get; set; }

    public Standing? Find(Partition partition)
    {
        foreach (var standing in standings)
            if (ReferenceEquals(standing.Partition, partition)) return standing;
        return null;
    }

    public void Add(Standing standing) => standings = [.. standings, standing];

    public void Forget(Standing standing) => standings = Array.FindAll(standings, known => !ReferenceEquals(known, standing));
}

/// <summary>Who counts the waiting jobs of a class: with several partitions, the QOS of each of them.</summary>
internal sealed record Waiters(Meter[] Meters, TierUser? TierUser, JobTres TierRequest)
{
    public void Count(int tasks)
    {
        foreach (var meter in Meters) meter.Submit(tasks);
        TierUser?.Submit(TierRequest, tasks);
    }
}
