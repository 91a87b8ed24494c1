using System.Globalization;
using System.Text;
using Stint.Simulation.Replay;

namespace Stint.Simulation;

/// <summary>
/// Draws outcomes as SVG: above how much of the cluster was held, below how much was waited for, over the time of the trace.
/// </summary>
public static class Plot
{
    private const int Width = 960, PanelHeight = 200, Margin = 60, Points = 480;
    private static readonly string[] Colours = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e"];

    public static string Svg(IReadOnlyList<Outcome> outcomes)
    {
        var series = outcomes.Select(o => Series.Of(o.Result, Points)).ToList();
        var mostWaiting = Math.Max(1e-9, series.SelectMany(s => s.Waiting).DefaultIfEmpty().Max());
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" ");
        svg.Append(CultureInfo.InvariantCulture, $"width=\"{Width + 2 * Margin}\" height=\"{2 * PanelHeight + 3 * Margin}\" ");
        svg.AppendLine("font-family=\"sans-serif\" font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        Panel(svg, Margin, "share of the cluster held", "1.0");
        Panel(svg, 2 * Margin + PanelHeight, "waiting, in clusters", Text(mostWaiting));
        for (var i = 0; i < outcomes.Count; i++)
        {
            var colour = Colours[i % Colours.Length];
            Curve(svg, series[i].Held, 1, Margin, colour);
            Curve(svg, series[i].Waiting, mostWaiting, 2 * Margin + PanelHeight, colour);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin + i * 180}\" y=\"24\" fill=\"{colour}\">{outcomes[i].Policy}: ");
            svg.AppendLine(CultureInfo.InvariantCulture, $"slowdown {outcomes[i].Metrics.AverageBoundedSlowdown:F2}</text>");
        }
        return svg.AppendLine("</svg>").ToString();
    }

    private static void Panel(StringBuilder svg, int top, string title, string largest)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Margin}\" y=\"{top}\" ");
        svg.Append(CultureInfo.InvariantCulture, $"width=\"{Width}\" height=\"{PanelHeight}\" fill=\"none\" stroke=\"#999\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin}\" y=\"{top - 6}\">{title}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin - 4}\" y=\"{top + 10}\" text-anchor=\"end\">{largest}</text>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Margin - 4}\" y=\"{top + PanelHeight}\" text-anchor=\"end\">0</text>");
    }

    private static void Curve(StringBuilder svg, double[] values, double largest, int top, string colour)
    {
        svg.Append("<polyline fill=\"none\" stroke=\"").Append(colour).Append("\" points=\"");
        for (var i = 0; i < values.Length; i++)
        {
            var x = Margin + (i + 0.5) * Width / values.Length;
            svg.Append(Text(x)).Append(',').Append(Text(top + PanelHeight * (1 - values[i] / largest))).Append(' ');
        }
        svg.AppendLine("\"/>");
    }

    private static string Text(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
}
