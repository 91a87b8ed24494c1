using System.Globalization;
using System.Text;

namespace Stint.Protocol.Slurm;

/// <summary>One condition: <c>afterok:12</c>, <c>after:12+5</c>, <c>aftercorr:7_3</c>, <c>singleton</c> (job id 0).</summary>
/// <param name="Task">Array task of <see cref="JobId"/>; null: the whole job (<c>7</c>, <c>7_*</c>).</param>
public readonly record struct DependencyTerm(string Kind, uint JobId, uint? Task = null, uint DelayMinutes = 0);

/// <summary><c>--dependency</c>: terms that must all hold (<c>,</c>) or of which one suffices (<c>?</c>); Slurm does not allow both separators.</summary>
public sealed record DependencySpec(IReadOnlyList<DependencyTerm> Terms, bool AnySuffices)
{
    private const int MaxTerms = 10_000;
    public static readonly string[] Kinds = ["after", "afterok", "afternotok", "afterany", "aftercorr", "singleton"];

    public static bool TryParse(string text, out DependencySpec? spec, out string error)
    {
        spec = null;
        error = "";
        bool any = text.Contains('?');
        if (any && text.Contains(',')) { error = $"Job dependency problem: '{ArraySpec.Shorten(text)}' mixes ',' (all must hold) and '?' (one suffices)"; return false; }
        var terms = new List<DependencyTerm>();
        var rest = text.AsSpan();
        while (true)
        {
            int end = rest.IndexOf(any ? '?' : ',');
            if (!ParseGroup(end < 0 ? rest : rest[..end], terms, out error)) return false;
            if (end < 0) break;
            rest = rest[(end + 1)..];
        }
        spec = new DependencySpec(terms, any);
        return true;
    }

    private static bool ParseGroup(ReadOnlySpan<char> group, List<DependencyTerm> terms, out string error)
    {
        int colon = group.IndexOf(':');
        string kind = (colon < 0 ? group : group[..colon]).ToString();
        error = $"Job dependency problem: '{ArraySpec.Shorten(group.ToString())}' is not type:job_id[:job_id...] (types {string.Join(", ", Kinds)})";
        if (Array.IndexOf(Kinds, kind) < 0 || (kind == "singleton") != (colon < 0)) return false;
        if (kind == "singleton") { terms.Add(new DependencyTerm(kind, 0)); error = ""; return true; }
        var ids = group[(colon + 1)..];
        while (true)
        {
            int next = ids.IndexOf(':');
            if (!ParseTerm(kind, next < 0 ? ids : ids[..next], out var term)) return false;
            if (terms.Count == MaxTerms) { error = $"Job dependency problem: more than {MaxTerms} conditions"; return false; }
            terms.Add(term);
            if (next < 0) break;
            ids = ids[(next + 1)..];
        }
        error = "";
        return true;
    }

    private static bool ParseTerm(string kind, ReadOnlySpan<char> text, out DependencyTerm term)
    {
        term = default;
        uint delay = 0;
        int plus = text.IndexOf('+');
        if (plus >= 0)
        {
            if (kind != "after" || !ArraySpec.Number(text[(plus + 1)..], out delay)) return false;
            text = text[..plus];
        }
        uint? task = null;
        int underscore = text.IndexOf('_');
        if (underscore >= 0)
        {
            var name = text[(underscore + 1)..];
            if (name is not "*")
            {
                if (!ArraySpec.Number(name, out uint index)) return false;
                task = index;
            }
            text = text[..underscore];
        }
        if (!ArraySpec.Number(text, out uint id) || id is 0 or > JobIdSpec.MaxJobId) return false;
        term = new DependencyTerm(kind, id, task, delay);
        return true;
    }

    /// <summary>One condition per job, as <c>scontrol show job</c> lists them: <c>afterok:12,afterok:13</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var term in Terms)
        {
            if (text.Length > 0) text.Append(AnySuffices ? '?' : ',');
            text.Append(term.Kind);
            if (term.JobId == 0) continue;
            text.Append(CultureInfo.InvariantCulture, $":{term.JobId}");
            if (term.Task is { } task) text.Append(CultureInfo.InvariantCulture, $"_{task}");
            if (term.DelayMinutes > 0) text.Append(CultureInfo.InvariantCulture, $"+{term.DelayMinutes}");
        }
        return text.ToString();
    }
}
