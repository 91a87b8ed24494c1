using Stint.Core;
using Stint.Protocol.Api;

namespace Stint.Server.Features.Jobs;

/// <summary>POST /api/v1/jobs/hold</summary>
internal static class Hold
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapPost($"{Endpoints.Root}/jobs/hold", async context =>
        {
            if (await Selection.ReadAsync(context) is { } selection)
                await selection.AnswerAsync(context, engine, (batch, target, actor) => batch.Decide(new HoldJob(target.JobId, actor, target.Tasks, selection.Asked.AsUser)).Refusal);
        }).Describe("holdJobs", "Keeps pending jobs from starting").Takes<JobSelection>().Gives<SelectionResult>();
}
