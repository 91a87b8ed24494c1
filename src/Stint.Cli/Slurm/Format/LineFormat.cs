using System.Text;

namespace Stint.Cli.Slurm.Format;

/// <summary>A line layout: what stands before the first column, and the columns.</summary>
public sealed record LineFormat<TRow>(string Prefix, IReadOnlyList<Column<TRow>> Columns)
{
    public void WriteHeading(TextWriter output)
    {
        var line = new StringBuilder(Prefix);
        foreach (var column in Columns) column.AppendHeading(line);
        output.Write(line.Append('\n'));
    }

    public void Write(TextWriter output, TRow row)
    {
        var line = new StringBuilder(Prefix);
        foreach (var column in Columns) column.Append(line, row);
        output.Write(line.Append('\n'));
    }

    public void Write(TextWriter output, IEnumerable<TRow> rows)
    {
        foreach (var row in rows) Write(output, row);
    }

    public IEnumerable<Field<TRow>> Fields() => Columns.Where(column => column.Field is not null).Select(column => column.Field!);
}
