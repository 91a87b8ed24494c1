using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Admin;

/// <summary><c>stint</c>, <c>stint help [VERB]</c>, and what an unknown verb gets.</summary>
internal static class HelpVerb
{
    /// <summary>A guess further away than this is no help.</summary>
    private const int DistanceMax = 2;

    private static readonly string[] SlurmNames = ["sbatch", "srun", "salloc", "squeue", "sinfo", "scancel", "scontrol", "sacct"];

    public static Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        if (line.Operands.Count == 0) { HelpPage.WriteAll(context); return Task.FromResult(0); }
        string name = context.Arguments[line.Operands[0]];
        if (Verbs.Find(name) is { } verb) { HelpPage.WriteVerb(context, verb); return Task.FromResult(0); }
        if (CommandTable.Slurm(name) is { } command) return command(With(context, name, "--help"));
        return Task.FromResult(Unknown(context, name));
    }

    /// <summary>What <c>stint …</c> does when no verb was found: help without a word, else a guess.</summary>
    public static Task<int> NoSuchVerbAsync(CommandContext context)
    {
        if (context.Arguments.Count == 0 || context.Arguments[0] is "--help" or "-h") { HelpPage.WriteAll(context); return Task.FromResult(0); }
        if (context.Arguments[0] is "--version" or "-V" or "version") { context.Out.Write(SlurmVersion.Line + "\n"); return Task.FromResult(0); }
        return Task.FromResult(Unknown(context, context.Arguments[0]));
    }

    private static int Unknown(CommandContext context, string name)
    {
        string? guess = Nearest(name);
        context.Error.WriteLine($"stint: '{Printable.Of(name)}' is not a verb{(guess is null ? "" : $". Did you mean '{guess}'?")}");
        context.Error.WriteLine("stint: `stint help` lists them");
        return 1;
    }

    public static string? Nearest(string name)
    {
        if (name.Length is 0 or > 64) return null;
        var names = Verbs.All.Select(verb => verb.Name).Concat(SlurmNames).ToList();
        return names.Find(candidate => name.Length >= 2 && candidate.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            ?? names.Select(candidate => (candidate, distance: Distance(name.ToLowerInvariant(), candidate))).Where(pair => pair.distance <= Math.Min(DistanceMax, LimitFor(pair.candidate)))
                .OrderBy(pair => pair.distance).Select(pair => pair.candidate).FirstOrDefault();

        static int LimitFor(string candidate) => candidate.Length / 2;
    }

    /// <summary>Levenshtein: letters to insert, remove or change.</summary>
    private static int Distance(string left, string right)
    {
        var row = new int[right.Length + 1];
        for (int j = 0; j <= right.Length; j++) row[j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (left[i - 1] == right[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }

    private static CommandContext With(CommandContext context, string name, string argument) =>
        context with { Name = name, Arguments = [argument], RawArguments = null };
}
