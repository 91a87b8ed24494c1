using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Reservations;
using Stint.Core.Resources;

namespace Stint.Core;

// Which nodes, cores and devices a reservation gets: those that are named, or some that are free all the time it lasts.
public sealed partial class Cluster
{
    private const ReservationFlags MayOverlap = ReservationFlags.Maint | ReservationFlags.Overlap;

    /// <summary>Writes nodes and shares into the spec.</summary>
    /// <param name="self">The reservation that is changed; null: a new one.</param>
    private Refusal? ChooseReserved(ReservationSpec spec, IReadOnlyList<uint>? coresPerNode, Reservation? self, Instant now)
    {
        if (ReservationWish.Of(spec, coresPerNode, out var refusal) is not { } wish) return refusal;
        if (CheckReservedLicenses(spec, self, now) is { } no) return no;
        spec.Shares.Clear();
        var flags = ReservationFlagNames.Parse(spec.Flags);
        var listed = spec.Nodes.Length > 0;
        if (spec.Partition.Length > 0 && FindPartition(spec.Partition) is null)
            return No(RefusalCodes.InvalidPartition, $"invalid partition specified: {Short(spec.Partition)}", "sinfo lists the partitions");
        if ((flags & ReservationFlags.PartNodes) != 0 && (spec.Partition.Length == 0 || listed && !IsAll(spec.Nodes) && self is null))
            return No(RefusalCodes.ReservationInvalid, "PART_NODES takes PartitionName and Nodes=ALL");
        if (!listed && wish is { Nodes: 0, IsPartial: false } && spec.Partition.Length == 0)
        {
            if (spec.Licenses.Length == 0)
                return No(RefusalCodes.ReservationInvalid, "the reservation names no nodes, no node count and no licences", "Say what to reserve");
            if ((flags & ReservationFlags.AnyNodes) != 0) return null;
            return No(RefusalCodes.ReservationInvalid, "a reservation of licences without nodes needs the flag ANY_NODES");
        }
        if (spec.Features.Length > 0 && FeatureConstraint.Parse(spec.Features, out var why) is null)
            return No(RefusalCodes.InvalidFeature, $"\"{Short(spec.Features)}\" is not an expression of features: {why}");
        var shape = new Reservation(spec);
        var chosen = listed ? ChooseListed(spec, wish, shape, self, now, out refusal)
            : wish.IsPartial ? ChooseParts(spec, wish, shape, self, now, out refusal)
            : ChooseWhole(spec, wish, shape, self, now, [], out refusal);
        if (chosen is null) return refusal;
        SetReserved(spec, chosen);
        if (listed && !IsAll(spec.Nodes)) flags |= ReservationFlags.SpecNodes;
        else if (!listed) flags &= ~ReservationFlags.SpecNodes;
        spec.Flags.Clear();
        spec.Flags.AddRange(ReservationFlagNames.Print(flags));
        return null;
    }

    private static bool IsAll(string nodes) => nodes.Equals("ALL", StringComparison.OrdinalIgnoreCase);

    /// <param name="chosen">Node and its share; null: the whole node.</param>
    private void SetReserved(ReservationSpec spec, List<(Node Node, NodeShare? Share)> chosen)
    {
        spec.Nodes = NodeList.Fold(chosen.Select(static entry => entry.Node.Name));
        spec.NodeCount = (uint)chosen.Count;
        spec.Shares.AddRange(chosen.Where(static entry => entry.Share is not null).Select(static entry => entry.Share!));
        spec.CoreCount = (uint)chosen.Sum(static entry =>
            (entry.Share is { } share ? CpuSet.FromBytes(share.Cpus).Count : entry.Node.AllCpus.Count) / entry.Node.ThreadsPerCore);
    }

    private List<(Node, NodeShare?)>? ChooseListed(ReservationSpec spec, ReservationWish wish, Reservation shape, Reservation? self, Instant now,
        out Refusal? refusal)
    {
        if (ListedNodes(spec, out refusal) is not { } listed) return null;
        if (wish.CoresPerNode is { Count: > 0 } cores && cores.Count != listed.Count)
        {
            refusal = No(RefusalCodes.ReservationInvalid, $"Core count for reservation node list is not consistent: {cores.Count} counts for {listed.Count} nodes");
            return null;
        }
        var rooms = new List<ReservedRoom>();
        foreach (var node in listed)
        {
            if (!shape.Has(MayOverlap) && !wish.IsPartial && OverlapOn(node, shape, self, now) is { } other)
            {
                refusal = Overlaps(shape, other, node, now);
                return null;
            }
            rooms.Add(RoomOn(node, shape, self, now, out var busy));
            if (busy is null || wish.IsPartial) continue;
            refusal = No(RefusalCodes.NodesBusy, $"Requested nodes are busy: job {busy.Id} on {node.Name} may run until {UntilOf(busy)}",
                "Use Flags=IGNORE_JOBS, or a later start");
            return null;
        }
        if (!wish.IsPartial) return [.. listed.Select(static node => (node, (NodeShare?)null))];
        return TakeParts(rooms, wish, rooms.Count, out refusal) ?? OverlapOf(rooms, shape, self, now, ref refusal);
    }

    /// <summary>Where parts are missing because of one other reservation, that is the better answer.</summary>
    private List<(Node, NodeShare?)>? OverlapOf(List<ReservedRoom> rooms, Reservation shape, Reservation? self, Instant now, ref Refusal? refusal)
    {
        foreach (var room in rooms)
            if (OverlapOn(room.Node, shape, self, now) is { } other && !shape.Has(MayOverlap)) { refusal = Overlaps(shape, other, room.Node, now); break; }
        return null;
    }

    private List<Node>? ListedNodes(ReservationSpec spec, out Refusal? refusal)
    {
        refusal = null;
        if (IsAll(spec.Nodes))
            return spec.Partition.Length > 0 ? [.. FindPartition(spec.Partition)!.Nodes] : NodesOf("ALL");
        if (spec.Nodes.Length > TextCharsMax || NodeNames.Expand(spec.Nodes) is not { } names)
        {
            refusal = No(RefusalCodes.InvalidNodeName, $"\"{Short(spec.Nodes)}\" is not a list of nodes");
            return null;
        }
        foreach (var name in names)
            if (!nodes.ContainsKey(name))
            {
                refusal = No(RefusalCodes.InvalidNodeName, $"invalid node name specified: {Short(name)}", "sinfo -N lists the nodes");
                return null;
            }
        return [.. names.Select(name => nodes[name])];
    }

    private Reservation? OverlapOn(Node node, Reservation shape, Reservation? self, Instant now)
    {
        foreach (var other in ReservationsOfNode(node.Name))
            if (!ReferenceEquals(other, self) && other.MeetsInTime(shape, now)) return other;
        return null;
    }

    private static Refusal Overlaps(Reservation shape, Reservation other, Node node, Instant now) =>
        No(RefusalCodes.ReservationOverlap,
            $"Requested reservation overlaps with another reservation: {other.Name} has {(other.Holds[node.Name] is null ? "" : "a part of ")}{node.Name} from {Moment(other.StartAt(now))} to {Moment(other.EndAt(now))}",
            $"Use another time or node{(shape.Has(ReservationFlags.Maint) ? "" : ", or Flags=OVERLAP")}");

    /// <summary>Seconds of Unix time: who prints it for people knows their time zone.</summary>
    private static string Moment(Instant at) => $"@{at.Milliseconds / 1000}";

    private static string UntilOf(Job job) => job.EndLimit.IsSet ? Moment(job.EndLimit) : "no end";

    /// <summary>What other reservations, and jobs that may still run when this one starts, leave of a node.</summary>
    private ReservedRoom RoomOn(Node node, Reservation shape, Reservation? self, Instant now, out Job? busy)
    {
        busy = null;
        var room = new ReservedRoom(node);
        if (!shape.Has(MayOverlap))
            foreach (var other in ReservationsOfNode(node.Name))
                if (!ReferenceEquals(other, self) && other.MeetsInTime(shape, now)) room.Less(other.Holds[node.Name]);
        if (shape.Has(ReservationFlags.IgnoreJobs)) return room;
        var start = shape.StartAt(now);
        foreach (var id in node.Jobs)
        {
            var job = jobs[id];
            if (job.EndLimit.IsSet && job.EndLimit <= start || self is not null && job.Reservation == self.Name) continue;
            busy ??= job;
            room.Less(ShareOn(job, node.Name));
        }
        return room;
    }

    /// <summary>Nodes that a reservation by count may have, idle ones first.</summary>
    private List<Node> ReservableNodes(ReservationSpec spec, ReservationFlags flags)
    {
        var partition = spec.Partition.Length > 0 ? FindPartition(spec.Partition) : DefaultPartition();
        var usable = (partition?.Nodes ?? NodesOf("ALL")).Where(node =>
            ((flags & ReservationFlags.Maint) != 0 || node.TakesJobs) && HasFeatures(node, spec.Features));
        return [.. usable.OrderBy(static node => node.Jobs.Count > 0)];       // stable: the partition's order otherwise
    }

    private static bool HasFeatures(Node node, string expression) =>
        expression.Length == 0 || FeatureConstraint.Parse(expression, out _)?.Allows(node.Kind.Features) == true;

    /// <param name="kept">Nodes that it has already and keeps.</param>
    private List<(Node, NodeShare?)>? ChooseWhole(ReservationSpec spec, ReservationWish wish, Reservation shape, Reservation? self, Instant now,
        IReadOnlyCollection<Node> kept, out Refusal? refusal)
    {
        refusal = null;
        var chosen = new List<(Node, NodeShare?)>(kept.Select(static node => (node, (NodeShare?)null)));
        var candidates = ReservableNodes(spec, shape.Flags);
        var count = wish.Nodes > 0 ? wish.Nodes : candidates.Count;
        foreach (var node in candidates)
        {
            if (chosen.Count >= count) break;
            if (!kept.Contains(node) && RoomOn(node, shape, self, now, out _).IsWhole) chosen.Add((node, null));
        }
        if (chosen.Count >= count && count > 0) return chosen;
        refusal = No(RefusalCodes.NodesBusy,
            $"Requested nodes are busy: {count} nodes were asked for; {chosen.Count} of {candidates.Count} are free of jobs and other reservations all the time",
            "Ask for fewer, for another time, or use Flags=IGNORE_JOBS");
        return null;
    }

    private List<(Node, NodeShare?)>? ChooseParts(ReservationSpec spec, ReservationWish wish, Reservation shape, Reservation? self, Instant now,
        out Refusal? refusal)
    {
        var rooms = ReservableNodes(spec, shape.Flags).Select(node => RoomOn(node, shape, self, now, out _)).ToList();
        return TakeParts(rooms, wish, wish.Nodes, out refusal);
    }

    /// <summary>Cores and devices: evenly over a count of nodes, or node by node until it is enough.</summary>
    /// <param name="count">0: as many nodes as needed.</param>
    private static List<(Node, NodeShare?)>? TakeParts(List<ReservedRoom> rooms, ReservationWish wish, int count, out Refusal? refusal)
    {
        var threads = rooms.Count > 0 ? rooms[0].Node.ThreadsPerCore : 1;
        var coresLeft = wish.CoresPerNode is { Count: > 0 } list ? (int)list.Sum(static cores => (long)cores) : wish.CoresOn(threads);
        var gresLeft = wish.Gres.Select(static gres => gres.Count).ToArray();
        var (cores, gres) = (coresLeft, gresLeft.ToArray());
        var chosen = new List<(Node, NodeShare?)>();
        foreach (var room in rooms)
        {
            if (count > 0 ? chosen.Count >= count : coresLeft == 0 && gresLeft.All(static left => left == 0)) break;
            var nodesLeft = count > 0 ? count - chosen.Count : 1;
            var share = TakePart(room, wish, chosen.Count, nodesLeft, count > 0, ref coresLeft, gresLeft);
            if (share is not null) chosen.Add((room.Node, share));
        }
        refusal = null;
        if (coresLeft == 0 && gresLeft.All(static left => left == 0) && (count == 0 || chosen.Count == count)) return chosen;
        var wanted = new List<string>();
        if (cores > 0) wanted.Add($"{cores} cores ({cores - coresLeft} found)");
        for (var i = 0; i < gres.Length; i++) wanted.Add($"{gres[i]} {wish.Gres[i].Name} ({gres[i] - gresLeft[i]} found)");
        refusal = No(RefusalCodes.NodesBusy,
            $"Requested nodes are busy: {string.Join(" and ", wanted)} were asked for{(count > 0 ? $" on {count} nodes" : "")}, free of jobs and other reservations all the time",
            "Ask for fewer, for another time, or use Flags=IGNORE_JOBS");
        return null;
    }

    private static NodeShare? TakePart(ReservedRoom room, ReservationWish wish, int index, int nodesLeft, bool evenly, ref int coresLeft, ulong[] gresLeft)
    {
        var cores = wish.CoresPerNode is { Count: > 0 } list ? (int)list[index]
            : evenly ? (coresLeft + nodesLeft - 1) / nodesLeft : Math.Min(coresLeft, room.Cores);
        if (room.Cores < cores) return null;
        var takes = new ulong[gresLeft.Length];
        for (var i = 0; i < takes.Length; i++)
        {
            var free = room.FreeGres(wish.Gres[i]);
            takes[i] = evenly ? (gresLeft[i] + (ulong)nodesLeft - 1) / (ulong)nodesLeft : Math.Min(gresLeft[i], free);
            if (free < takes[i]) return null;
        }
        if (cores == 0 && takes.All(static take => take == 0)) return null;
        var share = new NodeShare { Node = room.Node.Name, Cpus = room.TakeCores(cores).ToBytes(), MemoryBytes = wish.MemoryBytes };
        coresLeft -= cores;
        for (var i = 0; i < takes.Length; i++)
        {
            room.TakeGres(wish.Gres[i], takes[i], share);
            gresLeft[i] -= takes[i];
        }
        return share;
    }

    private Refusal? CheckReservedLicenses(ReservationSpec spec, Reservation? self, Instant now)
    {
        if (spec.Licenses.Length == 0) return null;
        if (LicenseRequest.Parse(spec.Licenses, out var wrong) is not { AnyOne: false }) return No(RefusalCodes.InvalidLicense, wrong.Length > 0 ? wrong : "a reservation takes all of its licences");
        var shape = new Reservation(spec);
        foreach (var (name, count) in LicenseCounts(spec.Licenses))
        {
            var total = LicenseStock.Total(name);
            if (!LicenseStock.Names.Contains(name))
                return No(RefusalCodes.ReservationInvalid, $"licence \"{Short(name)}\" is not one of the cluster's", "scontrol show licenses lists them");
            var kept = shape.Has(MayOverlap) ? 0 : reservations.Values.Where(other => !ReferenceEquals(other, self) && other.MeetsInTime(shape, now))
                .Sum(other => LicenseCounts(other.Spec.Licenses).Where(item => item.Name == name).Sum(static item => item.Count));
            if (count <= 0 || count + kept > total)
                return No(RefusalCodes.ReservationOverlap, $"{count} of licence {name} were asked for; the cluster has {total}, and other reservations keep {kept}");
        }
        return null;
    }
}
