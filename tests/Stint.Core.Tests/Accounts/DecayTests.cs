using Stint.Core.Accounts;

namespace Stint.Core.Tests.Accounts;

public sealed class DecayTests
{
    private static readonly Instant Start = new(1_700_000_000_000);

    [Theory]
    [InlineData(3600), InlineData(86_400), InlineData(604_800)]
    public void Usage_is_the_integral_of_the_rate_fading(int halfLifeSeconds)
    {
        var decay = new Decay(halfLifeSeconds * 1000L, UsagePeriod.None);
        var usage = new DecayedUsage();
        // Jobs come and go at odd moments: (seconds from the start, cpus, +1 or -1).
        (int At, int Cpus, int Sign)[] changes = [(0, 3, 1), (500, 8, 1), (1_700, 3, -1), (9_001, 2, 1), (20_000, 8, -1), (33_333, 2, -1)];
        foreach (var (at, cpus, sign) in changes)
        {
            usage.Settle(Start + TimeSpan.FromSeconds(at), decay);
            usage.Charge(JobTres.Counted((TresTable.Cpu, cpus)), 1_000_000, sign);
        }
        const int end = 40_000;
        double integral = 0, wall = 0;
        for (var t = 0; t < end * 4; t++)
        {
            var middle = (t + 0.5) / 4;
            var left = Math.Pow(2, -(end - middle) / halfLifeSeconds) / 4;
            integral += left * changes.Where(c => c.At <= middle).Sum(c => c.Cpus * c.Sign);
            wall += left * changes.Where(c => c.At <= middle).Sum(c => c.Sign);
        }
        Assert.Equal(integral, usage.TresSeconds(TresTable.Cpu, Start + TimeSpan.FromSeconds(end), decay), integral * 1e-6);
        Assert.Equal(wall, usage.WallSeconds(Start + TimeSpan.FromSeconds(end), decay), wall * 1e-6);
    }

    [Fact]
    public void What_is_read_does_not_depend_on_who_looked_before()
    {
        var decay = new Decay(86_400_000, UsagePeriod.None);
        var (often, seldom) = (new DecayedUsage(), new DecayedUsage());
        foreach (var usage in new[] { often, seldom })
        {
            usage.Settle(Start, decay);
            usage.Charge(JobTres.Counted((TresTable.Cpu, 7)), 1_000_000, 1);
        }
        for (var i = 1; i <= 1000; i++) often.Settle(Start + TimeSpan.FromSeconds(i * 60), decay);
        var now = Start + TimeSpan.FromSeconds(60_000);
        var expected = seldom.TresSeconds(TresTable.Cpu, now, decay);
        Assert.Equal(expected, often.TresSeconds(TresTable.Cpu, now, decay), expected * 1e-9);
    }

    [Fact]
    public void After_one_half_life_half_is_left()
    {
        var decay = new Decay(604_800_000, UsagePeriod.None);
        Assert.Equal(0.5, decay.Left(604_800_000), 1e-12);
        // The series near 0 meets the closed form.
        Assert.Equal(decay.Grown(87_000) / 87, decay.Grown(88_000) / 88, 1e-6);
    }

    [Fact]
    public void Periods_begin_at_midnight_utc_on_sunday_on_the_first_of_month_quarter_and_year()
    {
        for (var day = 0; day < 40_000; day += 13)
        {
            var date = DateTime.UnixEpoch.AddDays(day).AddHours(day % 24);
            var now = new Instant(new DateTimeOffset(date, TimeSpan.Zero).ToUnixTimeMilliseconds());
            long Ms(DateTime moment) => new DateTimeOffset(moment, TimeSpan.Zero).ToUnixTimeMilliseconds();
            var (month, quarter) = (new DateTime(date.Year, date.Month, 1), new DateTime(date.Year, (date.Month - 1) / 3 * 3 + 1, 1));
            var week = date.Date.AddDays(-(int)date.DayOfWeek);
            Assert.Equal(Ms(date.Date), UsagePeriod.Daily.LastBoundary(now).Milliseconds);
            Assert.Equal(Ms(month), UsagePeriod.Monthly.LastBoundary(now).Milliseconds);
            Assert.Equal(Ms(quarter), UsagePeriod.Quarterly.LastBoundary(now).Milliseconds);
            Assert.Equal(Ms(new DateTime(date.Year, 1, 1)), UsagePeriod.Yearly.LastBoundary(now).Milliseconds);
            Assert.Equal(Ms(week), UsagePeriod.Weekly.LastBoundary(now).Milliseconds);
            Assert.Equal(Ms(date.Date.AddDays(1)), UsagePeriod.Daily.NextBoundary(now).Milliseconds);
            Assert.Equal(Ms(week.AddDays(7)), UsagePeriod.Weekly.NextBoundary(now).Milliseconds);
            Assert.Equal(Ms(month.AddMonths(1)), UsagePeriod.Monthly.NextBoundary(now).Milliseconds);
            Assert.Equal(Ms(quarter.AddMonths(3)), UsagePeriod.Quarterly.NextBoundary(now).Milliseconds);
            Assert.Equal(Ms(new DateTime(date.Year + 1, 1, 1)), UsagePeriod.Yearly.NextBoundary(now).Milliseconds);
        }
    }
}
