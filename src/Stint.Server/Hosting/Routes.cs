using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Stint.Protocol.Api;
using Stint.Server.Auth;
using Stint.Server.Features;
using Stint.Server.Features.Agents;
using Stint.Server.Features.Jobs;

namespace Stint.Server.Hosting;

/// <summary>All endpoints, and what every request passes on its way to one.</summary>
internal static class Routes
{
    public static void AddServices(IServiceCollection services)
    {
        services.AddRoutingCore();
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        services.AddOpenApi(options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "Stint";
                document.Info.Version = "v1";
                document.Servers?.Clear();
                return Task.CompletedTask;
            });
            options.AddOperationTransformer(AddBodyAsync);
        });
    }

    private static async Task AddBodyAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        foreach (var metadata in context.Description.ActionDescriptor.EndpointMetadata)
        {
            if (metadata is not TakesBody body) continue;
            var schema = await context.GetOrCreateSchemaAsync(body.Type, null, cancellation);
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = new() { Schema = schema } } };
        }
    }

    public static void Map(WebApplication app, ServerParts parts)
    {
        var gate = new Gate(parts.Users, parts.Operators, parts.Peers, parts.Logs.CreateLogger<Gate>());
        var unexpected = new Unexpected(parts.Logs.CreateLogger<Unexpected>());
        app.Use(next => context => unexpected.InvokeAsync(context, next));
        app.UseRouting();
        app.Use(next => context => gate.InvokeAsync(context, next));
        app.Use(next => context => Agents.CorkedUpgrade.InvokeAsync(context, next));
        app.UseWebSockets();
        MapJobs(app, parts);
        MapCluster(app, parts);
        app.MapOpenApi($"{Endpoints.Root}/openapi/{{documentName}}.json").Open();
        app.MapFallback("{*path}", context => Reply.RefuseAsync(context, 404, "not_found", $"there is no {context.Request.Method} {Shown(context)}", $"See {Endpoints.Root}/openapi/v1.json"));
    }

    private static void MapJobs(WebApplication app, ServerParts parts)
    {
        var submission = new Submission(parts.Config, parts.Users, () => parts.Space.Refusal);
        Submit.Map(app, parts.Engine, submission, parts.Payloads);
        List.Map(app, parts.Engine);
        Show.Map(app, parts.Engine);
        Explain.Map(app, parts.Engine, parts.History);
        Script.Map(app, parts.Engine, parts.Payloads);
        Usage.Map(app, parts.Engine, parts.Usage);
        Cancel.Map(app, parts.Engine, parts.Agents);
        Hold.Map(app, parts.Engine);
        Release.Map(app, parts.Engine);
        Requeue.Map(app, parts.Engine);
        Suspend.Map(app, parts.Engine);
        Update.Map(app, parts.Engine);
        Features.Run.Open.Map(app, parts.Runs, submission, parts.Stopping);
    }

    private static void MapCluster(WebApplication app, ServerParts parts)
    {
        Features.Nodes.List.Map(app, parts.Engine, parts.Agents);
        Features.Nodes.SetState.Map(app, parts.Engine, parts.Agents);
        Features.Nodes.Events.Map(app, parts.Engine, parts.Events, parts.Time);
        Features.Nodes.Audit.Map(app, parts.Agents);
        Features.Metrics.Show.Map(app, parts.Engine, parts.Usage);
        Features.Partitions.List.Map(app, parts.Engine);
        Features.Partitions.Change.Map(app, parts.Engine);
        Features.Nodes.Settings.Map(app, parts.Engine);
        Features.Reservations.List.Map(app, parts.Engine);
        Features.Reservations.Change.Map(app, parts.Engine);
        Features.Licenses.List.Map(app, parts.Engine);
        Features.Tiers.Show.Map(app, parts.Engine, parts.Agents, parts.Users, parts.Notices, parts.Greetings);
        Features.Tiers.Apply.Map(app, new Features.Tiers.Apply(parts.Engine, parts.Levels, parts.LimitsFiles, parts.Users));
        Features.Topology.Show.Map(app, parts.Config);
        Features.Config.Show.Map(app, parts.Config, parts.Identity, parts.Home, parts.Time);
        Features.Ping.Show.Map(app, parts.Engine, parts.Projector, parts.Identity, parts.Trouble);
        Features.History.ListJobs.Map(app, parts.Engine, parts.History, parts.Config, parts.Time);
        Features.Events.Watch.Map(app, parts.Feed, parts.Stopping);
        Features.Tokens.Issue.Map(app, parts.Engine, parts.Authority, () => $"https://{parts.Config.Listen.Address}:{parts.Identity.Port}");
        Ca.Map(app, parts.Authority);
        Join.Map(app, parts.Engine, parts.Authority, parts.Config.Cluster, parts.Logs.CreateLogger("Stint.Server.Features.Agents.Join"));
        Link.Map(app, parts.Link);
    }

    private static void Open(this IEndpointConventionBuilder endpoint) => endpoint.WithMetadata(new OpenTo(Audience.Local | Audience.Anyone));

    private static string Shown(HttpContext context)
    {
        var path = context.Request.Path.ToString();
        return path.Length <= 100 ? path : path[..100];
    }
}
