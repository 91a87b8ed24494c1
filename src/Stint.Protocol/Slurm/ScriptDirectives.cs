using System.Text;

namespace Stint.Protocol.Slurm;

/// <summary>A <c>#SBATCH</c> line: its options as words, and the line's number for messages.</summary>
public sealed record ScriptDirective(int Line, IReadOnlyList<string> Words)
{
    /// <summary><c>#SBATCH hetjob</c>: what follows is the next component of a heterogeneous job.</summary>
    public bool BeginsComponent => Words.Count > 0 && Words[0] is "hetjob" or "packjob";
}

/// <summary>
/// Options inside a batch script. As Slurm reads them: lines that start with exactly <c>#SBATCH</c>, only before the first line that is
/// neither blank nor a comment; words split at blanks; <c>'…'</c> and <c>"…"</c> keep blanks; a backslash takes the next character as it is;
/// a word that starts with <c>#</c> ends the line.
/// </summary>
public static class ScriptDirectives
{
    /// <summary>max_script_size of Slurm's SchedulerParameters.</summary>
    public const int MaxScriptBytes = 4 << 20;
    private const int MaxLineBytes = 65536;
    private const int MaxDirectives = 4096;

    private static ReadOnlySpan<byte> Marker => "#SBATCH"u8;

    /// <param name="error">Slurm's lines without the <c>sbatch: error: </c> prefix, separated by line breaks.</param>
    public static bool TryParse(ReadOnlySpan<byte> script, out List<ScriptDirective> directives, out string error)
    {
        directives = [];
        if (!TryValidate(script, out error)) return false;
        for (int number = 1; script.Length > 0; number++)
        {
            int end = script.IndexOf((byte)'\n');
            var line = end < 0 ? script : script[..end];
            script = end < 0 ? default : script[(end + 1)..];
            var trimmed = TrimBlanks(line);
            if (trimmed.Length == 0) continue;
            if (trimmed[0] != (byte)'#') break;
            if (!line.StartsWith(Marker)) continue;
            if (!ParseLine(line[Marker.Length..], number, directives, out error)) return false;
        }
        return true;
    }

    /// <summary>Size, the first line, NUL bytes and DOS line breaks.</summary>
    public static bool TryValidate(ReadOnlySpan<byte> script, out string error)
    {
        bool blank = TrimBlanks(script, andLineBreaks: true).Length == 0;
        int lineEnd = script.IndexOf((byte)'\n');
        error = script.Length == 0 ? "Batch script is empty!"
            : blank ? "Batch script contains only whitespace!"
            : script.Length > MaxScriptBytes ? $"Batch script is {script.Length} bytes, over the limit of {MaxScriptBytes}"
            : !script.StartsWith("#!"u8) ? "This does not look like a batch script.  The first\nline must start with #! followed by the path to an interpreter.\nFor instance: #!/bin/sh"
            : script.IndexOf((byte)0) >= 0 ? "The SLURM controller does not allow scripts that\ncontain a NULL character '\\0'."
            : lineEnd > 0 && script[lineEnd - 1] == (byte)'\r' ? "Batch script contains DOS line breaks (\\r\\n)\ninstead of expected UNIX line breaks (\\n)."
            : "";
        return error.Length == 0;
    }

    private static ReadOnlySpan<byte> TrimBlanks(ReadOnlySpan<byte> text, bool andLineBreaks = false)
    {
        int start = 0;
        while (start < text.Length && (text[start] is (byte)' ' or (byte)'\t' || andLineBreaks && text[start] is (byte)'\n' or (byte)'\r')) start++;
        return text[start..];
    }

    private static bool ParseLine(ReadOnlySpan<byte> body, int number, List<ScriptDirective> directives, out string error)
    {
        error = "";
        if (body.Length == 0 || body[0] is not ((byte)' ' or (byte)'\t')) return true;
        if (body.Length > MaxLineBytes) { error = $"line {number}: a #SBATCH line of {body.Length} bytes is over {MaxLineBytes}"; return false; }
        if (directives.Count == MaxDirectives) { error = $"line {number}: more than {MaxDirectives} #SBATCH lines"; return false; }
        if (!TrySplit(Encoding.UTF8.GetString(body), out var words, out error)) { error = $"line {number}: {error}"; return false; }
        if (words.Count > 0) directives.Add(new ScriptDirective(number, words));
        return true;
    }

    /// <summary>Words of one line under the quoting rules above.</summary>
    public static bool TrySplit(string line, out List<string> words, out string error)
    {
        words = [];
        error = "";
        var word = new StringBuilder();
        bool inWord = false;
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (inWord) words.Add(word.ToString());
                word.Clear();
                inWord = false;
                continue;
            }
            if (quote == '\0' && !inWord && c == '#') break;
            inWord = true;
            if (c == '\\' && quote != '\'' && i + 1 < line.Length) word.Append(line[++i]);
            else if (quote != '\0' ? c == quote : c is '"' or '\'') quote = quote == '\0' ? c : '\0';
            else word.Append(c);
        }
        if (quote != '\0') { error = $"unmatched {quote} in #SBATCH line"; return false; }
        if (inWord) words.Add(word.ToString());
        return true;
    }
}
