using Microsoft.AspNetCore.Http.Features;

namespace Stint.Server.Agents;

/// <summary>Puts a <see cref="CorkedStream"/> between a WebSocket and its connection; set before the WebSocket middleware looks.</summary>
internal sealed class CorkedUpgrade(IHttpUpgradeFeature inner) : IHttpUpgradeFeature
{
    /// <summary>Set once the WebSocket is accepted.</summary>
    public CorkedStream? Stream { get; private set; }

    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync() => Stream = new CorkedStream(await inner.UpgradeAsync());

    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade) context.Features.Set<IHttpUpgradeFeature>(new CorkedUpgrade(upgrade));
        return next(context);
    }
}
