using System.Text;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary>A record of <c>scontrol show</c>: the first line stands at the margin, the others are indented; with <c>-o</c> all are one line.</summary>
public sealed class RecordText
{
    private readonly List<(string Text, int Indent)> _lines = [];

    public RecordText Line(string text) { _lines.Add((text, _lines.Count == 0 ? 0 : 3)); return this; }
    public RecordText Inner(string text) { _lines.Add((text, 5)); return this; }

    public void Write(TextWriter output, bool oneLine)
    {
        var text = new StringBuilder();
        for (int i = 0; i < _lines.Count; i++)
        {
            if (i > 0) text.Append(oneLine ? " " : "\n");
            if (!oneLine) text.Append(' ', _lines[i].Indent);
            Printable.Append(text, _lines[i].Text);
        }
        output.Write(text.Append(oneLine ? "\n" : "\n\n"));
    }
}
