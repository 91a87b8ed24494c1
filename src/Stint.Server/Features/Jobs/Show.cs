using Stint.Protocol.Api;

namespace Stint.Server.Features.Jobs;

/// <summary>GET /api/v1/jobs/{id}</summary>
internal static class Show
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapGet($"{Endpoints.Root}/jobs/{{id}}", context => HandleAsync(context, engine)).Describe("showJob", "One job with its steps").Gives<JobView>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine)
    {
        if (await context.JobIdAsync() is not { } id) return;
        var (ok, view) = await context.AskOrRefuseAsync(engine, batch => batch.Cluster.FindJob(id) is { } job ? JobViews.Of(batch.Cluster, job, steps: true, batch.Now) : null);
        if (!ok) return;
        await (view is null ? Reply.RefuseAsync(context, 404, "invalid_job_id", $"there is no job {id} in the queue", "Ended jobs are in the history: `sacct`")
            : Reply.JsonAsync(context, view, ApiJson.Default.JobView));
    }
}
