using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Nodes;

/// <summary>POST /api/v1/nodes/{hostlist}/settings (operators): features and weight of nodes, until the server starts again and reads stint.yaml.</summary>
internal static class Settings
{
    private const int FeaturesMax = 256;

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapPost($"{Endpoints.Root}/nodes/{{name}}/settings", context => HandleAsync(context, engine))
            .Describe("setNodeSettings", "Changes features and weight of nodes").Takes<NodeSettingsRequest>().Gives<SelectionResult>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine)
    {
        if (await Body.ReadAsync(context, Wire.Strict.NodeSettingsRequest) is not { } request) return;
        var names = context.Request.RouteValues["name"] as string ?? "";
        var refusal = !context.User().Actor.IsOperator ? new Refusal(RefusalCodes.AccessDenied, "only operators change nodes")
            : request.Features is { } features && (features.Length is 0 or > FeaturesMax || !features.All(IsFeature))
                ? new Refusal(RefusalCodes.InvalidFeature, "features are 1 to 256 names of letters, digits, '_', '.', '-'", "To take all away, change stint.yaml and start the server again")
            : request.Weight is 0 ? new Refusal(RefusalCodes.InvalidRequest, "a node's weight is at least 1") : null;
        if (refusal is null)
        {
            var (ok, decided) = await context.AskOrRefuseAsync(engine, batch => Decide(batch, names, request));
            if (!ok) return;
            refusal = decided;
        }
        if (refusal is not null) await Reply.RefuseAsync(context, refusal);
        else await Reply.JsonAsync(context, new SelectionResult([new SelectionOutcome(names, null, "")]), ApiJson.Default.SelectionResult);
    }

    private static bool IsFeature(string name) => name is { Length: > 0 and <= 255 } && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '=' or '%');

    private static Refusal? Decide(Engine.Batch batch, string names, NodeSettingsRequest request)
    {
        if (!Hostlist.TryExpand(names, out var list, out _) || list.Count == 0) return new Refusal(RefusalCodes.InvalidNodeName, $"'{(names.Length > 80 ? names[..80] : names)}' is no list of nodes");
        foreach (var name in list)
            if (!batch.Cluster.Nodes.ContainsKey(name)) return new Refusal(RefusalCodes.InvalidNodeName, $"invalid node name specified: {name}", "sinfo -N lists the nodes");
        var config = batch.Cluster.Config.Clone();
        // Later entries win key by key; one that was written so is changed, so that they do not pile up.
        var entry = config.Nodes.Count > 0 && config.Nodes[^1] is var last && last.Nodes == names ? last : null;
        if (entry is null) config.Nodes.Add(entry = new NodeSpec { Nodes = names });
        if (request.Features is { } features)
        {
            entry.Features.Clear();
            entry.Features.Add(features);
        }
        if (request.Weight is { } weight) entry.Weight = weight;
        return batch.Decide(new Configure(config)).Refusal;
    }
}
