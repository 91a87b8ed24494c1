namespace Stint.Core.Reservations;

/// <summary>Slurm's flags of a reservation (scontrol(1), Flags). The names in a record are upper case.</summary>
[Flags]
public enum ReservationFlags
{
    None = 0,
    Maint = 1 << 0, Flex = 1 << 1, Magnetic = 1 << 2, Overlap = 1 << 3, IgnoreJobs = 1 << 4,
    Hourly = 1 << 5, Daily = 1 << 6, Weekly = 1 << 7, Weekday = 1 << 8, Weekend = 1 << 9,
    Replace = 1 << 10, ReplaceDown = 1 << 11, AnyNodes = 1 << 12, StaticAlloc = 1 << 13, SpecNodes = 1 << 14, PartNodes = 1 << 15,
    PurgeComp = 1 << 16, NoHoldJobsAfterEnd = 1 << 17, TimeFloat = 1 << 18, FirstCores = 1 << 19,
    Recurring = Hourly | Daily | Weekly | Weekday | Weekend,
}

internal static class ReservationFlagNames
{
    private static readonly (string Name, ReservationFlags Flag)[] Names =
    [
        ("MAINT", ReservationFlags.Maint), ("FLEX", ReservationFlags.Flex), ("MAGNETIC", ReservationFlags.Magnetic),
        ("OVERLAP", ReservationFlags.Overlap), ("IGNORE_JOBS", ReservationFlags.IgnoreJobs), ("HOURLY", ReservationFlags.Hourly),
        ("DAILY", ReservationFlags.Daily), ("WEEKLY", ReservationFlags.Weekly), ("WEEKDAY", ReservationFlags.Weekday),
        ("WEEKEND", ReservationFlags.Weekend), ("REPLACE", ReservationFlags.Replace), ("REPLACE_DOWN", ReservationFlags.ReplaceDown),
        ("ANY_NODES", ReservationFlags.AnyNodes), ("LICENSE_ONLY", ReservationFlags.AnyNodes),
        ("STATIC_ALLOC", ReservationFlags.StaticAlloc), ("STATIC", ReservationFlags.StaticAlloc),
        ("SPEC_NODES", ReservationFlags.SpecNodes), ("PART_NODES", ReservationFlags.PartNodes),
        ("PURGE_COMP", ReservationFlags.PurgeComp), ("NO_HOLD_JOBS_AFTER_END", ReservationFlags.NoHoldJobsAfterEnd),
        ("NO_HOLD_JOBS_AFTER", ReservationFlags.NoHoldJobsAfterEnd), ("TIME_FLOAT", ReservationFlags.TimeFloat),
        ("FIRST_CORES", ReservationFlags.FirstCores),
    ];

    public static bool TryParse(string name, out ReservationFlags flag)
    {
        foreach (var (known, value) in Names)
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase)) { flag = value; return true; }
        flag = ReservationFlags.None;
        return false;
    }

    /// <summary>Names that are not known count for nothing: the record was checked before it was written.</summary>
    public static ReservationFlags Parse(IEnumerable<string> names)
    {
        var flags = ReservationFlags.None;
        foreach (var name in names)
            if (TryParse(name, out var flag)) flags |= flag;
        return flags;
    }

    public static IEnumerable<string> Print(ReservationFlags flags)
    {
        var printed = ReservationFlags.None;
        foreach (var (name, flag) in Names)
        {
            if ((flags & flag) == 0 || (printed & flag) != 0) continue;
            printed |= flag;
            yield return name;
        }
    }
}
