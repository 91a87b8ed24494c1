using Stint.Cli.Options;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scancel;

/// <summary>What scancel was asked: jobs by id or filter, and what to do with them.</summary>
internal sealed class ScancelOptions
{
    internal static readonly OptionSpec[] Table =
    [
        new("account", 'A', OptionArgument.Required), new("batch", 'b', OptionArgument.None), new("ctld", 'c', OptionArgument.None), new("full", 'f', OptionArgument.None),
        new("hurry", 'H', OptionArgument.None), new("interactive", 'i', OptionArgument.None), new("clusters", 'M', OptionArgument.Required), new("me", '\0', OptionArgument.None),
        new("name", 'n', OptionArgument.Required), new("jobname", '\0', OptionArgument.Required, "name"), new("partition", 'p', OptionArgument.Required),
        new("quiet", 'Q', OptionArgument.None), new("qos", 'q', OptionArgument.Required), new("reservation", 'R', OptionArgument.Required),
        new("sibling", '\0', OptionArgument.Required), new("signal", 's', OptionArgument.Required), new("state", 't', OptionArgument.Required),
        new("user", 'u', OptionArgument.Required), new("version", 'V', OptionArgument.None), new("verbose", 'v', OptionArgument.None),
        new("nodelist", 'w', OptionArgument.Required), new("wckey", '\0', OptionArgument.Required), new("help", '\0', OptionArgument.None), new("usage", '\0', OptionArgument.None),
    ];

    private static readonly (string Variable, string Option)[] Variables =
    [
        ("SCANCEL_ACCOUNT", "account"), ("SCANCEL_BATCH", "batch"), ("SCANCEL_CTLD", "ctld"), ("SCANCEL_FULL", "full"), ("SCANCEL_HURRY", "hurry"), ("SCANCEL_INTERACTIVE", "interactive"),
        ("SCANCEL_NAME", "name"), ("SCANCEL_PARTITION", "partition"), ("SCANCEL_QOS", "qos"), ("SCANCEL_STATE", "state"), ("SCANCEL_USER", "user"),
        ("SCANCEL_VERBOSE", "verbose"), ("SCANCEL_WCKEY", "wckey"),
    ];

    public JobSelection Selection { get; private set; } = new();
    public List<JobIdSpec> Ids { get; } = [];
    public bool Interactive { get; private set; }
    public bool Quiet { get; private set; }
    public int Verbose { get; private set; }

    public bool HasFilter => Selection.User is not null || Selection.Partition is not null || Selection.Name is not null || Selection.Account is not null
        || Selection.NodeList is not null || Selection.States.Length > 0;

    /// <returns>null and the exit code when the command is over.</returns>
    public static (ScancelOptions? Options, int ExitCode) Parse(CommandContext context)
    {
        var line = OptionParser.Parse(Table, context.Arguments, stopAtOperand: false);
        if (line.Error is { } wrong)
        {
            context.Error.WriteLine($"{context.Name}: {wrong}");
            context.Error.WriteLine($"Try \"{context.Name} --help\" for more information");
            return (null, 1);
        }
        if (line.Has("help")) { context.Out.Write(ScancelHelp.Full); return (null, 0); }
        if (line.Has("usage")) { context.Out.Write(ScancelHelp.Usage); return (null, 0); }
        if (line.Has("version")) { context.Out.WriteLine(SlurmVersion.Line); return (null, 0); }
        var options = new ScancelOptions();
        string? error = options.TakeEnvironment(context) ?? options.Take(line, context) ?? options.TakeIds(line, context);
        if (error is null && options.Ids.Count == 0 && !options.HasFilter) error = "No job identification provided";
        if (error is null) return (options, 0);
        context.Error.WriteLine($"{context.Name}: error: {error}");
        return (null, 1);
    }

    private string? TakeEnvironment(CommandContext context)
    {
        foreach (var (variable, option) in Variables)
        {
            if (!context.Environment.TryGetValue(variable, out string? value)) continue;
            if (Array.Find(Table, s => s.Name == option) is not { } spec) continue;
            if (Set(new GivenOption(spec, value, variable), context) is { } error) return error;
        }
        return null;
    }

    private string? Take(ParsedLine line, CommandContext context)
    {
        foreach (var option in line.Options)
            if (Set(option, context) is { } error) return error;
        return null;
    }

    private string? Set(GivenOption option, CommandContext context)
    {
        string value = option.Value ?? "";
        switch (option.Id)
        {
            case "account": Selection = Selection with { Account = value }; return null;
            case "batch": Selection = Selection with { BatchOnly = true }; return null;
            case "full": Selection = Selection with { Full = true }; return null;
            case "name": Selection = Selection with { Name = value }; return null;
            case "partition": Selection = Selection with { Partition = value }; return null;
            case "user": Selection = Selection with { User = value }; return null;
            case "me": Selection = Selection with { User = context.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture) }; return null;
            case "ctld" or "hurry": return null;
            case "interactive": Interactive = true; return null;
            case "quiet": Quiet = true; return null;
            case "verbose": Verbose++; return null;
            case "nodelist":
                if (!Hostlist.TryExpand(value, out _, out string hostError)) return hostError;
                Selection = Selection with { NodeList = value };
                return null;
            case "signal":
                if (!SignalName.TryParse(value, out int signal)) return $"Unknown job signal: {value}";
                Selection = Selection with { Signal = signal };
                return null;
            case "state": return SetStates(value);
            default: return $"{option.Spelling} is not supported yet by this version of Stint";
        }
    }

    private string? SetStates(string value)
    {
        var states = new List<string>();
        foreach (string state in value.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string? full = state.ToUpperInvariant() switch { "PD" or "PENDING" => "PENDING", "R" or "RUNNING" => "RUNNING", "S" or "SUSPENDED" => "SUSPENDED", _ => null };
            if (full is null) return $"Invalid job state specified: {state}";
            states.Add(full);
        }
        Selection = Selection with { States = [.. states] };
        return null;
    }

    private string? TakeIds(ParsedLine line, CommandContext context)
    {
        foreach (int index in line.Operands)
        {
            foreach (string text in SplitIds(context.Arguments[index]))
            {
                if (!JobIdSpec.TryParse(text, out var id, out string error)) return error;
                Ids.Add(id!);
            }
        }
        Selection = Selection with { Jobs = [.. Ids.Select(id => id.ToString())] };
        return null;
    }

    /// <summary>Commas between ids, but not inside <c>7_[1,3]</c>.</summary>
    private static List<string> SplitIds(string text)
    {
        var ids = new List<string>();
        int from = 0, depth = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : ',';
            if (c == '[') depth++;
            else if (c == ']') depth--;
            if (c != ',' || (depth > 0 && i < text.Length)) continue;
            if (i > from) ids.Add(text[from..i]);
            from = i + 1;
        }
        return ids;
    }
}
