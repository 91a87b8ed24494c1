using Stint.Core;
using Stint.Core.Jobs;
using Stint.Protocol.Api;

namespace Stint.Server.Features.Jobs;

/// <summary>POST /api/v1/jobs/suspend and /resume (operators): of an array, its running tasks.</summary>
internal static class Suspend
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine)
    {
        routes.MapPost($"{Endpoints.Root}/jobs/suspend", async context =>
        {
            if (await Selection.ReadAsync(context) is { } selection)
                await selection.AnswerAsync(context, engine, (batch, target, actor) => target.ForEach(job => batch.Decide(new SuspendJob(job.Id, actor)).Refusal));
        }).Describe("suspendJobs", "Stops running jobs where they are").Takes<JobSelection>().Gives<SelectionResult>();
        routes.MapPost($"{Endpoints.Root}/jobs/resume", async context =>
        {
            if (await Selection.ReadAsync(context) is { } selection)
                await selection.AnswerAsync(context, engine, (batch, target, actor) => target.ForEach(job => batch.Decide(new ResumeJob(job.Id, actor)).Refusal));
        }).Describe("resumeJobs", "Lets suspended jobs go on").Takes<JobSelection>().Gives<SelectionResult>();
        routes.MapPost($"{Endpoints.Root}/jobs/top", async context =>
        {
            if (await Selection.ReadAsync(context) is not { } selection) return;
            // The order is that of the words, over all of them: one command.
            var ids = new List<uint>();
            await selection.AnswerAsync(context, engine, (_, target, _) =>
            {
                ids.Add(target.JobId);
                return null;
            }, (batch, actor) => batch.Decide(new TopJobs(ids, actor)).Refusal);
        }).Describe("topJobs", "Puts jobs before the other jobs of the same user").Takes<JobSelection>().Gives<SelectionResult>();
    }

    /// <summary>Done when it was done to one of them: of an array, tasks that are over are no error.</summary>
    public static Refusal? ForEach(this Target target, Func<Job, Refusal?> decide)
    {
        Refusal? first = null;
        var done = 0;
        foreach (var job in target.Each)
        {
            var refusal = decide(job);
            first ??= refusal;
            if (refusal is null) done++;
        }
        return done > 0 ? null : first;
    }
}
