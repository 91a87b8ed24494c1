using System.Buffers;

namespace Stint.Cli.Resident;

/// <summary>The machine's clock in a caller's time zone.</summary>
internal sealed class CallerTime : TimeProvider
{
    private const int NameLengthMax = 64;
    private static readonly SearchValues<char> InNames = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");

    private CallerTime(TimeZoneInfo zone) => LocalTimeZone = zone;

    public override TimeZoneInfo LocalTimeZone { get; }

    /// <summary>
    /// Only plain names of the system's zones are looked up: TZ may also be a path, and the resident opens no path that a caller names.
    /// null: the caller's TZ needs a process of its own.
    /// </summary>
    public static CallerTime? For(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.ContainsKey("TZDIR")) return null;
        if (!environment.TryGetValue("TZ", out string? name)) return new CallerTime(TimeZoneInfo.Local);
        // Without a dot and a slash in front no name leads out of the system's folder of zones.
        if (name.Length is 0 or > NameLengthMax || name[0] == '/' || name.AsSpan().ContainsAnyExcept(InNames)) return null;
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? new CallerTime(zone) : null;
    }
}
