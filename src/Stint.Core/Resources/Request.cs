using Google.Protobuf;
using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core.Resources;

/// <summary>
/// What one job (or one array task) needs at once, in the form that placement works with. Two requests are equal when their shapes are;
/// <see cref="RequestTable"/> keeps one of each.
/// </summary>
public sealed partial class Request : IEquatable<Request>
{
    private static readonly IReadOnlySet<string> NoNames = new HashSet<string>();

    private readonly ByteString key;
    private readonly int hash;

    /// <summary>Of a spec as it stands in the journal: defaults are filled in, names were checked.</summary>
    public static Request Of(JobSpec spec) => new(RequestShape.KeyOf(spec), spec);

    internal Request(ByteString key, JobSpec spec)
    {
        this.key = key;
        hash = key.GetHashCode();
        NodesMin = Math.Max(1, (int)spec.NodesMin);
        NodesMax = (int)spec.NodesMax;
        TasksPerNode = (int)spec.TasksPerNode;
        Tasks = Math.Max(NodesMin, spec.Tasks == 0 ? NodesMin * Math.Max(1, TasksPerNode) : (int)spec.Tasks);
        TasksFollowNodes = NodesMax > NodesMin && spec.Tasks <= NodesMin * Math.Max(1, TasksPerNode);
        CpusPerTask = Math.Max(1, (int)spec.CpusPerTask);
        Ranges = spec.Ranges is null ? null : new RangeDemand(spec.Ranges, spec.LimitPolicy, NodesMin);
        MemoryPerNode = spec.HasMemoryPerNodeBytes ? spec.MemoryPerNodeBytes : null;
        MemoryPerCpu = spec.HasMemoryPerCpuBytes ? spec.MemoryPerCpuBytes : null;
        MemoryPerGpu = spec.HasMemoryPerGpuBytes ? spec.MemoryPerGpuBytes : null;
        CoreSpec = spec.HasCoreSpec ? (int)spec.CoreSpec : null;
        ThreadSpec = spec.HasThreadSpec ? (int)spec.ThreadSpec : null;
        Exclusive = spec.Exclusive || spec.Sharing is NodeSharing.SharingNone or NodeSharing.SharingTopo || CoreSpec > 0 || ThreadSpec > 0;
        Sharing = spec.Sharing;
        OnlyUser = spec.Sharing == NodeSharing.SharingUser ? spec.Uid : null;
        Required = NodeNames.Expand(spec.NodeList) ?? [];
        Excluded = spec.ExcludeList.Length == 0 ? NoNames : new HashSet<string>(NodeNames.Expand(spec.ExcludeList) ?? [], StringComparer.Ordinal);
        Constraint = spec.Constraint.Length == 0 ? null : FeatureConstraint.Parse(spec.Constraint, out _);
        Prefer = spec.Prefer.Length == 0 ? null : FeatureConstraint.Parse(spec.Prefer, out _);
        Distribution = TaskDistribution.Parse(spec.Distribution) ?? default;
        Gres = GresDemands.Of(spec);
        WantsGpus = Ranges is { GpusMin: > 0 } || Array.Exists(Gres, static demand => demand.IsGpu || demand.IsPart);
        RequiredPlaces = Required.Count == 0 ? null : Places(Required);
        JobGres = Array.FindIndex(Gres, static demand => demand.Per == GresPer.PerJob);
        (EnforceBinding, DisableBinding) = (spec.EnforceBinding, spec.DisableBinding);
        (CpusPerGpu, TasksPerGpu, DiskBytes) = ((int)spec.CpusPerGpu, (int)spec.TasksPerGpu, spec.DiskBytes);
        ThreadsPerCore = spec.OneThreadPerTask ? 1 : (int)spec.ThreadsPerCore;
        TasksPerCore = spec.OneThreadPerTask && spec.TasksPerCore == 0 ? 1 : (int)spec.TasksPerCore;
        if (spec.OneThreadPerTask && CpusPerTask > 1) TasksPerCore = 0;
        (SocketsPerNode, CoresPerSocket, TasksPerSocket) = ((int)spec.SocketsPerNode, (int)spec.CoresPerSocket, (int)spec.TasksPerSocket);
        (Contiguous, Spread, UseMinNodes) = (spec.Contiguous, spec.Spread, spec.UseMinNodes);
        (SwitchesMax, Segment, CpusPerNodeMin) = ((int)spec.SwitchesMax, (int)spec.Segment, (int)spec.CpusPerNodeMin);
    }

    public int NodesMin { get; }
    /// <summary>0: as many as needed.</summary>
    public int NodesMax { get; }
    public int Tasks { get; }
    /// <summary>No number of tasks was asked for: each further node within the node count brings its own.</summary>
    public bool TasksFollowNodes { get; }
    public int CpusPerTask { get; }
    /// <summary>0: no bound.</summary>
    public int TasksPerNode { get; }
    /// <summary>Bytes per node; null: per cpu, per GPU, or the whole node.</summary>
    public ulong? MemoryPerNode { get; }
    /// <summary>Bytes per allocated cpu; null: not asked that way.</summary>
    public ulong? MemoryPerCpu { get; }
    /// <summary>Bytes per allocated GPU; null: not asked that way.</summary>
    public ulong? MemoryPerGpu { get; }
    /// <summary>Nobody else on its nodes.</summary>
    public bool Exclusive { get; }
    public NodeSharing Sharing { get; }
    /// <summary>Nobody but this user on its nodes.</summary>
    public uint? OnlyUser { get; }
    /// <summary>May run on cpus that other such jobs use, where a partition lets them.</summary>
    public bool SharesCpus => Sharing == NodeSharing.SharingOversubscribe && !Exclusive;
    /// <summary>Nodes that must be part of it, in the order given.</summary>
    public IReadOnlyList<string> Required { get; }
    /// <summary>The place of each in <see cref="Required"/>; null: none are.</summary>
    internal IReadOnlyDictionary<string, int>? RequiredPlaces { get; }
    public IReadOnlySet<string> Excluded { get; }
    public FeatureConstraint? Constraint { get; }
    /// <summary>Wanted, not needed.</summary>
    public FeatureConstraint? Prefer { get; }
    public TaskDistribution Distribution { get; }
    /// <summary>Those with a type first.</summary>
    public GresDemand[] Gres { get; }
    /// <summary>GPUs, or parts of one.</summary>
    public bool WantsGpus { get; }
    /// <summary>The place in <see cref="Gres"/> of what is counted over all nodes; -1: nothing is.</summary>
    public int JobGres { get; }
    /// <summary>GPUs only with cores near them.</summary>
    public bool EnforceBinding { get; }
    /// <summary>Cores are chosen without a look at the GPUs.</summary>
    public bool DisableBinding { get; }
    public int CpusPerGpu { get; }
    public int TasksPerGpu { get; }
    /// <summary>Per node.</summary>
    public ulong DiskBytes { get; }
    /// <summary>Hardware threads used of each core; 0: all. Whole cores are given all the same.</summary>
    public int ThreadsPerCore { get; }
    /// <summary>0: no bound.</summary>
    public int TasksPerCore { get; }
    public int SocketsPerNode { get; }
    public int CoresPerSocket { get; }
    /// <summary>0: no bound.</summary>
    public int TasksPerSocket { get; }
    /// <summary>Cores left to the system instead of those the node is configured to keep; null: as configured.</summary>
    public int? CoreSpec { get; }
    public int? ThreadSpec { get; }
    public bool Contiguous { get; }
    public bool Spread { get; }
    public bool UseMinNodes { get; }
    /// <summary>Leaf switches at most; 0: any number.</summary>
    public int SwitchesMax { get; }
    /// <summary>Nodes come in groups of so many, each group within one block of the topology; 0: no groups.</summary>
    public int Segment { get; }
    public int CpusPerNodeMin { get; }
    /// <summary>Ranges to be met by an offer; null: the exact request above.</summary>
    public RangeDemand? Ranges { get; }

    /// <summary>All of a node's memory, whatever it has (<c>--mem=0</c>).</summary>
    public bool WholeMemory => Ranges is null && MemoryPerNode is null or 0 && MemoryPerCpu is null or 0 && MemoryPerGpu is null or 0;

    /// <summary>The same without a bound on switches: for when the wait for them is over.</summary>
    public Request WithoutSwitches => SwitchesMax == 0 ? this : withoutSwitches ??= Of(Shape(static shape => shape.SwitchesMax = 0));
    private Request? withoutSwitches;

    private static Dictionary<string, int> Places(IReadOnlyList<string> names)
    {
        var places = new Dictionary<string, int>(names.Count, StringComparer.Ordinal);
        foreach (var name in names) places.TryAdd(name, places.Count);
        return places;
    }

    private JobSpec Shape(Action<JobSpec> change)
    {
        var shape = JobSpec.Parser.ParseFrom(key);
        change(shape);
        return shape;
    }

    public bool Equals(Request? other) => other is not null && (ReferenceEquals(this, other) || hash == other.hash && key.Equals(other.key));
    public override bool Equals(object? obj) => Equals(obj as Request);
    public override int GetHashCode() => hash;
}
