using System.Globalization;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Agents;

namespace Stint.Server.Features.Nodes;

/// <summary>GET /api/v1/nodes/events: to operators; a user sees the events of a job that is asked for by number and is the user's own.</summary>
internal static class Events
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, NodeEvents events, TimeProvider time) =>
        routes.MapGet($"{Endpoints.Root}/nodes/events", context => HandleAsync(context, engine, events, time)).Describe("listNodeEvents", "What nodes reported lately").Gives<NodeEventList>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, NodeEvents events, TimeProvider time)
    {
        string? node = context.Request.Query["node"], text = context.Request.Query["job"];
        uint? job = null;
        if (text is not null)
        {
            if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                await Reply.RefuseAsync(context, 400, "invalid_job_id", "job is a job's number");
                return;
            }
            job = id;
        }
        var user = context.User();
        var found = events.Find(node, job);
        var (ok, isOwner) = await context.AskOrRefuseAsync(engine, batch => job is { } id && batch.Cluster.FindJob(id) is { } known && user.MaySee(known.Spec.Uid));
        if (!ok) return;
        if (!isOwner) found.RemoveAll(e => !user.IsOperator && (e.Event.Key is null || !user.MaySee(e.Event.Uid)));
        var views = new NodeEventView[found.Count];
        for (var i = 0; i < views.Length; i++) views[i] = View(found[i].Node, found[i].Event);
        await Reply.JsonAsync(context, new NodeEventList(time.GetUtcNow().ToUnixTimeMilliseconds(), views), ApiJson.Default.NodeEventList);
    }

    private static NodeEventView View(string node, NodeEvent happened) => new(node, Name(happened.Kind), happened.Key?.JobId, happened.Sentence, happened.DrainReason, happened.AtMs);

    private static string Name(NodeEventKind kind) => kind switch
    {
        NodeEventKind.EventOutOfMemory => "out_of_memory",
        NodeEventKind.EventPidsLimit => "pids_limit",
        NodeEventKind.EventStall => "stall",
        NodeEventKind.EventDrift => "drift",
        NodeEventKind.EventHook => "hook",
        NodeEventKind.EventHealth => "health",
        NodeEventKind.EventUnkillable => "unkillable",
        NodeEventKind.EventOutside => "outside",
        NodeEventKind.EventDevice => "device",
        _ => "unknown",
    };
}
