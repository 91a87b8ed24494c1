namespace Stint.Cli.Tests;

/// <summary>A clock that stands still, in a zone of its own.</summary>
public sealed class FixedTime(DateTimeOffset now, TimeZoneInfo? zone = null) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
    public override TimeZoneInfo LocalTimeZone => zone ?? TimeZoneInfo.Utc;
}
