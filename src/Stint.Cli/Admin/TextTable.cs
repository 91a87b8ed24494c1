using System.Text;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Admin;

internal readonly record struct Cell(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>
/// The one table of the stint verbs: columns as wide as their longest cell, two spaces between, the last not padded. A row may carry
/// a note that stands on lines of its own below it. Cells of others' text are made printable here.
/// </summary>
internal sealed class TextTable(params (string Heading, bool Right)[] columns)
{
    private readonly List<(Cell[] Cells, Cell[] Notes)> _rows = [];

    public bool IsEmpty => _rows.Count == 0;

    public void Add(params Cell[] cells) => AddWithNotes(cells, []);
    public void AddWithNotes(Cell[] cells, Cell[] notes) => _rows.Add((cells, notes));

    public int Width(int indent)
    {
        int[] widths = Widths();
        return indent + widths.Sum() + 2 * (widths.Length - 1);
    }

    public void Write(TextWriter output, Palette palette, int indent = 0)
    {
        int[] widths = Widths();
        Row(output, palette, indent, widths, [.. columns.Select(column => new Cell(column.Heading, Tone.Heading))]);
        foreach (var (cells, notes) in _rows)
        {
            Row(output, palette, indent, widths, cells);
            foreach (var note in notes) output.Write($"{new string(' ', indent + 2)}{palette.Paint(Printable.Of(note.Text), note.Tone)}\n");
        }
    }

    private int[] Widths()
    {
        var widths = new int[columns.Length];
        for (int i = 0; i < widths.Length; i++) widths[i] = columns[i].Heading.Length;
        foreach (var (cells, _) in _rows)
            for (int i = 0; i < cells.Length; i++) widths[i] = Math.Max(widths[i], cells[i].Text.Length);
        return widths;
    }

    private void Row(TextWriter output, Palette palette, int indent, int[] widths, Cell[] cells)
    {
        var line = new StringBuilder().Append(' ', indent);
        for (int i = 0; i < cells.Length; i++)
        {
            string text = Printable.Of(cells[i].Text);
            int pad = widths[i] - text.Length;
            if (columns[i].Right) line.Append(' ', pad);
            line.Append(palette.Paint(text, cells[i].Tone));
            if (i == cells.Length - 1) break;
            if (!columns[i].Right) line.Append(' ', pad);
            line.Append("  ");
        }
        output.Write(line.ToString().TrimEnd(' ') + "\n");
    }
}
