using System.Globalization;

namespace Stint.Server.Simulate.Reports;

/// <summary>Values along one side of a panel, and where its ticks are.</summary>
internal sealed class Axis
{
    private readonly double low, high;
    private readonly bool isLog;

    private Axis(double low, double high, bool isLog, IReadOnlyList<(double, string)> ticks, string title)
    {
        (this.low, this.high, this.isLog, Ticks, Title) = (low, high, isLog, ticks, title);
    }

    public IReadOnlyList<(double Value, string Text)> Ticks { get; }
    public string Title { get; }

    /// <summary>About five ticks at 1, 2 or 5 times a power of ten.</summary>
    public static Axis Linear(double low, double high, string title)
    {
        var rough = (high - low) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
        var ticks = new List<(double, string)>();
        for (var value = Math.Ceiling(low / step) * step; value <= high * (1 + 1e-9); value += step)
            ticks.Add((value, value.ToString("0.####", CultureInfo.InvariantCulture)));
        return new Axis(low, high, false, ticks, title);
    }

    /// <summary>From the first mark to the first that is not below the largest value; smaller values lie on the left edge.</summary>
    public static Axis Log(IReadOnlyList<(double Value, string Text)> marks, double largest)
    {
        var ticks = new List<(double, string)>();
        foreach (var mark in marks)
        {
            ticks.Add(mark);
            if (ticks.Count > 1 && mark.Value >= largest) break;
        }
        return new Axis(ticks[0].Item1, ticks[^1].Item1, true, ticks, "");
    }

    /// <summary>0 at the low end, 1 at the high end; values beyond them lie on the edge.</summary>
    public double Place(double value)
    {
        var place = isLog ? Math.Log(Math.Max(value, low) / low) / Math.Log(high / low) : (value - low) / (high - low);
        return Math.Clamp(place, 0, 1);
    }

    /// <summary>The value at a place from 0 to 1.</summary>
    public double At(double place) => isLog ? low * Math.Pow(high / low, place) : low + place * (high - low);
}
