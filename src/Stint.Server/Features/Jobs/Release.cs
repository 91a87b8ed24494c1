using Stint.Core;
using Stint.Protocol.Api;

namespace Stint.Server.Features.Jobs;

/// <summary>POST /api/v1/jobs/release</summary>
internal static class Release
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapPost($"{Endpoints.Root}/jobs/release", async context =>
        {
            if (await Selection.ReadAsync(context) is { } selection)
                await selection.AnswerAsync(context, engine, (batch, target, actor) => batch.Decide(new ReleaseJob(target.JobId, actor, target.Tasks)).Refusal);
        }).Describe("releaseJobs", "Lets held jobs start").Takes<JobSelection>().Gives<SelectionResult>();
}
