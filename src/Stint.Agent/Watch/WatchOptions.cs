using System.Globalization;

namespace Stint.Agent.Watch;

/// <summary>What a job that only waits for memory, CPUs or disks gets: nothing, an event, or its end.</summary>
internal enum StallAction { Off, Report, End }

/// <summary>What becomes of a user's processes that are in none of the user's jobs.</summary>
internal enum OutsideAction { Off, Report, Adopt }

/// <summary>How often the agent looks after what runs. Zero: never by itself (an order still does).</summary>
internal sealed record WatchOptions
{
    public TimeSpan AuditEvery { get; init; } = TimeSpan.FromSeconds(60);
    public TimeSpan SampleEvery { get; init; } = TimeSpan.FromSeconds(10);
    public StallAction Stall { get; init; } = StallAction.Off;
    /// <summary>A job stalls when for that long on end nearly all of its time was spent waiting (full pressure).</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(60);

    public OutsideAction Outside { get; init; } = OutsideAction.Report;

    /// <summary><c>--outside</c>. Throws <see cref="FormatException"/>.</summary>
    public static OutsideAction ParseOutside(string text) => text switch
    {
        "off" => OutsideAction.Off, "report" => OutsideAction.Report, "adopt" => OutsideAction.Adopt,
        _ => throw new FormatException($"--outside {text}: report, adopt or off"),
    };

    /// <summary><c>--stall 60:end</c>, <c>--stall 60:report</c>, <c>--stall off</c>. Throws <see cref="FormatException"/>.</summary>
    public static (StallAction Action, TimeSpan After) ParseStall(string text)
    {
        if (text == "off") return (StallAction.Off, TimeSpan.Zero);
        var parts = text.Split(':');
        if (parts.Length == 2 && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 86_400)
        {
            if (parts[1] == "end") return (StallAction.End, TimeSpan.FromSeconds(seconds));
            if (parts[1] == "report") return (StallAction.Report, TimeSpan.FromSeconds(seconds));
        }
        throw new FormatException($"--stall {text}: off, SECONDS:report or SECONDS:end, with 1 to 86400 seconds");
    }
}
