using System.Globalization;

namespace Stint.Server.Auth;

/// <summary>
/// <c>Stint-On-Behalf: uid:gid:pid</c>: root's resident command process says for whom it asks, as the kernel told it. It lowers a caller
/// to that identity for one request and can never raise one: from anybody but root or the server's own user it is refused.
/// </summary>
internal static class OnBehalf
{
    public const string Header = "Stint-On-Behalf";

    /// <summary>The peer this request is for; null: the header is broken or not this peer's to send.</summary>
    /// <param name="values">All values of the header, at least one.</param>
    /// <param name="own">The server's effective uid.</param>
    public static Peer? Lower(Peer peer, uint own, IReadOnlyList<string?> values)
    {
        if (peer.Uid != 0 && peer.Uid != own) return null;
        if (values is not [{ } text] || text.Split(':') is not [var uid, var gid, var pid]) return null;
        if (!TryRead(uid, out var forUid) || !TryRead(gid, out var forGid) || !TryRead(pid, out var forPid) || forPid > int.MaxValue) return null;
        // A server that is not root's has no root to speak for.
        return forUid == 0 && peer.Uid != 0 ? null : new Peer(forUid, forGid, (int)forPid);
    }

    private static bool TryRead(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
