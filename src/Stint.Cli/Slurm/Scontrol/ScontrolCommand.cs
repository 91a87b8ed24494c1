using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol</c>.</summary>
public static class ScontrolCommand
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        var line = OptionParser.Parse(ScontrolOptions.Table, context.Arguments, stopAtOperand: false);
        if (line.Error is not null)
        {
            context.Error.WriteLine($"{context.Name}: {line.Error}\nTry \"{context.Name} --help\" for more information");
            return 1;
        }
        if (line.Has("help") || line.Has("usage")) { context.Out.Write(ScontrolOptions.Help); return 0; }
        if (line.Has("version")) { context.Out.Write(SlurmVersion.Line + "\n"); return 0; }
        if (line.Has("yaml"))
        {
            context.Error.WriteLine($"{context.Name}: error: YAML output is not supported yet by this version of Stint; use --json");
            return 1;
        }
        var style = new ShowStyle(line.Has("oneliner"), line.Has("details"), line.Has("json"));
        var words = line.Operands.ConvertAll(index => context.Arguments[index]);
        return words.Count > 0 ? await OneAsync(context, style, words) : await InteractiveAsync(context, style);
    }

    /// <summary>Commands line by line until "exit", "quit" or the end of input; the exit code is that of the last failure.</summary>
    private static async Task<int> InteractiveAsync(CommandContext context, ShowStyle style)
    {
        using var input = new StreamReader(context.RawIn, leaveOpen: true);
        int code = 0;
        while (true)
        {
            if (context.InIsTerminal) context.Out.Write($"{context.Name}: ");
            context.Out.Flush();
            string? text = await input.ReadLineAsync(context.Cancellation);
            if (text is null) return code;
            string[] words = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            if (words[0].Equals("exit", StringComparison.OrdinalIgnoreCase) || words[0].Equals("quit", StringComparison.OrdinalIgnoreCase)) return code;
            int one = await OneAsync(context, style, words);
            if (one != 0) code = one;
        }
    }

    private static async Task<int> OneAsync(CommandContext context, ShowStyle style, IReadOnlyList<string> words)
    {
        if (Keyword.Find(words[0]) is not { } keyword)
        {
            context.Error.WriteLine($"invalid keyword: {Printable.Of(words[0])}");
            return 1;
        }
        if (!keyword.Runs)
        {
            context.Error.WriteLine($"{context.Name}: error: {keyword.Name} is not supported yet by this version of Stint");
            return 1;
        }
        IReadOnlyList<string> rest = [.. words.Skip(1)];
        string call = keyword.Name switch { "show" => ShowCall(rest), "update" => "slurm_update error", _ => $"{context.Name}: error" };
        try
        {
            return await RunAsync(context, style, keyword.Name, rest);
        }
        catch (ApiUnreachableException e) { return Unreachable.Report(context, call, e); }
        catch (ApiRefusedException e) { return Unreachable.Report(context, call, e); }
    }

    private static async Task<int> RunAsync(CommandContext context, ShowStyle style, string keyword, IReadOnlyList<string> rest)
    {
        switch (keyword)
        {
            case "show": return await Show.RunAsync(context, style, rest);
            case "ping": return rest.Count > 0 ? Keyword.TooMany(context, keyword) : await Ping.RunAsync(context);
            case "version": context.Out.Write(SlurmVersion.Line + "\n"); return 0;
            case "help": context.Out.Write(ScontrolOptions.Help); return 0;
            case "reconfigure": return rest.Count > 0 ? Keyword.TooMany(context, keyword) : await Reconfigure.RunAsync(context);
            case "update":
                if (rest.Count > 0) return await Update.RunAsync(context, rest);
                context.Error.WriteLine("too few arguments for update keyword");
                return 1;
            case "create": return await ReservationVerbs.CreateAsync(context, rest);
            case "delete": return await ReservationVerbs.DeleteAsync(context, rest);
            case "hold" or "uhold" or "release" or "requeue" or "requeuehold" or "suspend" or "resume" or "top": return rest.Count == 0 ? Keyword.TooFew(context, keyword) : await JobActions.RunAsync(context, keyword, rest);
            case "write": return rest.Count == 0 ? Keyword.TooFew(context, keyword) : await WriteScript.RunAsync(context, rest);
            default: return 0;
        }
    }

    /// <summary>The call whose failure Slurm would report.</summary>
    private static string ShowCall(IReadOnlyList<string> rest) => rest.Count == 0 ? "scontrol: error" : char.ToLowerInvariant(rest[0].Length > 0 ? rest[0][0] : ' ') switch
    {
        'j' => "slurm_load_jobs error",
        'n' => "slurm_load_node error",
        'p' => "slurm_load_partitions error",
        'r' => "slurm_load_reservations error",
        'l' => "slurm_load_licenses error",
        's' => "slurm_get_job_steps error",
        'c' => "slurm_load_ctl_conf error",
        _ => "scontrol: error",
    };
}
