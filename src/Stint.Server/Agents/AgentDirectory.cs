using System.Collections.Concurrent;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>The session of each node. One per node: a newer one fences the older.</summary>
internal sealed class AgentDirectory
{
    private readonly ConcurrentDictionary<string, AgentSession> sessions = new(StringComparer.Ordinal);
    /// <summary>What each node last said of itself that is not in the journal; kept after its session.</summary>
    private readonly ConcurrentDictionary<string, AgentSession> last = new(StringComparer.Ordinal);

    public AgentSession? Find(string node) => sessions.GetValueOrDefault(node);

    /// <summary>Load, free memory and capabilities of the newest session, also when it is over.</summary>
    public AgentSession? LastKnown(string node) => last.GetValueOrDefault(node);

    /// <summary>Processes of a user's jobs and the user's local disk, each on the node where it is most, as of the last heartbeats.</summary>
    public UserUse UseOf(uint uid)
    {
        var most = new UserUse { Uid = uid };
        foreach (var session in sessions.Values)
            foreach (var user in session.Users)
                if (user.Uid == uid) (most.Pids, most.DiskBytes) = (Math.Max(most.Pids, user.Pids), Math.Max(most.DiskBytes, user.DiskBytes));
        return most;
    }

    public void Attach(AgentSession session)
    {
        if (sessions.TryGetValue(session.Node, out var older) && !ReferenceEquals(older, session))
            older.Fence("a newer agent of this node connected");
        sessions[session.Node] = session;
        last[session.Node] = session;
    }

    /// <summary>True when it was the node's current session.</summary>
    public bool Detach(AgentSession session) => sessions.TryRemove(new KeyValuePair<string, AgentSession>(session.Node, session));

    public void EndAll()
    {
        foreach (var session in sessions.Values) session.End();
    }
}
