using Stint.Server.Agents;

namespace Stint.Server.Features.Jobs;

/// <summary>GET /api/v1/jobs/{id}/script: the batch script as submitted, to its owner and to operators.</summary>
internal static class Script
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, Payloads payloads) =>
        routes.MapGet($"{Endpoints.Root}/jobs/{{id}}/script", context => HandleAsync(context, engine, payloads)).Describe("showScript", "The script of a job (its owner only)");

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, Payloads payloads)
    {
        if (await context.JobIdAsync() is not { } id) return;
        var user = context.User();
        var (ok, found) = await context.AskOrRefuseAsync(engine, batch =>
        {
            if (batch.Cluster.FindJob(id) is not { } job) return (Status: 404, Script: null);
            if (!user.MaySee(job.Spec.Uid)) return (Status: 403, Script: null);
            return (Status: 200, payloads.Find(job.Spec.PayloadHash)?.Script);
        });
        if (!ok) return;
        if (found.Status == 404) await Reply.RefuseAsync(context, 404, "invalid_job_id", $"there is no job {id} in the queue");
        else if (found.Status == 403) await Reply.RefuseAsync(context, 403, "access_denied", $"job {id} is another user's: its script is shown to its owner only");
        else if (found.Script is not { Length: > 0 } script) await Reply.RefuseAsync(context, 404, "not_found", $"job {id} has no script");
        else
        {
            context.Response.ContentType = "application/octet-stream";
            await context.Response.Body.WriteAsync(script.Memory, context.RequestAborted);
        }
    }
}
