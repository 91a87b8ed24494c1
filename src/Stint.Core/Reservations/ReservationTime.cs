using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Reservations;

namespace Stint.Core;

// What time brings about: reservations end or come again, are purged when idle, and lost nodes are replaced.
public sealed partial class Cluster
{
    private void DueReservations(Batch batch)
    {
        foreach (var reservation in reservations.Values)
        {
            if (reservation.IsOverAt(batch.Now)) RemoveReservation(batch, reservation, 0, "its time is over");
            else if (IsPurgeable(reservation, batch.Now))
                RemoveReservation(batch, reservation, 0, $"no job used it for {Minutes(reservation.Spec.PurgeAfterMs)}");
            else if (Renewed(reservation, batch.Now) is { } spec && !spec.Equals(reservation.Spec))
                batch.Add(new ReservationMade { Spec = spec, IsUpdate = true });
        }
    }

    private bool IsPurgeable(Reservation reservation, Instant now)
    {
        if (!reservation.Has(ReservationFlags.PurgeComp) || reservation.Jobs.Count > 0) return false;
        var start = reservation.StartAt(now);
        var since = reservation.IdleSince > start ? reservation.IdleSince : start;
        if ((now - since).TotalMilliseconds < reservation.Spec.PurgeAfterMs) return false;
        foreach (var job in jobs.Values)
            if (job.State == JobState.Pending && job.Spec.Reservation.Length > 0
                && job.Spec.Reservation.Split(',').Contains(reservation.Name)) return false;
        return true;
    }

    /// <summary>As it should be now: the occurrence that is not over, on nodes that can be used.</summary>
    private ReservationSpec? Renewed(Reservation reservation, Instant now)
    {
        var spec = reservation.Spec;
        if (reservation.IsRecurring && spec.EndMs <= now.Milliseconds) spec = FromStart(reservation, reservation.StartAt(now).Milliseconds);
        if (reservation.Has(ReservationFlags.PartNodes) && FindPartition(spec.Partition) is { } partition)
            return WithNodes(spec, partition.Nodes);
        if (!reservation.HoldsWholeNodes || reservation.Holds.Count == 0
            || reservation.Has(ReservationFlags.SpecNodes | ReservationFlags.StaticAlloc | ReservationFlags.Maint)) return spec;
        var replacesBusy = reservation.Has(ReservationFlags.Replace);
        if (reservation.CheckedNodesVersion == nodesVersion && !replacesBusy) return spec;
        var kept = new List<Node>();
        foreach (var name in reservation.Holds.Keys)
            if (nodes.TryGetValue(name, out var node) && node.TakesJobs && !(replacesBusy && node.Jobs.Count > 0)) kept.Add(node);
        if (kept.Count == reservation.Holds.Count) reservation.CheckedNodesVersion = nodesVersion;
        return kept.Count == reservation.Holds.Count ? spec : WithNodes(spec, Replacements(spec, reservation, kept, replacesBusy, now));
    }

    /// <summary>As many as there were where others can be found; those that can not be replaced stay.</summary>
    private List<Node> Replacements(ReservationSpec spec, Reservation reservation, List<Node> kept, bool idleOnly, Instant now)
    {
        var result = new List<Node>(kept);
        var shape = new Reservation(spec);
        foreach (var node in ReservableNodes(spec, reservation.Flags))
        {
            if (result.Count >= reservation.Holds.Count) break;
            if (reservation.Holds.ContainsKey(node.Name) || idleOnly && node.Jobs.Count > 0) continue;
            if (RoomOn(node, shape, reservation, now, out _).IsWhole) result.Add(node);
        }
        foreach (var name in reservation.Holds.Keys)
        {
            if (result.Count >= reservation.Holds.Count) break;
            if (nodes.TryGetValue(name, out var node) && !kept.Contains(node)) result.Add(node);
        }
        return result;
    }

    private static ReservationSpec WithNodes(ReservationSpec spec, IEnumerable<Node> members)
    {
        var list = members.ToList();
        var folded = NodeList.Fold(list.Select(static node => node.Name));
        if (folded == spec.Nodes) return spec;
        var changed = spec.Clone();
        changed.Nodes = folded;
        changed.NodeCount = (uint)list.Count;
        changed.CoreCount = (uint)list.Sum(static node => node.AllCpus.Count / node.ThreadsPerCore);
        return changed;
    }
}
