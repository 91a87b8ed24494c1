using System.Globalization;
using System.Text;

namespace Stint.Server.Features.Metrics;

/// <summary>Samples grouped under their metric, as the format asks for: HELP and TYPE once, then every line of it.</summary>
internal sealed class MetricText
{
    private readonly Dictionary<string, (string Type, string Help, StringBuilder Lines)> metrics = new(StringComparer.Ordinal);

    /// <param name="labels">Without braces; values hold no quotes, backslashes or line ends.</param>
    public void Add(string name, string type, string help, string labels, double value)
    {
        if (!metrics.TryGetValue(name, out var metric)) metrics.Add(name, metric = (type, help, new StringBuilder()));
        metric.Lines.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {value:R}\n");
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, (type, help, lines)) in metrics) text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n").Append(lines);
        return text.ToString();
    }
}
