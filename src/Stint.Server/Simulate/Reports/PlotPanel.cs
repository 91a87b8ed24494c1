using System.Globalization;
using System.Text;

namespace Stint.Server.Simulate.Reports;

/// <summary>One rectangle with axes, a grid and curves.</summary>
internal sealed class PlotPanel(string title, int left, int top, int width, int height, Axis across, Axis up)
{
    private readonly StringBuilder curves = new();

    public void Curve(IEnumerable<(double X, double Y)> points, (string Colour, string Dash) style)
    {
        curves.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{style.Colour}\" stroke-width=\"1.6\" stroke-linejoin=\"round\"{Dashes(style.Dash)} points=\"");
        foreach (var (x, y) in points) curves.Append(Number(X(x))).Append(',').Append(Number(Y(y))).Append(' ');
        curves.AppendLine("\"/>");
    }

    public void Write(StringBuilder svg)
    {
        svg.Append("<g>").Append(CultureInfo.InvariantCulture, $"<text x=\"{left}\" y=\"{top - 8}\" font-weight=\"bold\">{Escape(title)}</text>").AppendLine();
        foreach (var (value, text) in up.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{left}\" y1=\"{Number(Y(value))}\" x2=\"{left + width}\" y2=\"{Number(Y(value))}\" stroke=\"#e4e4e4\"/>");
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{left - 6}\" y=\"{Number(Y(value) + 4)}\" text-anchor=\"end\" fill=\"#555\">{Escape(text)}</text>");
        }
        foreach (var (value, text) in across.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Number(X(value))}\" y1=\"{top}\" x2=\"{Number(X(value))}\" y2=\"{top + height}\" stroke=\"#e4e4e4\"/>");
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Number(X(value))}\" y=\"{top + height + 16}\" text-anchor=\"middle\" fill=\"#555\">{Escape(text)}</text>");
        }
        if (across.Title.Length > 0)
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{left + width}\" y=\"{top + height + 32}\" text-anchor=\"end\" fill=\"#555\">{Escape(across.Title)}</text>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"#999\"/>");
        svg.Append(curves).AppendLine("</g>");
    }

    public static string Dashes(string dash) => dash.Length == 0 ? "" : $" stroke-dasharray=\"{dash}\"";

    /// <summary>Text for XML; what XML cannot hold at all becomes a question mark.</summary>
    public static string Escape(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var c in text)
            safe.Append(c switch
            {
                '<' => "&lt;", '>' => "&gt;", '&' => "&amp;", '"' => "&quot;",
                < ' ' or '\uFFFE' or '\uFFFF' => "?",
                _ when char.IsSurrogate(c) => "?",
                _ => c.ToString(),
            });
        return safe.ToString();
    }

    private double X(double value) => left + width * across.Place(value);

    private double Y(double value) => top + height * (1 - up.Place(value));

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
}
