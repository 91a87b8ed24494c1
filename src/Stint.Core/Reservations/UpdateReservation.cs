using Google.Protobuf.Collections;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Reservations;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Flags that an update can not take away (scontrol(1)).</summary>
    private const ReservationFlags Lasting = ReservationFlags.Overlap | ReservationFlags.Replace | ReservationFlags.ReplaceDown
        | ReservationFlags.NoHoldJobsAfterEnd | ReservationFlags.FirstCores | ReservationFlags.TimeFloat;

    private Decision DecideUpdateReservation(UpdateReservation command, Instant now)
    {
        if (!command.By.IsOperator) return NoReservationRight(command.By, "change");
        if (!reservations.TryGetValue(command.Name, out var reservation)) return UnknownReservation(command.Name);
        var change = command.Change;
        var spec = reservation.Spec.Clone();
        spec.ByUid = command.By.Uid;
        if ((ChangeTimes(spec, reservation, change, now) ?? ChangeFlags(spec, change)) is { } refusal) return new Decision([], refusal, 0);
        ChangeAccess(spec, change);
        if (change.Licenses is { } licenses) spec.Licenses = licenses;
        if (change.Comment is { } comment) spec.Comment = comment;
        if (change.PurgeAfterMs is { } purge) spec.PurgeAfterMs = purge;
        if (NormalizeReservation(spec, now) is { } no) return new Decision([], no, 0);
        if (ChangeNodes(spec, reservation, change, now) is { } wrong) return new Decision([], wrong, 0);
        if (spec.Equals(reservation.Spec)) return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(new ReservationMade { Spec = spec, IsUpdate = true });
        return batch.Decision();
    }

    private static Decision UnknownReservation(string name) =>
        Decision.No(RefusalCodes.ReservationInvalid, $"Requested reservation is invalid: {Short(name)}",
            "scontrol show reservation lists those that there are");

    private static Refusal? ChangeTimes(ReservationSpec spec, Reservation reservation, ReservationChange change, Instant now)
    {
        if (change.StartMs is { } start && start != spec.StartMs)
        {
            if (reservation.IsActiveAt(now)) return No(RefusalCodes.InvalidTime, $"Reservation already started: {spec.Name}");
            if (change is { EndMs: null, DurationMs: null }) spec.EndMs += start - spec.StartMs;
            spec.StartMs = start;
            if (!reservation.Has(ReservationFlags.TimeFloat)) spec.CreatedMs = Math.Min(spec.CreatedMs, now.Milliseconds);
        }
        if (change.EndMs is { } end) spec.EndMs = end;
        if (change.DurationMs is { } duration)
            spec.EndMs = duration is <= 0 or > SpanMsMax ? spec.StartMs + ReservationForeverMs : spec.StartMs + duration;
        return null;
    }

    private static Refusal? ChangeFlags(ReservationSpec spec, ReservationChange change)
    {
        if (change.FlagsAdded.Count + change.FlagsRemoved.Count == 0) return null;
        var flags = ReservationFlagNames.Parse(spec.Flags);
        foreach (var name in change.FlagsAdded.Concat(change.FlagsRemoved))
            if (!ReservationFlagNames.TryParse(name, out _))
                return No(RefusalCodes.ReservationInvalid, $"\"{Short(name)}\" is not a flag of a reservation");
        var added = ReservationFlagNames.Parse(change.FlagsAdded);
        var removed = ReservationFlagNames.Parse(change.FlagsRemoved);
        if ((removed & Lasting) != 0 || (added & ~flags & ReservationFlags.TimeFloat) != 0)
            return No(RefusalCodes.ReservationInvalid,
                $"{string.Join(", ", ReservationFlagNames.Print(removed & Lasting | added & ReservationFlags.TimeFloat))} can not be changed on a reservation that is there",
                "Delete it and make it again");
        spec.Flags.Clear();
        spec.Flags.AddRange(ReservationFlagNames.Print((flags | added) & ~removed));
        return null;
    }

    private static void ChangeAccess(ReservationSpec spec, ReservationChange change)
    {
        Change(spec.Users, change.Users, change.UsersAdded, change.UsersRemoved);
        Change(spec.Accounts, change.Accounts, change.AccountsAdded, change.AccountsRemoved);
        Change(spec.Groups, change.Groups, [], []);
        Change(spec.Qos, change.Qos, [], []);
        if (change.UsersDenied is { } users) spec.UsersDenied = users;
        if (change.AccountsDenied is { } accounts) spec.AccountsDenied = accounts;
    }

    private static void Change(RepeatedField<string> names, IReadOnlyList<string>? whole, IReadOnlyList<string> added, IReadOnlyList<string> removed)
    {
        if (whole is not null)
        {
            names.Clear();
            names.AddRange(whole);
        }
        foreach (var name in added) if (!names.Contains(name)) names.Add(name);
        foreach (var name in removed) names.Remove(name);
    }

    /// <summary>Which nodes it has after the change; they are chosen again when time or nodes changed, as on creation.</summary>
    private Refusal? ChangeNodes(ReservationSpec spec, Reservation reservation, ReservationChange change, Instant now)
    {
        var old = reservation.Spec;
        var asked = change is not { Nodes: null, NodesAdded: null, NodesRemoved: null, NodeCount: null, Partition: null, Features: null };
        if (!asked && spec.StartMs == old.StartMs && spec.EndMs == old.EndMs && spec.Licenses == old.Licenses) return null;
        if (asked && !reservation.HoldsWholeNodes)
            return No(RefusalCodes.ReservationInvalid, "Core-based reservation can not be updated", "Delete it and make it again");
        if (change.Partition is { } partition) spec.Partition = partition;
        if (change.Features is { } features) spec.Features = features;
        if (!reservation.HoldsWholeNodes) return KeepsParts(spec, reservation, now);
        if (reservation.Holds.Count == 0 && !asked) return CheckReservedLicenses(spec, reservation, now);
        if (change is { NodesAdded: null, NodesRemoved: null } && change.Nodes is { } list && change.NodeCount is null)
        {
            if (list.Length == 0) spec.NodeCount = old.NodeCount;
            spec.Nodes = list;
            return ChooseReserved(spec, null, reservation, now);
        }
        return ChangeByCount(spec, reservation, change, now);
    }

    /// <summary>Nodes added and taken away by name, then by count: others are found, or those without its jobs go first.</summary>
    private Refusal? ChangeByCount(ReservationSpec spec, Reservation reservation, ReservationChange change, Instant now)
    {
        var kept = (NodeNames.Expand(change.Nodes is { Length: > 0 } list ? list : spec.Nodes) ?? []).ToList();
        foreach (var name in NodeNames.Expand(change.NodesAdded ?? "") ?? []) if (!kept.Contains(name)) kept.Add(name);
        var removed = NodeNames.Expand(change.NodesRemoved ?? "") ?? [];
        kept.RemoveAll(removed.Contains);
        if (change.NodeCount is { } count && count < kept.Count)
            kept = [.. kept.OrderByDescending(name => UsedIn(reservation, name).Any()).Take((int)count)];
        if (kept.Count == 0) return No(RefusalCodes.ReservationInvalid, "the reservation would have no node left", "Delete it");
        var listed = spec.Clone();
        listed.Nodes = string.Join(',', kept);
        listed.NodeCount = 0;
        listed.CoreCount = 0;
        listed.Tres.Clear();
        if (ChooseReserved(listed, null, reservation, now) is { } refusal) return refusal;
        if (change.NodeCount > kept.Count)
        {
            listed.NodeCount = change.NodeCount.Value;
            var wish = ReservationWish.Of(listed, null, out _)!;
            if (ChooseWhole(listed, wish, new Reservation(listed), reservation, now, [.. kept.Select(name => nodes[name])], out refusal)
                is not { } chosen) return refusal;
            SetReserved(listed, chosen);
        }
        spec.Nodes = listed.Nodes;
        (spec.NodeCount, spec.CoreCount) = (listed.NodeCount, listed.CoreCount);
        var flags = ReservationFlagNames.Parse(spec.Flags);
        if (change.NodesAdded is not null || change.NodesRemoved is not null || change.Nodes is not null) flags |= ReservationFlags.SpecNodes;
        spec.Flags.Clear();
        spec.Flags.AddRange(ReservationFlagNames.Print(flags));
        return null;
    }

    /// <summary>Another time for the same cores and devices: nobody else may have them then.</summary>
    private Refusal? KeepsParts(ReservationSpec spec, Reservation reservation, Instant now)
    {
        var shape = new Reservation(spec);
        if (shape.Has(MayOverlap)) return null;
        foreach (var share in spec.Shares)
            foreach (var other in ReservationsOfNode(share.Node))
                if (!ReferenceEquals(other, reservation) && other.MeetsInTime(shape, now) && UsesHeld(other, share))
                    return Overlaps(shape, other, nodes[share.Node], now);
        return CheckReservedLicenses(spec, reservation, now);
    }

    private Decision DecideSkipReservation(SkipReservation command, Instant now)
    {
        if (!command.By.IsOperator) return NoReservationRight(command.By, "change");
        if (!reservations.TryGetValue(command.Name, out var reservation)) return UnknownReservation(command.Name);
        if (!reservation.IsRecurring)
            return Decision.No(RefusalCodes.ReservationNotSkippable, "Reservation given is not skipable, try deleting instead");
        var batch = new Batch(now);
        batch.Add(new ReservationMade { Spec = FromStart(reservation, Recurrence.Next(reservation.StartAt(now).Milliseconds, reservation.Flags)), IsUpdate = true });
        return batch.Decision();
    }

    private static ReservationSpec FromStart(Reservation reservation, long startMs)
    {
        var spec = reservation.Spec.Clone();
        spec.EndMs = startMs + (spec.EndMs - spec.StartMs);
        spec.StartMs = startMs;
        return spec;
    }

    private Decision DecideDeleteReservation(DeleteReservation command, Instant now)
    {
        if (!command.By.IsOperator) return NoReservationRight(command.By, "delete");
        if (!reservations.TryGetValue(command.Name, out var reservation)) return UnknownReservation(command.Name);
        if (reservation.Jobs.Count > 0)
            return Decision.No(RefusalCodes.ReservationInUse,
                $"Requested reservation is in use: {reservation.Name} by job {string.Join(", ", reservation.Jobs.Take(8))}", "Cancel them first");
        var batch = new Batch(now);
        RemoveReservation(batch, reservation, command.By.Uid, $"deleted by uid {command.By.Uid}");
        return batch.Decision();
    }

    /// <summary>Pending jobs that have no other reservation are held, or with NO_HOLD_JOBS_AFTER_END may run outside.</summary>
    private void RemoveReservation(Batch batch, Reservation reservation, uint byUid, string cause)
    {
        var name = reservation.Name;
        batch.Add(new ReservationRemoved { Name = name, ByUid = byUid, Cause = cause });
        foreach (var job in jobs.Values.Where(job => job.State == JobState.Pending && job.Spec.Reservation.Length > 0).OrderBy(static job => job.Id))
        {
            var named = job.Spec.Reservation.Split(',');
            if (!named.Contains(name) || named.Any(other => other != name && reservations.ContainsKey(other))) continue;
            if (!reservation.Has(ReservationFlags.NoHoldJobsAfterEnd))
            {
                if (!job.Held) batch.Add(new JobHeld { JobId = job.Id, ByUid = byUid });
                continue;
            }
            batch.Add(WithoutReservation(job, byUid));
        }
    }

    private static JobUpdated WithoutReservation(Job job, uint byUid)
    {
        var spec = job.Spec.Clone();
        spec.Reservation = "";
        return new JobUpdated { JobId = job.Id, Spec = spec, ByUid = byUid, ByAdmin = true };
    }
}
