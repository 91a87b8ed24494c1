using Stint.Core;
using Stint.Protocol.Api;
using Stint.Server.Engine;

namespace Stint.Server.Features.Jobs;

/// <summary>POST /api/v1/jobs/requeue: each job that is meant goes back to the queue; of an array, its started tasks.</summary>
internal static class Requeue
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapPost($"{Endpoints.Root}/jobs/requeue", async context =>
        {
            if (await Selection.ReadAsync(context) is { } selection) await selection.AnswerAsync(context, engine, Decide);
        }).Describe("requeueJobs", "Ends jobs and puts them back into the queue").Takes<JobSelection>().Gives<SelectionResult>();

    private static Refusal? Decide(Batch batch, Target target, Actor actor)
    {
        Refusal? first = null;
        var done = 0;
        foreach (var job in target.Each)
        {
            var refusal = batch.Decide(new RequeueJob(job.Id, actor)).Refusal;
            first ??= refusal;
            if (refusal is null) done++;
        }
        return done > 0 ? null : first;
    }
}
