using System.Globalization;
using System.Text;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Server.Agents;

/// <summary>Output file patterns (sbatch(1), filename pattern), as far as the server can fill them in for people to read.</summary>
internal static class OutputPaths
{
    private const int WidthMax = 10;

    /// <summary>What the batch script's output goes to, not filled in.</summary>
    public static string BatchOut(Job job) => job.Spec.StdOut.Length > 0 ? job.Spec.StdOut
        : job.Spec.Array.Count > 0 ? "slurm-%A_%a.out" : "slurm-%j.out";

    /// <summary>Absolute, with what is known filled in. An array's own record has no task yet: its <c>%a</c> stays Slurm's 4294967294.</summary>
    public static string Expand(Job job, string pattern) =>
        Expand(new OutputNames(job.Id, job.ArrayJobId, job.ArrayTask, job.Spec, job.Shares.Count > 0 ? job.Shares[0].Node : null), pattern);

    public static string Expand(OutputNames job, string pattern)
    {
        if (pattern.Length == 0) return "";
        var text = new StringBuilder();
        if (pattern[0] != '/') text.Append(job.Spec.WorkDir).Append(job.Spec.WorkDir.EndsWith('/') ? "" : "/");
        // A backslash turns the patterns off (sbatch(1)).
        if (pattern.Contains('\\', StringComparison.Ordinal)) return text.Append(pattern.Replace("\\", "", StringComparison.Ordinal)).ToString();
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '%') { text.Append(pattern[i]); continue; }
            var from = i++;
            var width = 0;
            while (i < pattern.Length && char.IsAsciiDigit(pattern[i])) width = Math.Min(WidthMax, width * 10 + pattern[i++] - '0');
            if (i >= pattern.Length || !Append(text, job, pattern[i], width)) text.Append(pattern, from, Math.Min(i + 1, pattern.Length) - from);
        }
        return text.ToString();
    }

    private static bool Append(StringBuilder text, OutputNames job, char letter, int width)
    {
        switch (letter)
        {
            case '%': text.Append('%'); return true;
            case 'j' or 'J': Number(text, job.JobId, width); return true;
            case 'A': Number(text, job.ArrayJobId ?? job.JobId, width); return true;
            case 'a': Number(text, job.ArrayTask ?? 4_294_967_294, width); return true;
            case 'b': Number(text, (job.ArrayTask ?? 4_294_967_294) % 10, width); return true;
            case 'u': text.Append(job.Spec.User); return true;
            case 'x': text.Append(job.Spec.Name); return true;
            case 's': text.Append("batch"); return true;
            case 'n' or 't': Number(text, 0, width); return true;
            case 'N' when job.Node is not null: text.Append(job.Node); return true;
            default: return false;
        }
    }

    private static void Number(StringBuilder text, uint value, int width) => text.Append(value.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0'));
}

/// <summary>What output patterns may name.</summary>
internal readonly record struct OutputNames(uint JobId, uint? ArrayJobId, uint? ArrayTask, JobSpec Spec, string? Node);
