using Stint.Core;

namespace Stint.Server.Features.Nodes;

/// <summary>What nodes' states depend on beside the nodes: reservations that are active now, and the plan.</summary>
internal sealed class NodeContext
{
    private readonly Dictionary<string, (string Reservation, bool Maintenance)> reserved = new(StringComparer.Ordinal);
    private readonly HashSet<string> planned = new(StringComparer.Ordinal);

    public static NodeContext Of(Cluster cluster, Instant now) => new();

    public string ReservationOf(string node) => reserved.TryGetValue(node, out var held) ? held.Reservation : "";
    public bool IsMaintained(string node) => reserved.TryGetValue(node, out var held) && held.Maintenance;
    public bool IsReserved(string node) => reserved.ContainsKey(node);
    /// <summary>Kept free for a job that will start there.</summary>
    public bool IsPlanned(string node) => planned.Contains(node);
}
