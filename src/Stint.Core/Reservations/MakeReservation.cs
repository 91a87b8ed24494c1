using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Reservations;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>A start may lie this far in the past (Slurm's MAX_RESV_DELAY).</summary>
    private const long ReservationDelayMs = 600_000;
    /// <summary>What "no end" means for a reservation: a year, as in Slurm.</summary>
    private const long ReservationForeverMs = 365L * 24 * 3_600_000;
    private const long PurgeAfterDefaultMs = 300_000;
    private const int ReservationsMax = 10_000;

    private Decision DecideMakeReservation(MakeReservation command, Instant now)
    {
        if (!command.By.IsOperator) return NoReservationRight(command.By, "make");
        if (reservations.Count >= ReservationsMax)
            return Decision.No(RefusalCodes.ReservationInvalid, $"there are {ReservationsMax} reservations, the limit");
        var spec = command.Spec.Clone();
        spec.CreatedMs = now.Milliseconds;
        spec.ByUid = command.By.Uid;
        if (spec.Name.Length > 0 && reservations.ContainsKey(spec.Name))
            return Decision.No(RefusalCodes.ReservationNameTaken, $"Duplicate reservation name: {spec.Name}", "Choose another, or update that one");
        if (NormalizeReservation(spec, now) is { } refusal) return new Decision([], refusal, 0);
        if (spec.Name.Length == 0) spec.Name = MakeReservationName(spec);
        if (ChooseReserved(spec, command.CoresPerNode, null, now) is { } no) return new Decision([], no, 0);
        var batch = new Batch(now);
        batch.Add(new ReservationMade { Spec = spec });
        return batch.Decision();
    }

    private static Decision NoReservationRight(Actor by, string what) =>
        Decision.No(RefusalCodes.AccessDenied, $"uid {by.Uid} may not {what} reservations", "Ask an administrator");

    /// <summary>The first user or account and a number that is free, as Slurm names them.</summary>
    private string MakeReservationName(ReservationSpec spec)
    {
        var stem = spec.Users.Count > 0 ? spec.Users[0] : spec.Groups.Count > 0 ? spec.Groups[0]
            : spec.Accounts.Count > 0 ? spec.Accounts[0] : spec.Qos[0];
        for (var number = reservations.Count + 1; ; number++)
            if (!reservations.ContainsKey($"{stem}_{number}")) return $"{stem}_{number}";
    }

    /// <summary>Flags in their one spelling, defaults filled in, and what no reservation may be.</summary>
    private static Refusal? NormalizeReservation(ReservationSpec spec, Instant now)
    {
        var flags = ReservationFlags.None;
        foreach (var name in spec.Flags)
        {
            if (!ReservationFlagNames.TryParse(name, out var flag))
                return No(RefusalCodes.ReservationInvalid, $"\"{Short(name)}\" is not a flag of a reservation");
            flags |= flag;
        }
        if (spec.Name.Length > 0 && !IsReservationName(spec.Name))
            return No(RefusalCodes.ReservationInvalid, $"\"{Short(spec.Name)}\" is not a name of a reservation", "Use letters, digits, '-', '_' and '.'");
        if (spec.Users.Count + spec.Groups.Count + spec.Accounts.Count + spec.Qos.Count == 0)
            return No(RefusalCodes.ReservationNoAccess, "Reservation request lacks users, groups or accounts", "Say who may use it");
        if (spec.Users.Count > 0 && spec.Groups.Count > 0)
            return No(RefusalCodes.ReservationInvalid, "Reservations can't have users and groups specified, only one or the other");
        if (spec.Comment.Length > TextCharsMax) return TooLong("the comment", spec.Comment.Length, TextCharsMax);
        if (spec.PurgeAfterMs > 0) flags |= ReservationFlags.PurgeComp;
        if ((flags & ReservationFlags.PurgeComp) != 0 && spec.PurgeAfterMs <= 0) spec.PurgeAfterMs = PurgeAfterDefaultMs;
        if (CheckReservationTimes(spec, flags, now) is { } refusal) return refusal;
        spec.Flags.Clear();
        spec.Flags.AddRange(ReservationFlagNames.Print(flags));
        return null;
    }

    private static bool IsReservationName(string name) =>
        name.Length <= 255 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@' or '+');

    private static Refusal? CheckReservationTimes(ReservationSpec spec, ReservationFlags flags, Instant now)
    {
        if (spec.StartMs <= 0) return No(RefusalCodes.InvalidTime, "the reservation has no start time");
        if (spec.EndMs == 0) spec.EndMs = spec.StartMs + ReservationForeverMs;
        if (spec.StartMs < spec.CreatedMs - ReservationDelayMs)
            return No(RefusalCodes.InvalidTime, $"the reservation would have started {Minutes(now.Milliseconds - spec.StartMs)} ago");
        if (spec.EndMs <= spec.StartMs || spec.EndMs > MomentMsMax)
            return No(RefusalCodes.InvalidTime, "the reservation ends before it starts, or too far ahead");
        if (spec.EndMs <= now.Milliseconds && (flags & ReservationFlags.Recurring) == 0)
            return No(RefusalCodes.InvalidTime, "the reservation would be over already");
        var recurrences = flags & ReservationFlags.Recurring;
        if (recurrences == 0) return null;
        if ((recurrences & (recurrences - 1)) != 0)
            return No(RefusalCodes.ReservationInvalid, "a reservation recurs in one way only", "Keep one of HOURLY, DAILY, WEEKLY, WEEKDAY, WEEKEND");
        if ((flags & ReservationFlags.TimeFloat) != 0)
            return No(RefusalCodes.ReservationInvalid, "a reservation that recurs can not float (TIME_FLOAT)");
        var step = recurrences switch { ReservationFlags.Hourly => 3_600_000L, ReservationFlags.Weekly => 7 * 86_400_000L, _ => 86_400_000L };
        return spec.EndMs - spec.StartMs > step
            ? No(RefusalCodes.InvalidTime, $"the reservation lasts {Minutes(spec.EndMs - spec.StartMs)} and would start again before it ends")
            : null;
    }

    private void On(ReservationMade record, Instant at)
    {
        var name = record.Spec.Name;
        if (reservations.TryGetValue(name, out var reservation) != record.IsUpdate)
            throw new InvalidOperationException($"reservation {name} was {(record.IsUpdate ? "changed but is not there" : "made twice")}");
        if (reservation is null) reservations.Add(name, reservation = new Reservation(record.Spec) { IdleSince = at });
        else
        {
            var before = reservation.Spec;
            reservation.Spec = record.Spec;
            reservation.CheckedNodesVersion = -1;
            // The next occurrence of a recurring one is not more time for the jobs of this one.
            if (record.Spec.EndMs != before.EndMs && record.Spec.StartMs < before.EndMs)
                foreach (var id in reservation.Jobs)
                {
                    jobs[id].EndLimit = EndLimitOf(jobs[id], at);
                    foreach (var share in jobs[id].Shares) Touch(NodeOf(share.Node));
                }
        }
        WakeAtBoundaries(reservation);
        RebuildReservationIndex();
        NodesChanged();
    }

    /// <summary>The moments at which it starts and ends bring a tick and a pass.</summary>
    private void WakeAtBoundaries(Reservation reservation)
    {
        if (reservation.Has(ReservationFlags.TimeFloat)) return;
        timedWakes.Add((reservation.Spec.StartMs, 0));
        timedWakes.Add((reservation.Spec.EndMs, 0));
    }

    private void On(ReservationRemoved record, Instant at)
    {
        if (!reservations.Remove(record.Name, out var gone))
            throw new InvalidOperationException($"reservation {record.Name} was removed but is not there");
        // A later reservation of that name is another one.
        foreach (var id in gone.Jobs) jobs[id].Reservation = "";
        RebuildReservationIndex();
        NodesChanged();
    }
}
