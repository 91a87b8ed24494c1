namespace Stint.Cli.Slurm.Format;

/// <summary>
/// <c>-o</c> of squeue and sinfo: <c>%[[.]width]letter[suffix]</c>. As Slurm reads it: what stands before the first % is printed before
/// each line, runs of % count as one, and a letter it does not know is complained of and printed as it stands.
/// </summary>
public static class PercentFormat
{
    public static LineFormat<TRow> Parse<TRow>(string format, FieldTable<TRow> fields, Action<char> complain, string allSuffixOfCapitals = "|", bool allEndsWithSuffix = false)
    {
        var columns = new List<Column<TRow>>();
        int first = format.IndexOf('%');
        if (first < 0) return new LineFormat<TRow>(format, columns);
        foreach (string token in format[first..].Split('%', StringSplitOptions.RemoveEmptyEntries))
        {
            if (token.StartsWith("all", StringComparison.Ordinal)) AddAll(columns, fields, token[3..], allSuffixOfCapitals, allEndsWithSuffix);
            else columns.Add(ParseOne(token, fields, complain));
        }
        return new LineFormat<TRow>(format[..first], columns);
    }

    private static Column<TRow> ParseOne<TRow>(string token, FieldTable<TRow> fields, Action<char> complain)
    {
        int at = 0;
        bool right = token[0] == '.';
        if (right) at++;
        int width = 0;
        while (at < token.Length && char.IsAsciiDigit(token[at])) width = Math.Min(width * 10 + (token[at++] - '0'), Column<TRow>.MaxWidth);
        char letter = at < token.Length ? token[at] : '\0';
        if (fields.Find(letter) is { } field) return new Column<TRow>(field, width, right, token[(at + 1)..]);
        complain(letter == '\0' ? '%' : letter);
        return new Column<TRow>(null, 0, false, "%" + token);
    }

    /// <summary><c>%all</c>: every letter, a to z and then A to Z, with bars between.</summary>
    private static void AddAll<TRow>(List<Column<TRow>> columns, FieldTable<TRow> fields, string suffix, string suffixOfCapitals, bool endsWithSuffix)
    {
        int start = columns.Count;
        for (char c = 'a'; c <= 'z'; c++) if (fields.Find(c) is { } field) columns.Add(new Column<TRow>(field, 0, false, "|"));
        for (char c = 'A'; c <= 'Z'; c++) if (fields.Find(c) is { } field) columns.Add(new Column<TRow>(field, 0, false, suffixOfCapitals));
        if (columns.Count > start) columns[^1] = columns[^1] with { Suffix = (endsWithSuffix ? " " : "") + suffix };
    }
}
