namespace Stint.Cli.Slurm.Format;

/// <summary><c>-O</c> of squeue and sinfo: <c>name[:[.][width][suffix]],…</c>; a column without width is 20 wide.</summary>
public static class NameFormat
{
    public const int DefaultWidth = 20;

    public static LineFormat<TRow> Parse<TRow>(string format, FieldTable<TRow> fields, Action<string> complain)
    {
        var columns = new List<Column<TRow>>();
        foreach (string token in format.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = token.IndexOf(':');
            string name = (colon < 0 ? token : token[..colon]).Trim();
            var (width, right, suffix) = colon < 0 ? (DefaultWidth, false, "") : Size(token.AsSpan(colon + 1));
            if (string.Equals(name, "all", StringComparison.OrdinalIgnoreCase))
                foreach (var each in fields.All.Where(field => field.Names.Length > 0)) columns.Add(new Column<TRow>(each, width, right, suffix));
            else if (fields.Find(name) is { } field) columns.Add(new Column<TRow>(field, width, right, suffix));
            else complain(name);
        }
        return new LineFormat<TRow>("", columns);
    }

    private static (int Width, bool Right, string Suffix) Size(ReadOnlySpan<char> text)
    {
        int at = 0;
        bool right = text.Length > 0 && text[0] == '.';
        if (right) at++;
        int width = 0;
        while (at < text.Length && char.IsAsciiDigit(text[at])) width = Math.Min(width * 10 + (text[at++] - '0'), Column<int>.MaxWidth);
        return (width, right, text[at..].ToString());
    }
}
