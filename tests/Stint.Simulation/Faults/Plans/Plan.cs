using Stint.Core.Journal;

namespace Stint.Simulation.Faults.Plans;

internal sealed record NodePlan(string Name, uint Cpus, ulong MemoryBytes);

/// <summary>Everything about a run that is decided before it begins.</summary>
internal sealed record Plan(ulong Seed, IReadOnlyList<NodePlan> Nodes, IReadOnlyList<Op> Ops, long FaultsEndUs)
{
    /// <summary>People look after it while it runs, not only at its end.</summary>
    public bool IsLong { get; init; }

    public const long NodeTimeoutMs = 20_000;

    public ClusterConfigured Config() => new()
    {
        Name = World.ClusterName, KillWaitMs = World.KillWaitMs, MinJobAgeMs = 90_000, NodeTimeoutMs = NodeTimeoutMs, MaxArraySize = 1_001, MaxJobs = 10_000, RequeueByDefault = true,
        Partitions = { new PartitionSpec { Name = "main", Nodes = "ALL", IsDefault = true, IsUp = true } },
    };

    public Plan With(IReadOnlyList<Op> ops) => this with { Ops = ops };
}
