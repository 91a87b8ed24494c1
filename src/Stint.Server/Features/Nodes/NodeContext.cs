using Stint.Core;
using Stint.Core.Reservations;
using Stint.Server.Features.Jobs;

namespace Stint.Server.Features.Nodes;

/// <summary>What nodes' states depend on beside the nodes: reservations that are active now, and the plan.</summary>
internal sealed class NodeContext(Cluster cluster, Instant now)
{
    public string ReservationOf(string node)
    {
        foreach (var reservation in cluster.ReservationsOn(node, now)) return reservation.Name;
        return "";
    }

    public bool IsMaintained(string node)
    {
        foreach (var reservation in cluster.ReservationsOn(node, now))
            if (reservation.Has(ReservationFlags.Maint)) return true;
        return false;
    }

    /// <summary>All of it is kept; of a part, the node is not called reserved.</summary>
    public bool IsReserved(string node)
    {
        foreach (var reservation in cluster.ReservationsOn(node, now))
            if (reservation.HoldsWholeNodes) return true;
        return false;
    }

    /// <summary>Kept free for a job that will start there.</summary>
    public bool IsPlanned(string node) => Plans.IsPlanned(cluster, node);
}
