using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Auth;
using Stint.Server.History;
using Stint.Server.Hosting;

namespace Stint.Server.Features.Ping;

/// <summary>GET /api/v1/ping and GET /health: answered through the engine, so "UP" means that it decides and commits.</summary>
internal static class Show
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, Projector projector, ServerIdentity identity, Func<string> trouble)
    {
        foreach (var (path, name, who) in new[] { ("/health", "health", Audience.Local | Audience.Anyone | Audience.Node), ($"{Endpoints.Root}/ping", "ping", Audience.Local) })
            routes.MapGet(path, context => HandleAsync(context, engine, projector, identity, trouble)).Describe(name, "Is the server up").Gives<PingView>().Open(who);
    }

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, Projector projector, ServerIdentity identity, Func<string> trouble)
    {
        var (ok, counts) = await context.AskOrRefuseAsync(engine, batch =>
        {
            int nodes = 0, up = 0;
            foreach (var node in batch.Cluster.Nodes.Values)
            {
                nodes++;
                if (node.Availability == NodeAvailability.NodeUp) up++;
            }
            return (Nodes: nodes, Up: up, NowMs: batch.Now.Milliseconds);
        });
        if (!ok) return;
        var found = trouble();
        await Reply.JsonAsync(context, new PingView(identity.Cluster, identity.Host, identity.Version, found.Length == 0 ? "UP" : found, counts.NowMs, identity.StartMs,
            counts.Nodes, counts.Up, engine.Sequence, projector.Cursor, projector.Error), ApiJson.Default.PingView);
    }
}
