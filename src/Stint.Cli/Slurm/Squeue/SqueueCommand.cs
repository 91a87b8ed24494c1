using System.Globalization;
using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Squeue;

/// <summary><c>squeue</c>.</summary>
public static class SqueueCommand
{
    private const string JobDefault = "%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R";
    private const string JobLong = "%.18i %.9P %.8j %.8u %.8T %.10M %.9l %.6D %R";
    private const string JobStart = "%.18i %.9P %.8j %.8u %.2t %.19S %.6D %20Y %R";
    private const string StepDefault = "%.15i %.8j %.9P %.8u %.9M %N";

    public static async Task<int> RunAsync(CommandContext context)
    {
        var line = OptionParser.Parse(SqueueOptions.Table, context.Arguments, stopAtOperand: false);
        if (line.Error is not null)
        {
            context.Error.WriteLine($"{context.Name}: {line.Error}\nTry \"{context.Name} --help\" for more information");
            return 1;
        }
        if (Information(context, line) is { } done) return done;
        if (!Check(context, line, out int pauseSeconds) || !JobSelector.TryRead(context, line, out var selector)) return 1;
        while (true)
        {
            int code;
            try
            {
                code = await OnceAsync(context, line, selector, pauseSeconds > 0);
            }
            catch (ApiUnreachableException e) { code = Unreachable.Report(context, "slurm_load_jobs error", e); }
            catch (ApiRefusedException e) { code = Unreachable.Report(context, "slurm_load_jobs error", e); }
            if (pauseSeconds == 0) return code;
            context.Out.Write('\n');
            context.Out.Flush();
            await Task.Delay(TimeSpan.FromSeconds(pauseSeconds), context.Time, context.Cancellation);
        }
    }

    private static int? Information(CommandContext context, ParsedLine line)
    {
        if (line.Has("help")) { context.Out.Write(SqueueOptions.Help); return 0; }
        if (line.Has("usage")) { context.Out.Write(SqueueOptions.Usage); return 0; }
        if (line.Has("version")) { context.Out.Write(SlurmVersion.Line + "\n"); return 0; }
        if (!line.Has("helpFormat")) return null;
        NameColumns.Write(context.Out, JobFields.Table.All.Where(field => field.Names.Length > 0).Select(field => field.Names[0]));
        return 0;
    }

    private static bool Check(CommandContext context, ParsedLine line, out int pauseSeconds)
    {
        pauseSeconds = 0;
        if (line.Operands.Count > 0 && !line.Has("jobs") && !line.Has("steps"))
        {
            context.Error.WriteLine($"{context.Name}: error: Unrecognized option: {Printable.Of(context.Arguments[line.Operands[0]])}");
            context.Error.Write(SqueueOptions.Usage);
            return false;
        }
        if (line.Value("iterate") is { } pause && (!int.TryParse(pause, NumberStyles.None, CultureInfo.InvariantCulture, out pauseSeconds) || pauseSeconds == 0))
        {
            context.Error.WriteLine($"{context.Name}: error: --iterate={Printable.Of(pause)}\n");
            return false;
        }
        if (line.Has("long") && (line.Has("format") || line.Has("Format")))
        {
            context.Error.WriteLine($"{context.Name}: fatal: Options -o(--format) and -l(--long) are mutually exclusive. Please remove one and retry.");
            return false;
        }
        if (line.Has("yaml"))
        {
            context.Error.WriteLine($"{context.Name}: error: YAML output is not supported yet by this version of Stint; use --json");
            return false;
        }
        return true;
    }

    private static async Task<int> OnceAsync(CommandContext context, ParsedLine line, JobSelector selector, bool again)
    {
        if (selector.FiltersNodes && await UnknownNodeAsync(context, selector) is { } stranger)
        {
            context.Error.WriteLine($"{context.Name}: error: Invalid node name {Printable.Of(stranger)}");
            return 1;
        }
        bool steps = line.Has("steps");
        var list = await context.Api.GetAsync(selector.Path(steps), ApiJson.Default.JobList, context.Cancellation);
        if (selector.Jobs is [var only] && only.Tasks is null && !Array.Exists(list.Jobs, job => job.JobId == only.JobId || job.ArrayJobId == only.JobId))
        {
            context.Error.WriteLine("slurm_load_jobs error: Invalid job id specified");
            return 1;
        }
        var clock = new Clock(list.NowMs, context.Time.LocalTimeZone);
        bool banner = again || (line.Has("long") && !line.Has("noheader"));
        if (line.Has("json"))
        {
            var config = await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation);
            JobsJson.Write(context, list.Jobs.Where(selector.Matches).OrderBy(job => job.JobId), list.NowMs, config.Cluster);
            return 0;
        }
        if (banner) context.Out.Write(clock.Banner() + "\n");
        return steps ? PrintSteps(context, line, selector, list, clock) : await PrintJobsAsync(context, line, selector, list, clock);
    }

    private static async Task<string?> UnknownNodeAsync(CommandContext context, JobSelector selector)
    {
        var nodes = await context.Api.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList, context.Cancellation);
        return selector.Nodes.FirstOrDefault(name => !Array.Exists(nodes.Nodes, node => node.Name == name || node.Hostname == name));
    }

    private static async Task<int> PrintJobsAsync(CommandContext context, ParsedLine line, JobSelector selector, JobList list, Clock clock)
    {
        bool fallback = line.Value("format") is null && line.Value("Format") is null && !line.Has("long") && !line.Has("start");
        string? names = line.Value("Format") ?? (fallback && !context.Environment.ContainsKey("SQUEUE_FORMAT") ? context.Environment.GetValueOrDefault("SQUEUE_FORMAT2") : null);
        string letters = line.Value("format") ?? (line.Has("long") ? JobLong : line.Has("start") ? JobStart : context.Environment.GetValueOrDefault("SQUEUE_FORMAT") ?? JobDefault);
        var format = names is not null && line.Value("format") is null
            ? NameFormat.Parse(names, JobFields.Table, bad => context.Error.WriteLine($"{context.Name}: error: Invalid job format specification: {Printable.Of(bad)}"))
            : PercentFormat.Parse(letters, JobFields.Table, bad => context.Error.WriteLine($"{context.Name}: error: Invalid job format specification: {bad}"));
        string cluster = format.Fields().Any(field => field.Heading == "CLUSTER")
            ? (await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation)).Cluster : "";
        bool expand = line.Has("array") || line.Has("array-unique") || context.Environment.ContainsKey("SQUEUE_ARRAY");
        var rows = list.Jobs.Where(selector.Matches).OrderBy(job => job.ArrayJobId ?? job.JobId).ThenBy(job => job.ArrayTaskId ?? uint.MaxValue)
            .Select(job => new JobRow(job, clock, cluster)).SelectMany(selector.Narrow).SelectMany(row => expand ? row.Expand() : [row]).ToList();
        string order = line.Value("sort") ?? context.Environment.GetValueOrDefault("SQUEUE_SORT") ?? (line.Has("start") ? "S" : "P,t,-p");
        return Print(context, line, format, rows, order, JobFields.Table);
    }

    private static int PrintSteps(CommandContext context, ParsedLine line, JobSelector selector, JobList list, Clock clock)
    {
        var format = line.Value("Format") is { } names
            ? NameFormat.Parse(names, StepFields.Table, bad => context.Error.WriteLine($"{context.Name}: error: Invalid job step format specification: {Printable.Of(bad)}"))
            : PercentFormat.Parse(line.Value("format") ?? StepDefault, StepFields.Table, bad => context.Error.WriteLine($"{context.Name}: error: Invalid job step format specification: {bad}"));
        var rows = new List<StepRow>();
        foreach (var job in list.Jobs.Where(selector.Matches))
            foreach (var step in job.Steps.Where(step => !JobStates.IsEnded(step.State) && selector.MatchesStep(step))) rows.Add(new StepRow(step, job, clock));
        return Print(context, line, format, rows, line.Value("sort") ?? "P,i", StepFields.Table);
    }

    private static int Print<TRow>(CommandContext context, ParsedLine line, LineFormat<TRow> format, List<TRow> rows, string order, FieldTable<TRow> fields)
    {
        if (!line.Has("noheader")) format.WriteHeading(context.Out);
        if (!SortOrder.TrySort(rows, order, fields, out char unknown))
        {
            context.Out.Flush();
            context.Error.WriteLine($"{context.Name}: error: Invalid sort specification: {unknown}");
            return 1;
        }
        format.Write(context.Out, rows);
        return 0;
    }
}
