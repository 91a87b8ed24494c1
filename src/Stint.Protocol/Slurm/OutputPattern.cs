namespace Stint.Protocol.Slurm;

/// <summary>
/// File name patterns of <c>-o -e -i</c>: <c>%%</c>, <c>%A</c> array's job id, <c>%a</c> task, <c>%b</c> task modulo 10, <c>%J</c> job.step, <c>%j</c> job id, <c>%N</c> short host name,
/// <c>%n</c> node number, <c>%s</c> step, <c>%t</c> task rank, <c>%u</c> user, <c>%x</c> job name; a width up to 10 pads numbers with zeros (<c>%5j</c>). A backslash turns them off.
/// They are filled in on the node; here only what cannot be opened anywhere is refused.
/// </summary>
public static class OutputPattern
{
    /// <summary>PATH_MAX less room for what the patterns become.</summary>
    public const int MaxLength = 4000;

    public static bool TryValidate(string pattern, out string error)
    {
        error = pattern.Length == 0 ? "an empty file name"
            : pattern.Length > MaxLength ? $"a file name of {pattern.Length} characters is over {MaxLength}"
            : pattern.Contains('\0') ? "a file name contains a NUL byte"
            : pattern.Contains('\n') ? "a file name contains a line break"
            : "";
        return error.Length == 0;
    }
}
