using Stint.Cli.Options;

namespace Stint.Cli.Admin;

/// <summary>A verb of <c>stint</c>: help, completion and dispatch are made from this.</summary>
/// <param name="Arguments">As the usage line shows them: <c>JOB [-f]</c>.</param>
/// <param name="OperandsMax">More words than this are an error.</param>
internal sealed record Verb(string Name, string Arguments, string Summary, VerbOption[] Options, int OperandsMin, int OperandsMax, Func<CommandContext, ParsedLine, Task<int>> Run)
{
    /// <summary>More for <c>stint help VERB</c>.</summary>
    public string Details { get; init; } = "";
    public string[] Examples { get; init; } = [];
    /// <summary>The verb reads its words itself; the options here are for help and completion.</summary>
    public bool IsPassedOn { get; init; }

    public IReadOnlyList<OptionSpec> Specs => [.. Options.Select(option => option.Spec), VerbOption.Help.Spec];

    public async Task<int> RunAsync(CommandContext context)
    {
        if (IsPassedOn && !context.Arguments.Any(word => word is "--help" or "-h")) return await RunAsync(context, new ParsedLine([], [], null));
        if (IsPassedOn) { HelpPage.WriteVerb(context, this); return 0; }
        var line = OptionParser.Parse(Specs, context.Arguments, stopAtOperand: false);
        if (line.Error is not null) return Complain(context, line.Error);
        if (line.Has("help")) { HelpPage.WriteVerb(context, this); return 0; }
        if (line.Operands.Count < OperandsMin) return Complain(context, $"{Arguments.Split(' ')[0]} is missing");
        if (line.Operands.Count > OperandsMax) return Complain(context, $"'{context.Arguments[line.Operands[OperandsMax]]}' is one word too many");
        return await RunAsync(context, line);
    }

    private async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        try
        {
            return await Run(context, line);
        }
        catch (Client.ApiUnreachableException e)
        {
            context.Out.Flush();
            context.Error.WriteLine($"stint {Name}: {e.Message}");
            return 1;
        }
        catch (Client.ApiRefusedException e)
        {
            context.Out.Flush();
            context.Error.WriteLine($"stint {Name}: {Slurm.Format.Printable.Of(e.Refusal.Sentence)}");
            if (e.Refusal.Remedy.Length > 0) context.Error.WriteLine($"stint {Name}: {Slurm.Format.Printable.Of(e.Refusal.Remedy)}");
            return 1;
        }
    }

    private int Complain(CommandContext context, string what)
    {
        context.Error.WriteLine($"stint {Name}: {Slurm.Format.Printable.Of(what)}\nUsage: stint {Name} {Arguments}".TrimEnd());
        return 1;
    }
}

/// <param name="Value">How help names the argument; empty: it takes none.</param>
internal sealed record VerbOption(string Name, char Short, string Value, string Summary)
{
    public static readonly VerbOption Help = new("help", 'h', "", "this message");
    public static readonly VerbOption Json = new("json", '\0', "", "print JSON");

    public OptionSpec Spec => new(Name, Short, Value.Length == 0 ? OptionArgument.None : OptionArgument.Required);
}
