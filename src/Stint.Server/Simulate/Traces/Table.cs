namespace Stint.Server.Simulate.Traces;

/// <summary>Rows of a separated text with a header: columns by name. No quoting: none of the formats read here has it.</summary>
public sealed class Table(string header, char separator)
{
    private readonly string[] _names = header.Split(separator);

    /// <summary>The place of the first of these columns that is there, or -1.</summary>
    public int Column(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var at = Array.FindIndex(_names, n => string.Equals(n.Trim(), name, StringComparison.OrdinalIgnoreCase));
            if (at >= 0) return at;
        }
        return -1;
    }

    /// <summary>The place of a column that must be there.</summary>
    public int Required(params ReadOnlySpan<string> names)
    {
        var at = Column(names);
        if (at >= 0) return at;
        throw new FormatException($"no column {string.Join(" or ", names.ToArray())} in '{string.Join(separator, _names)}'");
    }

    public IEnumerable<string[]> Rows(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0) continue;
            var row = line.Split(separator);
            if (row.Length < _names.Length) throw new FormatException($"{row.Length} columns, {_names.Length} expected: '{line}'");
            yield return row;
        }
    }
}
