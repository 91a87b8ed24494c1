using Stint.Protocol.Slurm;

namespace Stint.Protocol.Tests.Slurm;

public class TimeTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone("t", TimeSpan.FromHours(2), "t", "t");
    /// <summary>Sunday 2026-11-22 10:30:00 in the zone.</summary>
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("5", "00:05:00")]
    [InlineData("5:30", "00:06:00")]
    [InlineData("1:2:3", "01:03:00")]
    [InlineData("1-0", "1-00:00:00")]
    [InlineData("1-0:0", "1-00:00:00")]
    [InlineData("1-2:3:4", "1-02:04:00")]
    [InlineData("1-30", "2-06:00:00")]
    [InlineData("1:99", "00:03:00")]
    [InlineData("UNLIMITED", "UNLIMITED")]
    [InlineData("infinite", "UNLIMITED")]
    [InlineData("-1", "UNLIMITED")]
    [InlineData("0", "UNLIMITED")]
    public void A_limit_is_read_and_printed_as_Slurm_does(string text, string expected)
    {
        Assert.True(SlurmDuration.TryParseLimit(text, out long ms, out string error), error);
        Assert.Equal(expected, SlurmDuration.FormatLimitFull(ms));
        Assert.Equal(0, ms % SlurmDuration.MinuteMs);
    }

    [Theory]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("1.5")]
    [InlineData("abc")]
    [InlineData("1-2:3:4:5")]
    [InlineData("1:2:3:4")]
    [InlineData("")]
    [InlineData(" 5")]
    [InlineData("5m")]
    [InlineData("-2")]
    [InlineData("1--2")]
    [InlineData("999999999999")]
    [InlineData("99999999999999999999")]
    public void A_limit_that_is_none_is_refused(string text)
    {
        Assert.False(SlurmDuration.TryParseLimit(text, out _, out string error));
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData(5_000, "0:05", "00:00:05")]
    [InlineData(300_000, "5:00", "00:05:00")]
    [InlineData(3_600_000, "1:00:00", "01:00:00")]
    [InlineData(172_800_000, "2-00:00:00", "2-00:00:00")]
    [InlineData(-5, "0:00", "00:00:00")]
    public void Elapsed_time_has_a_short_and_a_full_form(long ms, string shortForm, string full)
    {
        Assert.Equal(shortForm, SlurmDuration.Format(ms));
        Assert.Equal(full, SlurmDuration.FormatFull(ms));
    }

    [Theory]
    [InlineData("now", "2026-11-22T10:30:00")]
    [InlineData("now+1hour", "2026-11-22T11:30:00")]
    [InlineData("now+60", "2026-11-22T10:31:00")]
    [InlineData("now+5minutes", "2026-11-22T10:35:00")]
    [InlineData("now-3days", "2026-11-19T10:30:00")]
    [InlineData("today", "2026-11-22T00:00:00")]
    [InlineData("tomorrow", "2026-11-23T00:00:00")]
    [InlineData("16:00", "2026-11-22T16:00:00")]
    [InlineData("09:00", "2026-11-23T09:00:00")]
    [InlineData("9:15:30 PM", "2026-11-22T21:15:30")]
    [InlineData("12:00am", "2026-11-23T00:00:00")]
    [InlineData("noon", "2026-11-22T12:00:00")]
    [InlineData("midnight", "2026-11-23T00:00:00")]
    [InlineData("teatime", "2026-11-22T16:00:00")]
    [InlineData("tomorrow 08:00", "2026-11-23T08:00:00")]
    [InlineData("2030-01-02", "2030-01-02T00:00:00")]
    [InlineData("2030-01-02T03:04", "2030-01-02T03:04:00")]
    [InlineData("2030-01-02T03:04:05", "2030-01-02T03:04:05")]
    [InlineData("010230", "2030-01-02T00:00:00")]
    [InlineData("01/02/30", "2030-01-02T00:00:00")]
    [InlineData("uts1795336200", "2026-11-22T10:30:00")]
    public void A_date_is_read_in_the_zone_of_the_caller(string text, string expected)
    {
        Assert.True(SlurmDate.TryParse(text, Now, Zone, past: false, out var instant, out string error), error);
        Assert.Equal(expected, SlurmDate.Format(instant.ToUnixTimeMilliseconds(), Zone));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("now+1fortnight")]
    [InlineData("now+")]
    [InlineData("now1hour")]
    [InlineData("25:00")]
    [InlineData("4pm")]
    [InlineData("2030-13-01")]
    [InlineData("0230")]
    [InlineData("")]
    public void A_date_that_is_none_is_refused(string text) => Assert.False(SlurmDate.TryParse(text, Now, Zone, past: false, out _, out _));

    [Fact]
    public void A_time_of_day_stays_today_when_the_past_is_asked_for()
    {
        Assert.True(SlurmDate.TryParse("09:00", Now, Zone, past: true, out var instant, out _));
        Assert.Equal("2026-11-22T09:00:00", SlurmDate.Format(instant.ToUnixTimeMilliseconds(), Zone));
    }

    [Fact]
    public void No_time_is_Unknown() => Assert.Equal("Unknown", SlurmDate.Format(0, Zone));
}
