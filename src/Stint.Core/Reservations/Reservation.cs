using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core.Reservations;

/// <summary>Nodes, cores, devices or licences that are kept for some for a time. Written by <see cref="Cluster.Apply"/> only.</summary>
public sealed class Reservation
{
    internal Reservation(ReservationSpec spec) => Spec = spec;

    private ReservationSpec spec = new();

    public ReservationSpec Spec
    {
        get => spec;
        internal set
        {
            spec = value;
            Flags = ReservationFlagNames.Parse(value.Flags);
            var shares = new Dictionary<string, NodeShare?>(StringComparer.Ordinal);
            foreach (var name in NodeNames.Expand(value.Nodes) ?? []) shares[name] = null;
            foreach (var share in value.Shares) shares[share.Node] = share;
            Holds = shares;
        }
    }

    public string Name => Spec.Name;
    public ReservationFlags Flags { get; private set; }
    /// <summary>By node: the part that is kept; null: all of the node.</summary>
    public IReadOnlyDictionary<string, NodeShare?> Holds { get; private set; } = new Dictionary<string, NodeShare?>();
    /// <summary>Jobs that run in it.</summary>
    public SortedSet<uint> Jobs { get; } = [];
    /// <summary>Since when no job runs in it, while none does.</summary>
    public Instant IdleSince { get; internal set; }
    /// <summary>The state of the nodes for which it was seen that none must be replaced; a memo.</summary>
    internal long CheckedNodesVersion { get; set; } = -1;

    public bool Has(ReservationFlags flag) => (Flags & flag) != 0;
    public bool IsRecurring => Has(ReservationFlags.Recurring);
    public bool HoldsWholeNodes => Spec.Shares.Count == 0;
    private long DurationMs => Spec.EndMs - Spec.StartMs;

    /// <summary>Of the present occurrence, or the next one. With TIME_FLOAT it stays as far ahead as it was when it was made.</summary>
    public Instant StartAt(Instant now) =>
        new(Has(ReservationFlags.TimeFloat) ? now.Milliseconds + Math.Max(0, Spec.StartMs - Spec.CreatedMs) : OccurrenceAt(now));

    public Instant EndAt(Instant now) => new(StartAt(now).Milliseconds + DurationMs);

    public bool IsActiveAt(Instant now)
    {
        var start = StartAt(now);
        return start <= now && now < new Instant(start.Milliseconds + DurationMs);
    }

    public bool IsOverAt(Instant now) => !IsRecurring && !Has(ReservationFlags.TimeFloat) && Spec.EndMs <= now.Milliseconds;

    private long OccurrenceAt(Instant now) =>
        IsRecurring ? Recurrence.FirstEndingAfter(Spec.StartMs, DurationMs, now.Milliseconds, Flags) : Spec.StartMs;

    /// <summary>Whether any occurrence has a moment in [from, to).</summary>
    public bool Meets(Instant now, long fromMs, long toMs)
    {
        var start = Has(ReservationFlags.TimeFloat) ? StartAt(now).Milliseconds
            : IsRecurring ? Recurrence.FirstEndingAfter(Spec.StartMs, DurationMs, fromMs, Flags) : Spec.StartMs;
        return start < toMs && start + DurationMs > fromMs;
    }

    /// <summary>The occurrences of the first nine days: every pattern repeats after a week.</summary>
    internal IEnumerable<(long StartMs, long EndMs)> Occurrences(Instant now)
    {
        var start = StartAt(now).Milliseconds;
        for (var last = start + 9L * 24 * 3_600_000; start <= last; start = Recurrence.Next(start, Flags))
        {
            yield return (start, start + DurationMs);
            if (!IsRecurring) yield break;
        }
    }

    internal bool MeetsInTime(Reservation other, Instant now)
    {
        foreach (var (start, end) in Occurrences(now)) if (other.Meets(now, start, end)) return true;
        foreach (var (start, end) in other.Occurrences(now)) if (Meets(now, start, end)) return true;
        return false;
    }
}
