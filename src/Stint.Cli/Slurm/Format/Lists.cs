namespace Stint.Cli.Slurm.Format;

/// <summary>Comma lists as options take them.</summary>
public static class Lists
{
    public static List<string> Split(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>Commas inside brackets do not separate: <c>7_[1,3],12</c>.</summary>
    public static List<string> SplitOutsideBrackets(string text)
    {
        var items = new List<string>();
        int depth = 0, start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : ',';
            if (c == '[') depth++;
            else if (c == ']') depth--;
            if (i < text.Length && (c != ',' || depth > 0)) continue;
            if (text[start..i].Trim() is { Length: > 0 } item) items.Add(item);
            start = i + 1;
        }
        return items;
    }
}
