using Google.Protobuf;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.History;

namespace Stint.Server.Features.Jobs;

/// <summary>GET /api/v1/jobs/{id}/explain: requested → allocated → what the kernel was told and answered, and what ended it.</summary>
internal static class Explain
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, HistoryReader history) =>
        routes.MapGet($"{Endpoints.Root}/jobs/{{id}}/explain", context => HandleAsync(context, engine, history)).Describe("explainJob", "A job with its receipts").Gives<ExplainView>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, HistoryReader history)
    {
        if (await context.JobIdAsync() is not { } id) return;
        var (ok, view) = await context.AskOrRefuseAsync(engine, batch => batch.Cluster.FindJob(id) is { } job ? View(batch.Cluster, job, batch.Now) : null);
        if (!ok) return;
        view ??= await history.ExplainAsync(id, engine.Sequence, context.RequestAborted);
        await (view is null ? Reply.RefuseAsync(context, 404, "invalid_job_id", $"there is no job {id}") : Reply.JsonAsync(context, view, ApiJson.Default.ExplainView));
    }

    private static ExplainView View(Cluster cluster, Job job, Instant now)
    {
        var receipts = new List<StepReceiptView>();
        foreach (var step in job.Steps.Values)
            Add(receipts, StepViews.Id(job.Id, job.ArrayJobId, job.ArrayTask, step.Id), step.StartReports.Values, step.ExitReports.Values);
        return new ExplainView { Job = JobViews.Of(cluster, job, steps: true, now), Steps = [.. receipts], Pending = PendingViews.Of(cluster, job, now) };
    }

    /// <summary>One entry per node: the receipt of the exit report if there is one (it is the newer), else of the start.</summary>
    public static void Add(List<StepReceiptView> to, string stepId, IEnumerable<StepStarted> started, IEnumerable<StepExited> exited)
    {
        var nodes = new SortedDictionary<string, (StepStarted? Started, StepExited? Exited)>(StringComparer.Ordinal);
        foreach (var report in started) nodes[report.Node] = (report, null);
        foreach (var report in exited) nodes[report.Node] = (nodes.GetValueOrDefault(report.Node).Started, report);
        foreach (var (node, reports) in nodes) to.Add(Of(stepId, node, reports.Started, reports.Exited));
    }

    private static StepReceiptView Of(string stepId, string node, StepStarted? started, StepExited? exited)
    {
        var exit = exited is null ? null : Parse(StepExitedReport.Parser, exited.Report);
        var receipt = exit?.Receipt is { Rows.Count: > 0 } last ? last : started is null ? null : Parse(Receipt.Parser, started.Receipt);
        var measured = exit?.Measured;
        return new StepReceiptView
        {
            StepId = stepId, Node = node, Kernel = receipt?.Kernel ?? "", Group = receipt?.Group ?? "", Rows = Rows(receipt), Notes = receipt is null ? [] : [.. receipt.Notes],
            State = exited is null ? "RUNNING" : JobStates.Name(exited.Kind), Cause = exited?.Cause ?? "",
            PeakMemoryBytes = measured?.PeakMemoryBytes ?? exited?.PeakMemoryBytes ?? 0, MemoryLimitBytes = measured?.MemoryLimitBytes ?? 0,
            OomKills = measured?.OomKills ?? 0, OomLevel = measured?.OomLevel ?? "", OomGroup = measured?.OomGroup ?? "",
            PidsPeak = measured?.PidsPeak ?? 0, PidsLimitHits = measured?.PidsLimitHits ?? 0,
            CpuUserUs = exited?.CpuUserUs ?? 0, CpuSystemUs = exited?.CpuSystemUs ?? 0,
        };
    }

    private static ReceiptRowView[] Rows(Receipt? receipt)
    {
        if (receipt is null) return [];
        var rows = new ReceiptRowView[receipt.Rows.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = receipt.Rows[i];
            rows[i] = new ReceiptRowView(row.Resource, row.Requested, row.Allocated, row.File, row.Written, row.ReadBack, row.Enforced, row.WhyNot);
        }
        return rows;
    }

    /// <summary>The bytes are an agent's own; a version that wrote something else must not break the view.</summary>
    private static T? Parse<T>(MessageParser<T> parser, ByteString bytes) where T : class, IMessage<T>
    {
        try
        {
            return bytes.IsEmpty ? null : parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
