using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Stint.Protocol.Api;
using Stint.Server.Auth;
using Stint.Server.Engine;

namespace Stint.Server.Features;

/// <summary>What every endpoint file leans on.</summary>
internal static class Endpoints
{
    public const string Root = "/api/v1";
    private static readonly MethodInfo Anything = ((Delegate)Nothing).Method;

    /// <summary>The local user; only behind the gate, which lets nobody else through by default.</summary>
    public static Caller.Local User(this HttpContext context) => (Caller.Local)context.Features.Get<CallerFeature>()!.Caller;

    public static Caller Caller(this HttpContext context) => context.Features.Get<CallerFeature>()!.Caller;

    private static Task Nothing(HttpContext context) => Task.CompletedTask;

    /// <summary>Describes an endpoint for the OpenAPI document.</summary>
    public static RouteHandlerLike Describe(this IEndpointConventionBuilder endpoint, string name, string summary)
    {
        // The document's generator lists endpoints that have a method; ours are delegates, so they share one that takes nothing.
        endpoint.WithMetadata(Anything, new EndpointNameMetadata(name), new EndpointSummaryAttribute(summary));
        return new RouteHandlerLike(endpoint);
    }

    /// <summary>The answer of the engine, or a refusal sent.</summary>
    public static async Task<(bool Ok, T? Value)> AskOrRefuseAsync<T>(this HttpContext context, Engine.Engine engine, Func<Batch, T> ask)
    {
        try
        {
            return (true, await engine.AskAsync(ask));
        }
        catch (EngineBusyException e)
        {
            await Reply.RefuseAsync(context, 503, "busy", e.Message, "Try again in a moment");
        }
        catch (EngineStoppedException e)
        {
            await Reply.RefuseAsync(context, 503, "stopping", e.Message, "Try again after its restart");
        }
        return (false, default);
    }

    /// <summary>A job's number in the route; refuses anything else.</summary>
    public static async Task<uint?> JobIdAsync(this HttpContext context)
    {
        var text = context.Request.RouteValues["id"] as string ?? "";
        if (uint.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id) && id > 0) return id;
        await Reply.RefuseAsync(context, 404, "invalid_job_id", $"'{(text.Length > 40 ? text[..40] : text)}' is no job id");
        return null;
    }
}

/// <summary>For the OpenAPI document only: a wrong Content-Type is no reason to refuse valid JSON.</summary>
internal sealed record TakesBody(Type Type);

/// <summary>Fluent OpenAPI metadata without the reflection of typed handlers.</summary>
internal readonly struct RouteHandlerLike(IEndpointConventionBuilder endpoint)
{
    public RouteHandlerLike Takes<T>()
    {
        endpoint.WithMetadata(new TakesBody(typeof(T)));
        return this;
    }

    public RouteHandlerLike Gives<T>()
    {
        endpoint.WithMetadata(new ProducesResponseTypeMetadata(200, typeof(T), ["application/json"]),
            new ProducesResponseTypeMetadata(400, typeof(RefusalView), ["application/json"]));
        return this;
    }

    public RouteHandlerLike Open(Audience who)
    {
        endpoint.WithMetadata(new OpenTo(who));
        return this;
    }
}
