using Stint.Core;
using Stint.Protocol.Api;

namespace Stint.Server.Features.Jobs;

/// <summary>GET /api/v1/jobs: filters first, then only what matched is mapped. Everybody may see the list, nobody the scripts and environments.</summary>
internal static class List
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapGet($"{Endpoints.Root}/jobs", context => HandleAsync(context, engine)).Describe("listJobs", "Jobs in the queue and recently ended ones").Gives<JobList>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine)
    {
        var (filter, error) = JobFilter.Read(context.Request.Query);
        if (filter is null)
        {
            await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, error!);
            return;
        }
        var (ok, list) = await context.AskOrRefuseAsync(engine, batch =>
        {
            var views = new List<JobView>();
            foreach (var job in filter.Select(batch.Cluster)) views.Add(JobViews.Of(batch.Cluster, job, filter.Steps, batch.Now));
            return new JobList(batch.Now.Milliseconds, [.. views]);
        });
        if (ok) await Reply.JsonStreamAsync(context, list!, ApiJson.Default.JobList);
    }
}
