using Stint.Core;

namespace Stint.Server.Auth;

/// <summary>Who sent a request, as the kernel or a certificate says. Put into the connection's features once; no message body changes it.</summary>
public abstract record Caller
{
    /// <summary>A user of this host.</summary>
    public sealed record Local(Peer Peer, string User, bool IsOperator) : Caller
    {
        public Actor Actor => new(Peer.Uid, IsOperator);
        public bool MaySee(uint ownerUid) => IsOperator || Peer.Uid == ownerUid;
    }

    /// <summary>A connection on the TLS port. With a certificate it is one that this cluster's authority issued.</summary>
    public sealed record Remote(string? Node, string? Thumbprint) : Caller;

    public sealed record Nobody : Caller;
}

/// <summary>The connection's caller, as a feature.</summary>
public sealed record CallerFeature(Caller Caller);
