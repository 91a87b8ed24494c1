using System.Text;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Admin;

/// <summary>A labelled paragraph, wrapped at the caller's width: <c>  cause   The step …</c>.</summary>
internal static class Prose
{
    private const int LabelWidth = 6;
    private const int WidthMin = 40;
    private const char NoBreak = '\u00a0';

    public static void Write(TextWriter output, Palette palette, int columns, string label, string text, Tone tone = Tone.Plain)
    {
        if (text.Length == 0) return;
        int room = Math.Max(WidthMin, columns - LabelWidth - 4);
        bool first = true;
        foreach (string line in Wrap(Printable.Of(text), room))
        {
            output.Write($"  {palette.Paint((first ? label : "").PadRight(LabelWidth), Tone.Quiet)}  {palette.Paint(line, tone)}\n");
            first = false;
        }
    }

    /// <summary>A command inside a sentence, which must not be broken: it is there to be copied.</summary>
    public static string Command(string text) => text.Replace(' ', NoBreak);

    /// <summary>Breaks at blanks; a word that is longer than the room stays whole.</summary>
    public static IEnumerable<string> Wrap(string text, int room)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > room)
            {
                yield return line.ToString();
                line.Clear();
            }
            if (line.Length > 0) line.Append(' ');
            line.Append(word.Replace(NoBreak, ' '));
        }
        if (line.Length > 0) yield return line.ToString();
    }
}
