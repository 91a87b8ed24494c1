using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary>What a command names: <c>12</c>, <c>7_3</c>, <c>7_*</c>, <c>7_[1-5,8]</c>, <c>12.0</c>, <c>12.batch</c>, <c>7_3.batch</c>. <c>12+1</c> (a heterogeneous component) is refused.</summary>
/// <param name="Tasks">Array tasks meant, in order; null: the whole job.</param>
/// <param name="Step"><c>batch</c>, <c>extern</c>, <c>interactive</c> or a number; null: the job itself.</param>
public sealed record JobIdSpec(uint JobId, IReadOnlyList<ArrayRange>? Tasks, string? Step)
{
    /// <summary>Job ids end here (Slurm's MAX_JOB_ID, 0x03FFFFFF, is the default of MaxJobId).</summary>
    public const uint MaxJobId = 0x03FFFFFF;

    /// <summary>One task named exactly: <c>7_3</c>.</summary>
    public uint? SingleTask => Tasks is [var one] && one.First == one.Last ? one.First : null;

    public static bool TryParse(string text, out JobIdSpec? spec, out string error)
    {
        spec = null;
        error = $"Invalid job id {ArraySpec.Shorten(text)}";
        if (text.Length > 4096) return false;
        var rest = text.AsSpan();
        string? step = null;
        int dot = rest.IndexOf('.');
        if (dot >= 0)
        {
            var name = rest[(dot + 1)..];
            step = name is "batch" or "extern" or "interactive" ? name.ToString() : ArraySpec.Number(name, out uint number) ? number.ToString(CultureInfo.InvariantCulture) : null;
            if (step is null) return false;
            rest = rest[..dot];
        }
        IReadOnlyList<ArrayRange>? tasks = null;
        int underscore = rest.IndexOf('_');
        if (underscore >= 0)
        {
            if (!ParseTasks(rest[(underscore + 1)..], out tasks)) return false;
            rest = rest[..underscore];
        }
        if (rest.Contains('+')) { error = $"Invalid job id {ArraySpec.Shorten(text)}: heterogeneous jobs are not supported yet by this version of Stint"; return false; }
        if (!ArraySpec.Number(rest, out uint id) || id is 0 or > MaxJobId) return false;
        spec = new JobIdSpec(id, tasks, step);
        error = "";
        return true;
    }

    private static bool ParseTasks(ReadOnlySpan<char> text, out IReadOnlyList<ArrayRange>? tasks)
    {
        tasks = null;
        if (text is "*") return true;
        if (text.Length > 2 && text[0] == '[' && text[^1] == ']') text = text[1..^1];
        else if (text.ContainsAny('-', ',')) return false;
        if (!ArraySpec.TryParse(text.ToString(), ArraySpec.MaxIndex, out var array, out _) || array!.Throttle != 0) return false;
        tasks = array.Ranges;
        return true;
    }

    public override string ToString()
    {
        string id = JobId.ToString(CultureInfo.InvariantCulture);
        if (Tasks is not null) id += SingleTask is { } task ? string.Create(CultureInfo.InvariantCulture, $"_{task}") : $"_[{ArraySpec.Print(Tasks)}]";
        return Step is null ? id : $"{id}.{Step}";
    }
}
