using Stint.Core;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Agents;
using Stint.Storage;

namespace Stint.Server.Features.Jobs;

/// <summary>POST /api/v1/jobs: the answer comes after the commit, so an acknowledged job survives anything.</summary>
internal static class Submit
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, Submission submission, Payloads payloads) =>
        routes.MapPost($"{Endpoints.Root}/jobs", context => HandleAsync(context, engine, submission, payloads))
            .Describe("submitJob", "Submits a job or an array").Takes<SubmitRequest>().Gives<SubmitResponse>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, Submission submission, Payloads payloads)
    {
        if (await Body.ReadAsync(context, Wire.Strict.SubmitRequest) is not { } request) return;
        var (spec, payload, refusal) = submission.Map(request, context.User());
        if (spec is null || payload is null)
        {
            await Reply.RefuseAsync(context, refusal!);
            return;
        }
        var (components, wrong) = HetSubmission.Map(request, spec, submission, context.User());
        if (wrong is not null)
        {
            await Reply.RefuseAsync(context, wrong);
            return;
        }
        if (request.TestOnly)
        {
            await SubmitTest.AnswerAsync(context, engine, spec);
            return;
        }
        var blob = Payloads.ToBlob(payload);
        spec.PayloadHash = blob.Hash;
        Command command = components.Count > 1 ? new SubmitHetJob(components) : new SubmitJob(spec);
        var (ok, decision) = await context.AskOrRefuseAsync(engine, batch => Decide(batch, command, payload, blob, payloads));
        if (!ok) return;
        if (decision.Refusal is { } no) await Reply.RefuseAsync(context, no);
        else await Reply.JsonAsync(context, new SubmitResponse(decision.Id), ApiJson.Default.SubmitResponse);
    }

    internal static Decision Decide(Engine.Batch batch, Command command, LaunchPayload payload, Blob blob, Payloads payloads)
    {
        var decision = batch.Decide(command);
        if (decision.Refusal is null && decision.Records.Count > 0)
        {
            batch.Store(blob);
            payloads.Keep(blob.Hash, payload, blob.Content.Length);
        }
        return decision;
    }
}
