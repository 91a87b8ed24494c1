using Stint.Protocol.Slurm;

namespace Stint.Cli.Options;

/// <summary>The command line of sbatch, srun or salloc: options of all sources merged, and the operands.</summary>
/// <param name="ExitCode">null: go on; otherwise the command is over (help, version, an error already said).</param>
public sealed record LaunchLine(LaunchOptions Options, List<int> Operands, int? ExitCode)
{
    /// <summary>Slurm's exit code for a command line it does not understand: exit(-1).</summary>
    public const int BadUsage = 255;

    private sealed record Source(OptionSource Kind, List<GivenOption> Options, int Line = 0);

    /// <param name="readScript">Called after the command line was understood, with what is known so far: the script's directives, or the exit code.
    /// null: no script (srun, salloc).</param>
    public static LaunchLine Parse(CommandContext context, LaunchCommand command, Func<LaunchOptions, List<int>, (List<ScriptDirective>?, int?)>? readScript = null)
    {
        var table = LaunchOptionTable.For(command);
        var now = context.Time.GetUtcNow();
        var zone = context.Time.LocalTimeZone;
        var options = new LaunchOptions(command, now, zone);
        var line = OptionParser.Parse(table, context.Arguments, stopAtOperand: true);
        LaunchLine Done(int code) => new(options, line.Operands, code);
        if (line.Error is { } error) return Done(Usage(context, error));
        if (line.Has("help")) { context.Out.Write(LaunchHelp.Full(context.Name, table)); return Done(0); }
        if (line.Has("usage")) { context.Out.Write(LaunchHelp.Usage(context.Name, table)); return Done(0); }
        if (line.Has("version")) { context.Out.WriteLine(SlurmVersion.Line); return Done(0); }

        var typed = new Source(OptionSource.CommandLine, line.Options);
        var environment = new Source(OptionSource.Environment, LaunchEnvironment.Read(command, table, context.Environment));
        if (!Apply(context, options, typed)) return Done(BadUsage);
        if (readScript is null) return Merge(context, command, line, [environment, typed]) is { } merged ? new(merged, line.Operands, null) : Done(BadUsage);

        var (directives, code) = readScript(options, line.Operands);
        if (code is { } over) return Done(over);
        var sources = new List<Source>();
        foreach (var directive in directives ?? [])
        {
            var parsed = OptionParser.Parse(table, directive.Words, stopAtOperand: true);
            if (parsed.Error is { } wrong) return Done(Usage(context, $"line {directive.Line} of the script: {wrong}"));
            sources.Add(new Source(OptionSource.Script, parsed.Options, directive.Line));
        }
        sources.Add(environment);
        sources.Add(typed);
        return Merge(context, command, line, sources) is { } all ? new(all, line.Operands, null) : Done(BadUsage);
    }

    private static LaunchOptions? Merge(CommandContext context, LaunchCommand command, ParsedLine line, List<Source> sources)
    {
        var options = new LaunchOptions(command, context.Time.GetUtcNow(), context.Time.LocalTimeZone);
        foreach (var source in sources)
            if (!Apply(context, options, source)) return null;
        if (options.Check() is not { } error) return options;
        context.Error.WriteLine($"{context.Name}: fatal: {error}");
        return null;
    }

    private static bool Apply(CommandContext context, LaunchOptions options, Source source)
    {
        foreach (var option in source.Options)
        {
            string? error = options.Set(option, source.Kind);
            if (error is null) continue;
            string place = source.Kind switch
            {
                OptionSource.Script => $"line {source.Line} of the script: ",
                OptionSource.Environment when !error.StartsWith(option.Spelling, StringComparison.Ordinal) => $"{option.Spelling}: ",
                _ => "",
            };
            context.Error.WriteLine($"{context.Name}: error: {place}{error}");
            return false;
        }
        return true;
    }

    private static int Usage(CommandContext context, string error)
    {
        context.Error.WriteLine($"{context.Name}: {error}");
        context.Error.WriteLine($"Try \"{context.Name} --help\" for more information");
        return BadUsage;
    }
}
