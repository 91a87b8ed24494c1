using System.Collections.Concurrent;
using System.Globalization;

namespace Stint.Server.Auth;

/// <summary>Names of uids and gids as the host knows them. Kept for a minute: a directory behind nsswitch can be slow.</summary>
public sealed class Users(TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);
    private const int EntriesMax = 10_000;
    private readonly ConcurrentDictionary<uint, (string Name, long At)> users = new(), groups = new();
    private readonly ConcurrentDictionary<(string User, uint Gid), (IReadOnlyList<string> Names, long At)> memberships = new();

    /// <summary>The login name, or the number as text when there is none.</summary>
    public string User(uint uid) => Get(users, uid, Libc.UserName);
    public string Group(uint gid) => Get(groups, gid, Libc.GroupName);

    /// <summary>Names of all groups of a user, the given one first.</summary>
    public IReadOnlyList<string> Groups(string user, uint gid)
    {
        var now = time.GetTimestamp();
        if (memberships.TryGetValue((user, gid), out var entry) && time.GetElapsedTime(entry.At, now) < Fresh) return entry.Names;
        var names = new List<string> { Group(gid) };
        foreach (var id in Libc.GroupsOf(user, gid))
            if (id != gid && !names.Contains(Group(id))) names.Add(Group(id));
        if (memberships.Count >= EntriesMax) memberships.Clear();
        memberships[(user, gid)] = (names, now);
        return names;
    }

    /// <summary>Names of all groups of a login name; the uid with it. Null: there is no such user. Not kept: asked of an admin's command only.</summary>
    public static (uint Uid, uint Gid)? Find(string name) => Libc.FindUser(name);

    /// <summary>A login name of this machine, or a number, which stands for itself.</summary>
    public static bool IsKnown(string name) => uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _) || Find(name) is not null;

    private string Get(ConcurrentDictionary<uint, (string Name, long At)> known, uint id, Func<uint, string?> look)
    {
        var now = time.GetTimestamp();
        if (known.TryGetValue(id, out var entry) && time.GetElapsedTime(entry.At, now) < Fresh) return entry.Name;
        var name = look(id) ?? id.ToString(CultureInfo.InvariantCulture);
        if (known.Count >= EntriesMax) known.Clear();
        known[id] = (name, now);
        return name;
    }
}
