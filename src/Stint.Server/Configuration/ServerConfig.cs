using System.Net;
using Stint.Core.Journal;

namespace Stint.Server.Configuration;

/// <summary>The configuration in force, immutable. What decisions depend on goes into the journal as <see cref="ToRecord"/>.</summary>
public sealed record ServerConfig
{
    public string Cluster { get; init; } = "stint";
    public IReadOnlyList<PartitionConfig> Partitions { get; init; } = [new PartitionConfig { Name = "main", IsDefault = true }];
    public TimeSpan KillWait { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>How long a job may go on after its limit (Slurm's OverTimeLimit).</summary>
    public TimeSpan OverTime { get; init; }
    public TimeSpan MinJobAge { get; init; } = TimeSpan.FromSeconds(300);
    public TimeSpan NodeTimeout { get; init; } = TimeSpan.FromSeconds(300);
    /// <summary>0: a job that asks for no memory gets the node's (Slurm's default).</summary>
    public ulong DefaultMemoryPerCpuBytes { get; init; }
    public uint MaxArraySize { get; init; } = 100_001;
    public uint MaxJobs { get; init; } = 1_000_000;
    public bool RequeueByDefault { get; init; } = true;
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);
    /// <summary>User names or uids that may do everything, beside root and the server's own user.</summary>
    public IReadOnlyList<string> Operators { get; init; } = [];
    public IReadOnlyList<NodeSpec> Nodes { get; init; } = [];
    /// <summary>name:count,… of the whole cluster.</summary>
    public string Licenses { get; init; } = "";
    public PrioritySettings? Priority { get; init; }
    public PreemptSettings? Preempt { get; init; }
    public PlanningSettings? Planning { get; init; }
    public EnforceSettings? Enforce { get; init; }
    public IReadOnlyList<SwitchSpec> Switches { get; init; } = [];
    public IReadOnlyList<SwitchSpec> Blocks { get; init; } = [];
    public IReadOnlyList<TierSpec> Tiers { get; init; } = [];
    public string DefaultTier { get; init; } = "";
    /// <summary>Of one user each, complete: a tier with what is written for that user in its place.</summary>
    public IReadOnlyList<TierSpec> UserTiers { get; init; } = [];
    /// <summary>Accounts and users of the file, parents first; null: the file says nothing of them.</summary>
    public IReadOnlyList<AssociationSpec>? Associations { get; init; }
    public IReadOnlyList<QosSpec>? Qos { get; init; }

    public PartitionConfig? Partition(string name)
    {
        foreach (var partition in Partitions)
            if (string.Equals(partition.Name, name, StringComparison.Ordinal)) return partition;
        return null;
    }

    public ClusterConfigured ToRecord()
    {
        var record = new ClusterConfigured
        {
            Name = Cluster, KillWaitMs = (long)KillWait.TotalMilliseconds, OverTimeMs = (long)OverTime.TotalMilliseconds, MinJobAgeMs = (long)MinJobAge.TotalMilliseconds,
            NodeTimeoutMs = (long)NodeTimeout.TotalMilliseconds, DefaultMemoryPerCpuBytes = DefaultMemoryPerCpuBytes,
            MaxArraySize = MaxArraySize, MaxJobs = MaxJobs, RequeueByDefault = RequeueByDefault,
        };
        foreach (var partition in Partitions) record.Partitions.Add(partition.ToSpec());
        record.Nodes.Add(Nodes);
        record.Licenses = Licenses;
        record.Priority = Priority;
        record.Preempt = Preempt;
        record.Planning = Planning;
        record.Enforce = Enforce;
        record.Switches.Add(Switches);
        record.Blocks.Add(Blocks);
        record.Tiers.Add(Tiers);
        record.DefaultTier = DefaultTier;
        record.UserTiers.Add(UserTiers);
        return record;
    }
}

public sealed record PartitionConfig
{
    public string Name { get; init; } = "";
    /// <summary>Hostlist, or ALL.</summary>
    public string Nodes { get; init; } = "ALL";
    public bool IsDefault { get; init; }
    /// <summary>Zero: unlimited.</summary>
    public TimeSpan MaxTime { get; init; }
    /// <summary>Zero: <see cref="MaxTime"/>.</summary>
    public TimeSpan DefaultTime { get; init; }
    public bool IsUp { get; init; } = true;
    /// <summary>Everything else, in the journal's own words; what has a property here is not set in it.</summary>
    public PartitionSpec Rules { get; init; } = new() { PriorityTier = 1, PriorityJobFactor = 1 };

    public PartitionSpec ToSpec()
    {
        var spec = Rules.Clone();
        (spec.Name, spec.Nodes, spec.IsDefault, spec.IsUp) = (Name, Nodes, IsDefault, IsUp);
        spec.MaxTimeMs = (long)MaxTime.TotalMilliseconds;
        spec.DefaultTimeMs = (long)DefaultTime.TotalMilliseconds;
        return spec;
    }
}
