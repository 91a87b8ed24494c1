using System.Globalization;
using System.Text;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Slurm.Sacct;

/// <summary>Columns of <c>sacct</c>: fixed widths with a + where text was cut, or a separator (<c>-p</c>, <c>-P</c>).</summary>
internal sealed class HistoryTable
{
    private readonly List<(HistoryField Field, int Width)> _columns = [];
    private readonly string? _delimiter;
    private readonly bool _delimiterAtEnd;

    private HistoryTable(string? delimiter, bool atEnd) => (_delimiter, _delimiterAtEnd) = (delimiter, atEnd);

    public bool Prints(string field) => _columns.Exists(column => column.Field.Name == field);

    /// <param name="format"><c>JobID%20,State%-30,Elapsed</c> or <c>ALL</c>.</param>
    /// <param name="delimiter">null: fixed widths.</param>
    public static bool TryCreate(string format, string? delimiter, bool delimiterAtEnd, out HistoryTable table, out string error)
    {
        table = new HistoryTable(delimiter, delimiterAtEnd);
        error = "";
        foreach (string item in Lists.Split(format))
        {
            int percent = item.IndexOf('%');
            string name = percent < 0 ? item : item[..percent];
            if (name.Equals("all", StringComparison.OrdinalIgnoreCase))
            {
                table._columns.AddRange(HistoryFields.All.Select(one => (one, one.Width)));
                continue;
            }
            if (HistoryFields.Find(name) is not { } field)
            {
                error = $"Invalid field requested: \"{Printable.Of(name)}\"";
                return false;
            }
            int width = field.Width;
            if (percent >= 0 && int.TryParse(item.AsSpan(percent + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int asked) && asked != 0) width = Math.Clamp(asked, -4096, 4096);
            table._columns.Add((field, width));
        }
        if (table._columns.Count > 0) return true;
        error = "No fields requested";
        return false;
    }

    public void WriteHeading(TextWriter output)
    {
        Write(output, column => column.Field.Name);
        if (_delimiter is null) Write(output, column => new string('-', Math.Abs(column.Width)));
    }

    public void Write(TextWriter output, HistoryRow row) => Write(output, column => column.Field.Value(row));

    private void Write(TextWriter output, Func<(HistoryField Field, int Width), string> text)
    {
        var line = new StringBuilder();
        for (int i = 0; i < _columns.Count; i++)
        {
            string value = text(_columns[i]);
            if (_delimiter is null)
            {
                Pad(line, value, _columns[i].Width);
                line.Append(' ');
                continue;
            }
            Printable.Append(line, value);
            if (i < _columns.Count - 1 || _delimiterAtEnd) line.Append(_delimiter);
        }
        output.Write(line.Append('\n'));
    }

    private static void Pad(StringBuilder line, string text, int width)
    {
        int columns = Math.Abs(width);
        int pad = Math.Max(0, columns - text.Length);
        if (width > 0) line.Append(' ', pad);
        if (text.Length > columns)
        {
            Printable.Append(line, text.AsSpan(0, columns - 1));
            line.Append('+');
        }
        else Printable.Append(line, text);
        if (width < 0) line.Append(' ', pad);
    }
}
