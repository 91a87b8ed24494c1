using System.Text;
using Stint.Cli.Options;

namespace Stint.Cli.Admin;

/// <summary>Help from the table of verbs.</summary>
internal static class HelpPage
{
    private static readonly (string Names, string What)[] SlurmNames =
    [
        ("sbatch srun salloc", "submit a script, run a program, take an allocation"),
        ("squeue sinfo sacct", "jobs, nodes, ended jobs"),
        ("scancel scontrol", "end jobs; show and change"),
    ];

    public static void WriteAll(CommandContext context)
    {
        var palette = Palette.Of(context);
        var text = new StringBuilder($"stint {SlurmVersion.Own}: jobs on CPUs and GPUs, with limits that the kernel keeps\n\n");
        text.Append(palette.Paint("Usage", Tone.Strong)).Append(": stint VERB [options]\n\n");
        foreach (var verb in Verbs.All) text.Append("  ").Append($"{verb.Name} {verb.Arguments}".PadRight(20)).Append("  ").Append(verb.Summary).Append('\n');
        text.Append("\nSlurm's commands work under their own names and as verbs (stint sbatch …):\n");
        foreach (var (names, what) in SlurmNames) text.Append("  ").Append(names.PadRight(20)).Append("  ").Append(what).Append('\n');
        text.Append("\n`stint help VERB` says more about one.\n");
        context.Out.Write(text);
    }

    public static void WriteVerb(CommandContext context, Verb verb)
    {
        var palette = Palette.Of(context);
        string options = verb.Options.Length > 0 ? "[options] " : "";
        var text = new StringBuilder($"stint {verb.Name}: {verb.Summary}\n\n{palette.Paint("Usage", Tone.Strong)}: stint {verb.Name} {options}{verb.Arguments}".TrimEnd()).Append('\n');
        if (verb.Options.Length > 0) text.Append('\n');
        foreach (var option in verb.Options)
        {
            string spelling = (option.Short == '\0' ? "    " : $"-{option.Short}, ") + $"--{option.Name}" + (option.Value.Length > 0 ? $" {option.Value}" : "");
            text.Append("  ").Append(spelling.PadRight(24)).Append("  ").Append(option.Summary).Append('\n');
        }
        if (verb.Details.Length > 0) text.Append('\n').Append(verb.Details).Append('\n');
        if (verb.Examples.Length > 0) text.Append('\n');
        foreach (string example in verb.Examples) text.Append("  ").Append(example).Append('\n');
        context.Out.Write(text);
    }
}
