using Stint.Core;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Agents;

namespace Stint.Server.Features.Nodes;

/// <summary>POST /api/v1/nodes/{name}/audit: the node reads every live limit again now. What it finds comes as events (GET nodes/events).</summary>
internal static class Audit
{
    public static void Map(IEndpointRouteBuilder routes, AgentDirectory agents) =>
        routes.MapPost($"{Endpoints.Root}/nodes/{{name}}/audit", context => HandleAsync(context, agents)).Describe("auditNode", "Read a node's live limits again").Gives<SelectionResult>();

    private static async Task HandleAsync(HttpContext context, AgentDirectory agents)
    {
        var name = context.Request.RouteValues["name"] as string ?? "";
        if (!context.User().IsOperator)
        {
            await Reply.RefuseAsync(context, 403, RefusalCodes.AccessDenied, "only operators have nodes audited");
            return;
        }
        if (agents.Find(name) is not { } session)
        {
            await Reply.RefuseAsync(context, 404, RefusalCodes.InvalidNodeName, "there is no node of that name, or it has no link now", "sinfo -N lists the nodes");
            return;
        }
        session.Send(new ToAgent { Audit = new AuditRequest() });
        await Reply.JsonAsync(context, new SelectionResult([new SelectionOutcome(name, null, "")]), ApiJson.Default.SelectionResult);
    }
}
