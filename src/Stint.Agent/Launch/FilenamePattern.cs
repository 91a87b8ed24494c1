using System.Globalization;
using System.Text;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// The % patterns of <c>--output</c>, <c>--error</c> and <c>--input</c> (sbatch(1), "filename pattern"). A width pads numbers with zeros, at most 10;
/// a backslash anywhere turns the patterns off; what is not a pattern stays as it is.
/// </summary>
internal static class FilenamePattern
{
    const int WidthMax = 10;
    const uint NoArrayTask = 0xFFFF_FFFE;

    /// <returns>An absolute path: relative ones start at the step's working directory.</returns>
    public static string Expand(string pattern, LaunchSpec spec, uint task)
    {
        var text = pattern.Contains('\\') ? pattern.Replace("\\", "") : Replace(pattern, spec, task);
        return text.StartsWith('/') ? text : spec.WorkDir.TrimEnd('/') + "/" + text;
    }

    static string Replace(string pattern, LaunchSpec spec, uint task)
    {
        var result = new StringBuilder(pattern.Length + 32);
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '%')
            {
                result.Append(pattern[i]);
                continue;
            }
            var at = i + 1;
            while (at < pattern.Length && char.IsAsciiDigit(pattern[at]))
                at++;
            var width = at > i + 1 && int.TryParse(pattern.AsSpan(i + 1, at - i - 1), CultureInfo.InvariantCulture, out var w) ? Math.Min(w, WidthMax) : at > i + 1 ? WidthMax : 0;
            var value = at < pattern.Length ? Value(pattern[at], spec, task, width) : null;
            result.Append(value ?? pattern.Substring(i, Math.Min(at + 1, pattern.Length) - i));
            i = at;
        }
        return result.ToString();
    }

    static string? Value(char letter, LaunchSpec spec, uint task, int width)
    {
        var id = StepId.Of(spec.Key);
        return letter switch
        {
            '%' => "%",
            'A' => Number(spec.HasArrayJobId ? spec.ArrayJobId : id.Job),
            'a' => Number(spec.HasArrayTask ? spec.ArrayTask : NoArrayTask),
            'b' => Number((spec.HasArrayTask ? spec.ArrayTask : NoArrayTask) % 10),
            'J' => id.IsBatch ? Number(id.Job) : $"{Number(id.Job)}.{Number(id.Step)}",
            'j' => Number(id.Job),
            'N' => spec.Node,
            'n' => Number(spec.NodeIndex),
            's' => id.IsBatch ? "batch" : Number(id.Step),
            't' => Number(task),
            'u' => spec.User,
            'x' => spec.JobName,
            _ => null,
        };
        string Number(uint value) => value.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
    }
}
