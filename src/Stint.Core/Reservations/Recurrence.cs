namespace Stint.Core.Reservations;

/// <summary>When a recurring reservation comes again. Days are days of UTC: the core knows no time zone.</summary>
internal static class Recurrence
{
    private const long HourMs = 3_600_000, DayMs = 24 * HourMs, WeekMs = 7 * DayMs;

    /// <summary>From one start to the next.</summary>
    public static long Next(long startMs, ReservationFlags flags) => startMs + StepAfter(startMs, flags);

    private static long StepAfter(long startMs, ReservationFlags flags)
    {
        if ((flags & ReservationFlags.Hourly) != 0) return HourMs;
        if ((flags & ReservationFlags.Daily) != 0) return DayMs;
        if ((flags & ReservationFlags.Weekly) != 0) return WeekMs;
        var day = DayOfWeek(startMs);
        if ((flags & ReservationFlags.Weekday) != 0) return day switch { 5 => 3 * DayMs, 6 => 2 * DayMs, _ => DayMs };
        return day switch { 0 => 6 * DayMs, 6 => DayMs, _ => (6 - day) * DayMs };       // Weekend
    }

    /// <summary>0 is Sunday; the first of January 1970 was a Thursday.</summary>
    private static int DayOfWeek(long ms) => (int)((ms / DayMs + 4) % 7);

    /// <summary>The first occurrence, at or after the given one, that ends after a moment.</summary>
    public static long FirstEndingAfter(long startMs, long durationMs, long momentMs, ReservationFlags flags)
    {
        // Every pattern repeats after a week: whole weeks are skipped at once.
        var behind = momentMs - durationMs - startMs;
        if (behind > WeekMs) startMs += behind / WeekMs * WeekMs;
        while (startMs + durationMs <= momentMs) startMs = Next(startMs, flags);
        return startMs;
    }
}
