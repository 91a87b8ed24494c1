using Microsoft.AspNetCore.Http.Features;
using Stint.Server.Agents;
using Stint.Server.Auth;

namespace Stint.Server.Features.Agents;

/// <summary>GET /api/v1/agents/link: the WebSocket of a node, behind its own certificate.</summary>
internal static class Link
{
    public static void Map(IEndpointRouteBuilder routes, LinkProtocol link) =>
        routes.MapGet($"{Endpoints.Root}/agents/link", context => HandleAsync(context, link))
            .Describe("linkAgent", "The link of a node's agent (WebSocket, protobuf)").Open(Audience.Node);

    private static async Task HandleAsync(HttpContext context, LinkProtocol link)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Reply.RefuseAsync(context, 400, "websocket_required", "this path takes WebSocket connections only");
            return;
        }
        var caller = (Caller.Remote)context.Caller();
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.FromSeconds(20), KeepAliveTimeout = TimeSpan.FromSeconds(20) });
        await link.ServeAsync(socket, ((CorkedUpgrade)context.Features.GetRequiredFeature<IHttpUpgradeFeature>()).Stream!, caller.Node!, caller.Thumbprint!, context.Connection.RemoteIpAddress?.ToString() ?? "", context.RequestAborted);
    }
}
