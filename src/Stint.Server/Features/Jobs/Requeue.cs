using Stint.Core;
using Stint.Protocol.Api;

namespace Stint.Server.Features.Jobs;

/// <summary>POST /api/v1/jobs/requeue: each job that is meant goes back to the queue; of an array, its started tasks.</summary>
internal static class Requeue
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapPost($"{Endpoints.Root}/jobs/requeue", async context =>
        {
            if (await Selection.ReadAsync(context) is { } selection)
                await selection.AnswerAsync(context, engine, (batch, target, actor) => target.ForEach(job => batch.Decide(new RequeueJob(job.Id, actor, selection.Asked.Hold)).Refusal));
        }).Describe("requeueJobs", "Ends jobs and puts them back into the queue").Takes<JobSelection>().Gives<SelectionResult>();
}
