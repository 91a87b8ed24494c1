using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Sacct;

/// <summary><c>sacct</c>: from the history, page by page.</summary>
public static class SacctCommand
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        var line = OptionParser.Parse(SacctOptions.Table, context.Arguments, stopAtOperand: false);
        if (line.Error is not null)
        {
            context.Error.WriteLine($"{context.Name}: {line.Error}");
            return 1;
        }
        if (Information(context, line) is { } done) return done;
        string format = line.Value("format") ?? (line.Has("brief") ? HistoryFields.Brief : line.Has("long") ? HistoryFields.Long : context.Environment.GetValueOrDefault("SACCT_FORMAT") ?? HistoryFields.Default);
        string? delimiter = line.Has("parsable") || line.Has("parsable2") ? line.Value("delimiter") ?? "|" : null;
        bool delimiterAtEnd = line.Options.FindLast(option => option.Id is "parsable" or "parsable2")?.Id == "parsable";
        if (!HistoryTable.TryCreate(format, delimiter, delimiterAtEnd, out var table, out string error))
        {
            context.Error.WriteLine(error);
            return 1;
        }
        if (!HistorySelector.TryRead(context, line, out var selector)) return 1;
        try
        {
            return line.Has("batch-script") ? await ScriptsAsync(context, selector) : await ListAsync(context, line, table, selector);
        }
        catch (ApiUnreachableException e)
        {
            context.Error.WriteLine($"{context.Name}: error: {Printable.Of(e.Message)}");
            return 1;
        }
        catch (ApiRefusedException e)
        {
            context.Out.Flush();
            context.Error.WriteLine($"{context.Name}: error: {Printable.Of(e.Refusal.Sentence)}");
            return 1;
        }
    }

    private static int? Information(CommandContext context, ParsedLine line)
    {
        if (line.Has("help")) { context.Out.Write(SacctOptions.Help); return 0; }
        if (line.Has("usage")) { context.Out.Write(SacctOptions.Usage); return 0; }
        if (line.Has("version")) { context.Out.Write(SlurmVersion.Line + "\n"); return 0; }
        if (line.Has("helpformat")) { NameColumns.Write(context.Out, HistoryFields.All.Select(field => field.Name)); return 0; }
        foreach (string later in (ReadOnlySpan<string>)["yaml", "completion", "env-vars"])
        {
            if (!line.Has(later)) continue;
            context.Error.WriteLine($"{context.Name}: error: --{later} is not supported yet by this version of Stint");
            return 1;
        }
        return null;
    }

    private static async Task<int> ListAsync(CommandContext context, ParsedLine line, HistoryTable table, HistorySelector selector)
    {
        string cluster = line.Has("json") || table.Prints("Cluster") ? (await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation)).Cluster : "";
        HistoryJson? json = line.Has("json") ? new HistoryJson() : null;
        if (json is null && !line.Has("noheader")) table.WriteHeading(context.Out);
        uint? after = null;
        do
        {
            var page = await context.Api.GetAsync(selector.Path(after), ApiJson.Default.HistoryList, context.Cancellation);
            var clock = new Clock(page.NowMs, context.Time.LocalTimeZone);
            foreach (var job in page.Jobs.Where(selector.Matches).OrderBy(job => job.JobId))
            {
                if (json is not null) { json.Add(job, clock); continue; }
                if (selector.MatchesAllocation(job)) table.Write(context.Out, new HistoryRow(job, null, clock, cluster));
                if (line.Has("allocations")) continue;
                foreach (var step in Steps(job).Where(step => selector.Matches(job, step))) table.Write(context.Out, new HistoryRow(job, step, clock, cluster));
            }
            if (page.Next is { } next && next == after) break;
            after = page.Next;
        }
        while (after is not null);
        json?.Write(context, cluster);
        return 0;
    }

    /// <summary>The batch step first, then by number.</summary>
    private static IEnumerable<StepView> Steps(JobView job) => job.Steps.OrderBy(step =>
        uint.TryParse(step.StepId.AsSpan(step.StepId.LastIndexOf('.') + 1), out uint number) ? number : -1L);

    private static async Task<int> ScriptsAsync(CommandContext context, HistorySelector selector)
    {
        if (selector.Jobs.Count == 0)
        {
            context.Error.WriteLine($"{context.Name}: fatal: -B/--batch-script and --env-vars can only be used with -j/--jobs");
            return 1;
        }
        foreach (var id in selector.Jobs)
        {
            await using var script = await context.Api.GetStreamAsync($"/api/v1/jobs/{id.JobId}/script", context.Cancellation);
            context.Out.Write($"Batch Script for {id.JobId}\n{new string('-', 80)}\n");
            context.Out.Flush();
            await script.CopyToAsync(context.RawOut, context.Cancellation);
            await context.RawOut.FlushAsync(context.Cancellation);
            context.Out.Write('\n');
        }
        return 0;
    }
}
