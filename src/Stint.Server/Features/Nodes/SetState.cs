using Stint.Core;
using Stint.Protocol.Api;
using Stint.Server.Agents;

namespace Stint.Server.Features.Nodes;

/// <summary>POST /api/v1/nodes/{name}/state (operators).</summary>
internal static class SetState
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, AgentDirectory agents) =>
        routes.MapPost($"{Endpoints.Root}/nodes/{{name}}/state", context => HandleAsync(context, engine, agents))
            .Describe("setNodeState", "Drains, resumes or downs a node").Takes<NodeStateRequest>().Gives<SelectionResult>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, AgentDirectory agents)
    {
        if (await Body.ReadAsync(context, Wire.Strict.NodeStateRequest) is not { } request) return;
        var name = context.Request.RouteValues["name"] as string ?? "";
        if (TextRules.Error("reason", request.Reason, 1_024) is { } error)
        {
            await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, error);
            return;
        }
        var by = context.User().Actor;
        var command = request.State.ToUpperInvariant() switch
        {
            "DRAIN" => new UpdateNode(name, by, true, null, request.Reason) { State = NodeTarget.Drain },
            "RESUME" => new UpdateNode(name, by, false, false, "") { State = NodeTarget.Resume },
            "IDLE" => new UpdateNode(name, by, false, false, "") { State = NodeTarget.Idle },
            "UNDRAIN" => new UpdateNode(name, by, false, null, "") { State = NodeTarget.Undrain },
            "DOWN" => new UpdateNode(name, by, null, true, request.Reason) { State = NodeTarget.Down },
            "FAIL" => new UpdateNode(name, by, null, null, request.Reason) { State = NodeTarget.Fail },
            "FUTURE" => new UpdateNode(name, by, null, null, request.Reason) { State = NodeTarget.Future },
            "NO_RESPOND" => new UpdateNode(name, by, null, null, request.Reason) { State = NodeTarget.NotResponding },
            _ => null,
        };
        if (command is null)
        {
            await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, "state is DRAIN, RESUME, DOWN, IDLE, UNDRAIN, FAIL, FUTURE or NO_RESPOND");
            return;
        }
        if (!by.IsOperator)
        {
            await Reply.RefuseAsync(context, 403, RefusalCodes.AccessDenied, "only operators change the state of nodes");
            return;
        }
        var (ok, decision) = await context.AskOrRefuseAsync(engine, batch => Decide(batch, command, agents));
        if (!ok) return;
        if (decision.Refusal is { } refusal)
            await Reply.RefuseAsync(context, refusal.Code == RefusalCodes.InvalidNodeName ? 404 : Reply.StatusOf(refusal.Code), refusal.Code, refusal.Sentence, refusal.Remedy);
        else await Reply.JsonAsync(context, new SelectionResult([new SelectionOutcome(name, null, "")]), ApiJson.Default.SelectionResult);
    }

    /// <summary>A node that an admin takes back counts as up in the core; whether it is linked is known here alone.</summary>
    internal static Decision Decide(Engine.Batch batch, UpdateNode command, AgentDirectory agents)
    {
        var decision = batch.Decide(command);
        if (decision.Refusal is null && decision.Records.Count > 0 && agents.Find(command.Node) is null) batch.Decide(new LoseNode(command.Node));
        return decision;
    }
}
