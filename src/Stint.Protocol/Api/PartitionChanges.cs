namespace Stint.Protocol.Api;

/// <summary>POST /api/v1/partitions/{name} (operators): keys and values as in stint.yaml, lists with commas; empty: as if it were not said.
/// It holds until the server starts again, which reads the file.</summary>
public sealed record PartitionChangeRequest(Dictionary<string, string> Set)
{
    /// <summary>It is not there yet.</summary>
    public bool Create { get; init; }
}

/// <summary>POST /api/v1/nodes/{hostlist}/settings (operators); null: stays. It holds until the server starts again, which reads the file.</summary>
public sealed record NodeSettingsRequest
{
    public string[]? Features { get; init; }
    public uint? Weight { get; init; }
}
