using System.Globalization;
using System.Text;
using Stint.Server.Simulate.Replay;

namespace Stint.Server.Simulate.Reports;

/// <summary>
/// Draws outcomes as one SVG: how much of the cluster was held and how much was waited for over the time of the trace, and how waits and
/// slowdowns are distributed; a curve for each policy in each panel.
/// </summary>
public static class PlotReport
{
    private const int Width = 1080, Left = 70, Gap = 60, Slots = 240;
    private const double SecondMs = 1000, HourS = 3600, DayMs = 86_400_000;

    /// <summary>Told apart also by readers who do not see all colours (Okabe, Ito), and by their dashes in print.</summary>
    private static readonly (string Colour, string Dash)[] Styles =
        [("#0072b2", ""), ("#d55e00", "7 3"), ("#009e73", "2 3"), ("#cc79a7", "9 3 2 3"), ("#e69f00", "4 2"), ("#56b4e9", "1 2")];

    private static readonly (double Value, string Text)[] Waits =
        [(1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (HourS, "1 h"), (24 * HourS, "1 d"), (240 * HourS, "10 d"), (2400 * HourS, "100 d")];

    private static readonly (double Value, string Text)[] Slowdowns =
        [(1, "1"), (10, "10"), (100, "100"), (1e3, "1000"), (1e4, "10⁴"), (1e5, "10⁵"), (1e6, "10⁶")];

    public static string Svg(string title, IReadOnlyList<Outcome> outcomes)
    {
        var series = outcomes.Select(o => Series.Of(o.Result, Slots)).ToList();
        var what = series.Exists(s => s.OfGpus) ? "GPUs" : "processors";
        var firstMs = series.Min(s => s.FirstMs);
        var days = Math.Max(1e-9, (series.Max(s => s.LastMs) - firstMs) / DayMs);
        var time = Axis.Linear(0, days, "days since the first submission");
        var half = (Width - 2 * Left - Gap) / 2;
        var held = new PlotPanel($"share of the {what} held", Left, 96, Width - 2 * Left, 170, time, Axis.Linear(0, 1, ""));
        var waiting = new PlotPanel($"queue: {what} waited for, as a multiple of the cluster", Left, 330, Width - 2 * Left, 170, time,
            Axis.Linear(0, Math.Max(0.01, series.Max(s => s.Waiting.DefaultIfEmpty().Max())), ""));
        var waits = Distribution("share of jobs that waited at most …", Left, half, outcomes, WaitS, Axis.Log(Waits, MostOf(outcomes, WaitS)));
        var slowdowns = Distribution("share of jobs with a bounded slowdown of at most …", Left + half + Gap, half, outcomes, SlowdownOf,
            Axis.Log(Slowdowns, MostOf(outcomes, SlowdownOf)));
        for (var i = 0; i < outcomes.Count; i++)
        {
            held.Curve(OverTime(series[i], series[i].Held, firstMs), Styles[i % Styles.Length]);
            waiting.Curve(OverTime(series[i], series[i].Waiting, firstMs), Styles[i % Styles.Length]);
        }
        var svg = Head(title, outcomes);
        foreach (var panel in (PlotPanel[])[held, waiting, waits, slowdowns]) panel.Write(svg);
        return svg.AppendLine("</svg>").ToString();
    }

    private static StringBuilder Head(string title, IReadOnlyList<Outcome> outcomes)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} 800\" width=\"{Width}\" height=\"800\" ");
        svg.AppendLine("role=\"img\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">");
        svg.Append("<title>").Append(PlotPanel.Escape(title)).AppendLine("</title><rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"26\" font-size=\"16\" font-weight=\"bold\">{PlotPanel.Escape(title)}</text>").AppendLine();
        var column = Math.Min(280, (Width - 2 * Left) / Math.Max(1, outcomes.Count));
        for (var i = 0; i < outcomes.Count; i++)
        {
            var (colour, dash) = Styles[i % Styles.Length];
            var x = Left + i * column;
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x}\" y1=\"46\" x2=\"{x + 28}\" y2=\"46\" stroke=\"{colour}\" stroke-width=\"2.5\"{PlotPanel.Dashes(dash)}/>");
            var m = outcomes[i].Metrics;
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 34}\" y=\"50\" font-weight=\"bold\">{PlotPanel.Escape(outcomes[i].Policy)}</text>");
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{x + 34}\" y=\"65\" fill=\"#555\">slowdown {m.AverageBoundedSlowdown:0.##}, wait {m.AverageWaitS:0} s</text>");
        }
        return svg;
    }

    private static PlotPanel Distribution(string title, int left, int width, IReadOnlyList<Outcome> outcomes, Func<Outcome, IEnumerable<double>> values, Axis axis)
    {
        var panel = new PlotPanel(title, left, 570, width, 170, axis, Axis.Linear(0, 1, ""));
        for (var i = 0; i < outcomes.Count; i++)
        {
            var sorted = values(outcomes[i]).Order().ToArray();
            if (sorted.Length > 0) panel.Curve(Cumulative(sorted, axis), Styles[i % Styles.Length]);
        }
        return panel;
    }

    /// <summary>At most two hundred points: the share of values that are no larger than each.</summary>
    private static IEnumerable<(double X, double Y)> Cumulative(double[] sorted, Axis axis)
    {
        const int points = 200;
        for (var i = 0; i <= points; i++)
        {
            var x = axis.At((double)i / points);
            var at = Array.BinarySearch(sorted, x);
            var below = at < 0 ? ~at : at;
            while (below < sorted.Length && sorted[below] <= x) below++;
            yield return (x, (double)below / sorted.Length);
        }
    }

    private static IEnumerable<(double X, double Y)> OverTime(Series series, double[] values, long firstMs)
    {
        var (from, slot) = ((series.FirstMs - firstMs) / DayMs, (series.LastMs - series.FirstMs) / DayMs / Math.Max(1, values.Length));
        for (var i = 0; i < values.Length; i++) yield return (from + (i + 0.5) * slot, values[i]);
    }

    private static double MostOf(IReadOnlyList<Outcome> outcomes, Func<Outcome, IEnumerable<double>> values) =>
        outcomes.Max(o => values(o).DefaultIfEmpty(1).Max());

    private static IEnumerable<double> WaitS(Outcome outcome) => outcome.Result.Started.Select(s => (s.Start - s.Job.Submitted).TotalSeconds);

    private static IEnumerable<double> SlowdownOf(Outcome outcome) => outcome.Result.Started.Select(s =>
        Metrics.BoundedSlowdown((s.Start - s.Job.Submitted).TotalSeconds, s.Job.RunMs / SecondMs));
}
