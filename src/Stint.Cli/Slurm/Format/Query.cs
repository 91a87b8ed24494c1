using System.Text;

namespace Stint.Cli.Slurm.Format;

/// <summary>Path and query of a request; values are escaped, empty ones left out.</summary>
public sealed class Query(string path)
{
    private readonly StringBuilder _text = new(path);
    private bool _any;

    public Query Add(string name, string? value)
    {
        if (string.IsNullOrEmpty(value)) return this;
        _text.Append(_any ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _any = true;
        return this;
    }

    public Query Add(string name, IReadOnlyCollection<string>? values) => values is { Count: > 0 } ? Add(name, string.Join(',', values)) : this;
    public override string ToString() => _text.ToString();
}
