using Stint.Cli.Options;

namespace Stint.Cli.Slurm.Srun;

/// <summary>
/// <c>srun [options] program : [options] program</c> and <c>srun --het-group=0,1 program</c>: one part for each component of a heterogeneous job.
/// A lone colon separates wherever it stands, as in Slurm. A part without a program runs the last one's.
/// </summary>
internal static class HetLine
{
    private const string Separator = ":", Suffix = "_HET_GROUP_";

    /// <summary>One component's part: what srun would be called with in a job that were only it.</summary>
    /// <param name="Context">Arguments of this part; variables as this component has them.</param>
    public sealed record Part(int Group, CommandContext Context, LaunchLine Line);

    public static bool Is(CommandContext context)
    {
        foreach (string argument in context.Arguments)
            if (argument == Separator || argument.StartsWith("--het-g", StringComparison.Ordinal) || argument.StartsWith("--pack-g", StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>The parts in the order of the line, before it is known which components there are.</summary>
    public static (List<Part> Parts, int? ExitCode) Read(CommandContext context)
    {
        var parts = new List<Part>();
        foreach (var segment in Segments(context))
        {
            var line = LaunchLine.Parse(segment, LaunchCommand.Srun);
            if (line.ExitCode is { } code) return (parts, code);
            parts.Add(new Part(parts.Count, segment, line));
        }
        if (parts[^1].Line.Operands.Count > 0) return ([.. parts.Select(part => part.Line.Operands.Count > 0 ? part : WithProgram(part, parts[^1]))], null);
        context.Error.WriteLine($"{context.Name}: fatal: No command given to execute.");
        return (parts, 1);
    }

    /// <summary>For each component that a part names (or that has its place) a part of its own, read with that component's variables.</summary>
    public static (List<Part> Parts, int? ExitCode) Inside(CommandContext context, IReadOnlyList<Part> parts)
    {
        var all = new List<Part>();
        foreach (var part in parts)
            foreach (int group in part.Line.Options.HetGroups ?? [part.Group])
            {
                if (!context.Environment.ContainsKey($"SLURM_JOB_ID{Suffix}{group}"))
                {
                    context.Error.WriteLine($"{context.Name}: fatal: Invalid het group {group}: the job has no such component");
                    return (all, 1);
                }
                if (all.Exists(other => other.Group == group))
                {
                    context.Error.WriteLine($"{context.Name}: fatal: het group {group} is named twice");
                    return (all, 1);
                }
                var own = part.Context with { Environment = Variables(context.Environment, group) };
                var line = LaunchLine.Parse(own, LaunchCommand.Srun);
                if (line.ExitCode is { } code) return (all, code);
                all.Add(new Part(group, own, line));
            }
        return (all, null);
    }

    /// <summary>SLURM_X as SLURM_X_HET_GROUP_n has it; what is said of each component and not of this one is not there.</summary>
    private static Dictionary<string, string> Variables(IReadOnlyDictionary<string, string> environment, int group)
    {
        var own = new Dictionary<string, string>(environment, StringComparer.Ordinal);
        foreach (var (name, _) in environment)
            if (name.IndexOf(Suffix, StringComparison.Ordinal) is var at and > 0) own.Remove(name[..at]);
        string suffix = Suffix + group.ToString(System.Globalization.CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment)
            if (name.EndsWith(suffix, StringComparison.Ordinal)) own[name[..^suffix.Length]] = value;
        return own;
    }

    private static IEnumerable<CommandContext> Segments(CommandContext context)
    {
        int begin = 0;
        for (int i = 0; i <= context.Arguments.Count; i++)
        {
            if (i < context.Arguments.Count && context.Arguments[i] != Separator) continue;
            yield return Slice(context, begin, i);
            begin = i + 1;
        }
    }

    private static CommandContext Slice(CommandContext context, int begin, int end) => context with
    {
        Arguments = [.. context.Arguments.Skip(begin).Take(end - begin)], RawArguments = context.RawArguments is { } raw ? [.. raw.Skip(begin).Take(end - begin)] : null,
    };

    private static Part WithProgram(Part part, Part from)
    {
        var (own, theirs) = (part.Context, from.Context);
        int first = from.Line.Operands[0];
        var context = own with
        {
            Arguments = [.. own.Arguments, .. theirs.Arguments.Skip(first)], RawArguments = own.RawArguments is { } raw && theirs.RawArguments is { } other ? [.. raw, .. other.Skip(first)] : null,
        };
        return part with { Context = context, Line = LaunchLine.Parse(context, LaunchCommand.Srun) };
    }
}
