using System.Globalization;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Stint.Server.Features;

namespace Stint.Server.Auth;

/// <summary>
/// What a request may reach, by where it came in: everything on the local socket; on the TLS port only joining and health, and
/// with a node's certificate only the agent link. An endpoint says so itself with <see cref="OpenTo"/>; the default is local.
/// </summary>
internal sealed partial class Gate(Users users, Operators operators, IPeerCredentials credentials, ILogger<Gate> log)
{
    private readonly uint own = Libc.EffectiveUid;

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var caller = CallerOf(context);
        if (context.Request.Headers.TryGetValue(OnBehalf.Header, out var wanted))
        {
            if (Lowered(caller, wanted) is not { } lowered)
            {
                Log.NotForOthers(log, caller is Caller.Local local ? local.Peer.Uid.ToString(CultureInfo.InvariantCulture) : "the TLS port");
                return Reply.RefuseAsync(context, 403, "access_denied", "you cannot ask on behalf of another user");
            }
            // For this request alone: the next one on the connection may be another user's.
            caller = lowered;
        }
        var open = context.GetEndpoint()?.Metadata.GetMetadata<OpenTo>()?.Who ?? Audience.Local;
        var allowed = caller switch
        {
            Caller.Local => (open & Audience.Local) != 0,
            Caller.Remote { Node: null } => (open & Audience.Anyone) != 0,
            Caller.Remote => (open & Audience.Node) != 0,
            _ => false,
        };
        if (allowed || context.GetEndpoint() is null && caller is Caller.Local)
        {
            context.Features.Set(new CallerFeature(caller));
            return next(context);
        }
        return caller is Caller.Remote { Node: null }
            ? Reply.RefuseAsync(context, 401, "authentication_required", "this port serves nodes with a certificate of this cluster only",
                "Use the local socket on a cluster host, or join a node with `stint join`")
            : Reply.RefuseAsync(context, 403, "access_denied", $"{context.Request.Path} is not open to this kind of connection");
    }

    private Caller.Local? Lowered(Caller caller, Microsoft.Extensions.Primitives.StringValues wanted) =>
        caller is Caller.Local { Peer: var peer } && OnBehalf.Lower(peer, own, wanted) is { } lowered ? LocalCaller(lowered) : null;

    private Caller.Local LocalCaller(Peer peer) => new(peer, users.User(peer.Uid), operators.Includes(peer.Uid));

    private Caller CallerOf(HttpContext context)
    {
        // Credentials belong to the connection: they are read once and kept with it.
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(typeof(Caller), out var known)) return (Caller)known!;
        var caller = Identify(context);
        items?[typeof(Caller)] = caller;
        return caller;
    }

    private Caller Identify(HttpContext context)
    {
        if (context.Features.Get<ITlsConnectionFeature>() is { } tls)
        {
            // The handshake has refused every certificate that is not ours (Hosting/Listeners.cs).
            return tls.ClientCertificate is { } certificate
                ? new Caller.Remote(Authority.CommonName(certificate), Authority.Thumbprint(certificate))
                : new Caller.Remote(null, null);
        }
        if (context.Features.Get<IConnectionSocketFeature>() is not { Socket: { } socket } || credentials.Read(socket) is not { } peer)
            return new Caller.Nobody();
        return LocalCaller(peer);
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Warning, "Refused: a request from uid {Peer} on behalf of another user")]
        public static partial void NotForOthers(ILogger logger, string peer);
    }
}

[Flags]
internal enum Audience
{
    Local = 1,
    /// <summary>An authenticated node.</summary>
    Node = 2,
    /// <summary>The TLS port without a certificate.</summary>
    Anyone = 4,
}

/// <summary>Endpoint metadata: who may call it.</summary>
internal sealed record OpenTo(Audience Who);
