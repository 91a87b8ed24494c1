using System.Globalization;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Configuration;
using Stint.Server.Features.Jobs;
using Stint.Server.History;
using Stint.Storage;

namespace Stint.Server.Features.History;

/// <summary>GET /api/v1/history/jobs: what sacct shows. Filters as query parameters; paged by <c>after</c>.</summary>
internal static class ListJobs
{
    private const int LimitMax = 10_000;

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, HistoryReader history, ServerConfig config, TimeProvider time)
    {
        // Billing weights are those of today.
        PartitionSpec[] partitions = [.. config.Partitions.Select(static partition => partition.ToSpec())];
        routes.MapGet($"{Endpoints.Root}/history/jobs", context => HandleAsync(context, engine, history, partitions, time)).Describe("listHistory", "Jobs of the past and present, for accounting").Gives<HistoryList>();
    }

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, HistoryReader history, PartitionSpec[] partitions, TimeProvider time)
    {
        var (query, states, error) = Read(context.Request.Query);
        if (query is null)
        {
            await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, error!);
            return;
        }
        try
        {
            var jobs = await history.QueryAsync(query, engine.Sequence, context.RequestAborted);
            var views = new List<JobView>(jobs.Count);
            uint last = 0;
            foreach (var job in jobs)
            {
                last = Math.Max(last, job.JobId);
                if (states is null || states.Contains(job.State)) views.Add(HistoryViews.Of(job, partitions));
            }
            await Reply.JsonStreamAsync(context, new HistoryList(time.GetUtcNow().ToUnixTimeMilliseconds(), [.. views], jobs.Count >= query.Limit ? last : null), ApiJson.Default.HistoryList);
        }
        catch (HistoryUnavailableException e)
        {
            await Reply.RefuseAsync(context, 503, "history_unavailable", $"the history cannot be read: {e.Message}", "Scheduling goes on; the history catches up when its database is back");
        }
    }

    private static (HistoryQuery? Query, HashSet<string>? States, string? Error) Read(IQueryCollection parameters)
    {
        var query = new HistoryQuery();
        HashSet<string>? states = null;
        foreach (var (key, values) in parameters)
        {
            var text = values.ToString();
            if (TextRules.Error(key, text, 65_536) is { } error) return (null, null, error);
            switch (key)
            {
                case "user": query = query with { User = text }; break;
                case "partition": query = query with { Partition = text }; break;
                case "name": query = query with { Name = text }; break;
                case "state":
                    states = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
                    foreach (var state in text.Split(',', StringSplitOptions.RemoveEmptyEntries)) states.Add(JobStates.Long(state));
                    break;
                case "job":
                    if (JobIds(text) is not { } ids) return (null, null, "Invalid job id specified");
                    query = query with { Jobs = ids };
                    break;
                case "start_ms" when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var start): query = query with { StartMs = start }; break;
                case "end_ms" when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var end): query = query with { EndMs = end }; break;
                case "limit" when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= LimitMax: query = query with { Limit = limit }; break;
                case "after" when uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after): query = query with { After = after }; break;
                case "start_ms" or "end_ms" or "limit" or "after": return (null, null, $"{key} is no number in its range");
                default: return (null, null, $"unknown parameter '{(key.Length > 40 ? key[..40] : key)}'");
            }
        }
        return (query, states, null);
    }

    private static List<uint>? JobIds(string text)
    {
        var ids = new List<uint>();
        foreach (var item in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!JobIdSpec.TryParse(item, out var id, out _)) return null;
            ids.Add(id!.JobId);
        }
        return ids;
    }
}
