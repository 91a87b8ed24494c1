using Stint.Protocol.Slurm;

namespace Stint.Cli.Options;

/// <summary>The command line of sbatch, srun or salloc: options of all sources merged, and the operands.</summary>
/// <param name="ExitCode">null: go on; otherwise the command is over (help, version, an error already said).</param>
public sealed record LaunchLine(LaunchOptions Options, List<int> Operands, int? ExitCode)
{
    /// <summary>Options of the second and later components of a heterogeneous job.</summary>
    public List<LaunchOptions> Components { get; init; } = [];

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
        var (line, typedLater) = ParseComponents(table, context.Arguments);
        LaunchLine Done(int code) => new(options, line.Operands, code);
        if (line.Error is { } error) return Done(Usage(context, error));
        if (line.Has("help")) { context.Out.Write(LaunchHelp.Full(context.Name, table)); return Done(0); }
        if (line.Has("usage")) { context.Out.Write(LaunchHelp.Usage(context.Name, table)); return Done(0); }
        if (line.Has("version")) { context.Out.WriteLine(SlurmVersion.Line); return Done(0); }

        var typed = new Source(OptionSource.CommandLine, line.Options);
        var environment = new Source(OptionSource.Environment, LaunchEnvironment.Read(command, table, context.Environment));
        if (Apply(context, options, typed) is { } refused) return Done(refused);
        // The script may stand with the last component; it is the whole job's.
        foreach (var option in typedLater.SelectMany(later => later))
            if (option.Id == "wrap") options.Set(option, OptionSource.CommandLine);
        List<ScriptDirective>? directives = null;
        int? code = null;
        if (readScript is not null) (directives, code) = readScript(options, line.Operands);
        if (code is { } over) return Done(over);
        var scripts = new List<List<Source>> { new() };
        foreach (var directive in directives ?? [])
        {
            if (directive.BeginsComponent)
            {
                scripts.Add([]);
                continue;
            }
            var parsed = OptionParser.Parse(table, directive.Words, stopAtOperand: true);
            if (parsed.Error is { } unknown) return Done(Usage(context, $"line {directive.Line} of the script: {unknown}"));
            scripts[^1].Add(new Source(OptionSource.Script, parsed.Options, directive.Line));
        }
        var all = new List<LaunchOptions>();
        for (int i = 0; i < Math.Max(scripts.Count, typedLater.Count + 1); i++)
        {
            var given = i == 0 ? typed : new Source(OptionSource.CommandLine, i <= typedLater.Count ? typedLater[i - 1] : []);
            if (Merge(context, command, [.. i < scripts.Count ? scripts[i] : [], environment, given], out var merged) is { } wrong) return Done(wrong);
            all.Add(merged);
        }
        return new(all[0], line.Operands, null) { Components = all.GetRange(1, all.Count - 1) };
    }

    /// <summary><c>options : options … script</c>: a lone colon where an operand could be begins the next component. Operands are the last one's.</summary>
    private static (ParsedLine Line, List<List<GivenOption>> Later) ParseComponents(List<OptionSpec> table, IReadOnlyList<string> arguments)
    {
        var line = OptionParser.Parse(table, arguments, stopAtOperand: true);
        var later = new List<List<GivenOption>>();
        var operands = line.Operands;
        while (line.Error is null && operands.Count > 0 && arguments[operands[0]] == ":")
        {
            int begin = operands[0] + 1;
            var next = OptionParser.Parse(table, [.. arguments.Skip(begin)], stopAtOperand: true);
            if (next.Error is not null) return (line with { Error = next.Error }, later);
            later.Add(next.Options);
            operands = next.Operands.ConvertAll(at => at + begin);
        }
        return (line with { Operands = operands }, later);
    }

    /// <returns>null, or the exit code of what was refused and said.</returns>
    private static int? Merge(CommandContext context, LaunchCommand command, List<Source> sources, out LaunchOptions options)
    {
        options = new LaunchOptions(command, context.Time.GetUtcNow(), context.Time.LocalTimeZone);
        foreach (var source in sources)
            if (Apply(context, options, source) is { } code) return code;
        if (options.Check() is not { } error) return null;
        context.Error.WriteLine($"{context.Name}: fatal: {error}");
        return BadUsage;
    }

    /// <returns>null, or the exit code of what was refused and said.</returns>
    private static int? Apply(CommandContext context, LaunchOptions options, Source source)
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
            // What Slurm's parser of times says comes without the program's name.
            foreach (string sentence in error.Split('\n')) context.Error.WriteLine(sentence.StartsWith(SlurmDate.Complaint, StringComparison.Ordinal) ? sentence : $"{context.Name}: error: {place}{sentence}");
            return LaunchOptions.IsExitOne(error) ? 1 : BadUsage;
        }
        return null;
    }

    private static int Usage(CommandContext context, string error)
    {
        context.Error.WriteLine($"{context.Name}: {error}");
        context.Error.WriteLine($"Try \"{context.Name} --help\" for more information");
        return BadUsage;
    }
}
