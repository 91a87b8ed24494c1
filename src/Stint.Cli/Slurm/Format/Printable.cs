using System.Text;

namespace Stint.Cli.Slurm.Format;

/// <summary>Text of others (job names, comments, reasons) must not move the cursor or start a new line of somebody's terminal or parser.</summary>
public static class Printable
{
    public static void Append(StringBuilder line, ReadOnlySpan<char> text)
    {
        foreach (char c in text) line.Append(IsSafe(c) ? c : '?');
    }

    public static string Of(string text)
    {
        foreach (char c in text)
            if (!IsSafe(c))
                return string.Create(text.Length, text, static (span, from) => { for (int i = 0; i < span.Length; i++) span[i] = IsSafe(from[i]) ? from[i] : '?'; });
        return text;
    }

    /// <summary>Also false for marks that turn the direction of what follows.</summary>
    private static bool IsSafe(char c) => !char.IsControl(c) && c is not ((>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\u2028' or '\u2029');
}
