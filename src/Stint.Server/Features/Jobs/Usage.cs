using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Agents;

namespace Stint.Server.Features.Jobs;

/// <summary>GET /api/v1/jobs/{id}/usage: to its owner and to operators, as sstat(1).</summary>
internal static class Usage
{
    private sealed record Known(uint JobId, uint? ArrayJobId, uint? ArrayTask, string[] Nodes, long NowMs);

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, UsageQueries queries) =>
        routes.MapGet($"{Endpoints.Root}/jobs/{{id}}/usage", context => HandleAsync(context, engine, queries)).Describe("showUsage", "What a job's steps use now").Gives<UsageList>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, UsageQueries queries)
    {
        if (await context.JobIdAsync() is not { } id) return;
        var user = context.User();
        var (ok, found) = await context.AskOrRefuseAsync(engine, batch =>
        {
            if (batch.Cluster.FindJob(id) is not { } job) return (Status: 404, Job: (Known?)null);
            if (!user.MaySee(job.Spec.Uid)) return (Status: 403, Job: (Known?)null);
            var nodes = new List<string>();
            if (job.IsActive) foreach (var share in job.Shares) if (!job.ReleasedNodes.Contains(share.Node)) nodes.Add(share.Node);
            return (Status: 200, Job: (Known?)new Known(job.Id, job.ArrayJobId, job.ArrayTask, [.. nodes], batch.Now.Milliseconds));
        });
        if (!ok) return;
        if (found.Status == 404) await Reply.RefuseAsync(context, 404, "invalid_job_id", $"there is no job {id} in the queue");
        else if (found.Status == 403) await Reply.RefuseAsync(context, 403, "access_denied", $"job {id} is another user's: its usage is shown to its owner only");
        else await Reply.JsonAsync(context, await CollectAsync(found.Job!, queries, context.RequestAborted), ApiJson.Default.UsageList);
    }

    private static async Task<UsageList> CollectAsync(Known job, UsageQueries queries, CancellationToken cancellation)
    {
        var asked = new Task<UsageReport?>[job.Nodes.Length];
        for (var i = 0; i < asked.Length; i++) asked[i] = queries.AskAsync(job.Nodes[i], job.JobId, cancellation);
        var (steps, silent) = (new List<StepUsageView>(), new List<string>());
        for (var i = 0; i < asked.Length; i++)
        {
            if (await asked[i] is not { } report) silent.Add(job.Nodes[i]);
            else foreach (var step in report.Steps) if (step.Key?.JobId == job.JobId) steps.Add(View(job, job.Nodes[i], step, report));
        }
        return new UsageList { NowMs = job.NowMs, JobId = job.JobId, Steps = [.. steps], Silent = [.. silent] };
    }

    private static StepUsageView View(Known job, string node, StepUsage used, UsageReport report)
    {
        var pressure = new List<PressureView>();
        foreach (var p in report.Pressure) pressure.Add(View(p));
        foreach (var p in used.Pressure) pressure.Add(View(p));
        return new StepUsageView
        {
            StepId = StepViews.Id(job.JobId, job.ArrayJobId, job.ArrayTask, used.Key.StepId), Node = node, AtMs = used.AtMs, Tasks = used.Tasks,
            MemoryBytes = used.MemoryBytes, PeakMemoryBytes = used.PeakMemoryBytes, MemoryLimitBytes = used.MemoryLimitBytes,
            MaxRssBytes = used.MaxRssBytes, MaxRssPid = used.MaxRssPid, MaxRssCommand = used.MaxRssCommand, VirtualBytes = used.VirtualBytes,
            CpuUserUs = used.CpuUserUs, CpuSystemUs = used.CpuSystemUs, Processes = used.Processes, PidsPeak = used.PidsPeak, PidsLimitHits = used.PidsLimitHits,
            OomKills = used.OomKills, ReadBytes = used.ReadBytes, WriteBytes = used.WriteBytes, EnergyUj = used.HasEnergyUj ? used.EnergyUj : null,
            EnergyIsShare = used.EnergyIsShare, Pressure = [.. pressure],
        };
    }

    private static PressureView View(Pressure p) => new(p.Scope, p.Resource, p.Some10S, p.Some60S, p.Full10S, p.Full60S, p.SomeUs, p.FullUs);
}
