using System.Text;

namespace Stint.Cli.Slurm.Format;

/// <summary>A field with its place in a line, or literal text when <see cref="Field"/> is null.</summary>
/// <param name="Width">0: as long as the text.</param>
/// <param name="Suffix">Printed after it; for literal text, the text.</param>
public sealed record Column<TRow>(Field<TRow>? Field, int Width, bool Right, string Suffix)
{
    public const int MaxWidth = 4096;

    public void Append(StringBuilder line, TRow row)
    {
        if (Field is not null) Append(line, Field.Value(row), Field.WholeOnTheRight);
        line.Append(Suffix);
    }

    public void AppendHeading(StringBuilder line)
    {
        if (Field is not null) Append(line, Field.Heading, Field.WholeHeadingOnTheRight);
        line.Append(Suffix);
    }

    private void Append(StringBuilder line, string text, bool wholeOnTheRight)
    {
        var shown = text.AsSpan();
        if (Width > 0 && shown.Length > Width && !(Right && wholeOnTheRight)) shown = shown[..Width];
        int pad = Math.Max(0, Width - shown.Length);
        if (Right) line.Append(' ', pad);
        Printable.Append(line, shown);
        if (!Right) line.Append(' ', pad);
    }
}
