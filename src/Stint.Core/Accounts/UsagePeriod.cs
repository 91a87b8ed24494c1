namespace Stint.Core.Accounts;

/// <summary>After which usage starts from nothing (PriorityUsageResetPeriod). Boundaries are at midnight UTC: Core knows no time zone.</summary>
internal enum UsagePeriod { None, Daily, Weekly, Monthly, Quarterly, Yearly }

internal static class UsagePeriods
{
    private const long DayMs = 86_400_000;

    /// <summary>Empty and NONE are none; NOW is none as well, it acts once when it is configured. Null: no such period.</summary>
    public static UsagePeriod? Parse(string text) => text.ToUpperInvariant() switch
    {
        "" or "NONE" or "NOW" => UsagePeriod.None,
        "DAILY" => UsagePeriod.Daily,
        "WEEKLY" => UsagePeriod.Weekly,
        "MONTHLY" => UsagePeriod.Monthly,
        "QUARTERLY" => UsagePeriod.Quarterly,
        "YEARLY" => UsagePeriod.Yearly,
        _ => null,
    };

    /// <summary>The last boundary at or before that moment; not set: there is none.</summary>
    public static Instant LastBoundary(this UsagePeriod period, Instant now)
    {
        if (period == UsagePeriod.None) return Instant.Never;
        var day = Math.DivRem(now.Milliseconds, DayMs, out var rest) - (rest < 0 ? 1 : 0);
        var (year, month, dayOfMonth) = Civil(day);
        return new Instant(DayMs * period switch
        {
            UsagePeriod.Daily => day,
            UsagePeriod.Weekly => day - (day + 4) % 7,             // day 0 was a Thursday; weeks begin on Sunday, as Slurm's
            UsagePeriod.Monthly => day - (dayOfMonth - 1),
            UsagePeriod.Quarterly => Days(year, (month - 1) / 3 * 3 + 1),
            _ => Days(year, 1),
        });
    }

    /// <summary>The first boundary after that moment; not set: there is none.</summary>
    public static Instant NextBoundary(this UsagePeriod period, Instant now)
    {
        if (period == UsagePeriod.None) return Instant.Never;
        // One day more than the longest such period has lands in the next one.
        var days = period switch { UsagePeriod.Daily => 1, UsagePeriod.Weekly => 7, UsagePeriod.Monthly => 32, UsagePeriod.Quarterly => 93, _ => 367 };
        return period.LastBoundary(new Instant(period.LastBoundary(now).Milliseconds + days * DayMs));
    }

    /// <summary>Day number since 1970 → proleptic Gregorian date (years counted from March, in eras of 400).</summary>
    private static (long Year, int Month, int Day) Civil(long day)
    {
        day += 719_468;
        var era = day / 146_097;
        var dayOfEra = day - era * 146_097;
        var yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        var dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        var shifted = (5 * dayOfYear + 2) / 153;
        var month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, (int)(dayOfYear - (153 * shifted + 2) / 5 + 1));
    }

    /// <summary>Day number of the first of that month.</summary>
    private static long Days(long year, int month)
    {
        if (month <= 2) year--;
        var era = year / 400;
        var yearOfEra = year - era * 400;
        var dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
    }
}
