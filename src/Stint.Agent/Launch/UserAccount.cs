using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace Stint.Agent.Launch;

/// <summary>What this node knows of a uid. A uid without an account runs too: with its primary group alone, as on a node without the directory service.</summary>
/// <param name="Groups">Supplementary groups, the primary one included.</param>
internal sealed record UserAccount(uint Uid, string? Name, string Home, string Shell, IReadOnlyList<uint> Groups);

/// <summary>Accounts by the C library (files, LDAP, sssd: whatever the node is set up with), kept for a minute.</summary>
internal sealed class UserAccounts(TimeProvider time)
{
    static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(60);
    const int GroupsMax = 65536;
    readonly ConcurrentDictionary<(uint, uint), (UserAccount Account, long At)> _known = new();

    public UserAccount Find(uint uid, uint gid)
    {
        if (_known.TryGetValue((uid, gid), out var hit) && time.GetElapsedTime(hit.At) < KeptFor)
            return hit.Account;
        var account = Read(uid, gid);
        _known[(uid, gid)] = (account, time.GetTimestamp());
        return account;
    }

    static unsafe UserAccount Read(uint uid, uint gid)
    {
        for (var size = 4096; size <= 1 << 20; size *= 4)
        {
            var text = new byte[size];
            fixed (byte* at = text)
            {
                Posix.PasswordEntry entry;
                Posix.PasswordEntry* found;
                var error = Posix.GetUser(uid, &entry, at, (nuint)size, &found);
                if (error == 34 /* ERANGE */)
                    continue;
                if (error != 0 || found == null)
                    break;
                return new UserAccount(uid, Text(entry.Name), Text(entry.Home), Text(entry.Shell), Groups(entry.Name, gid));
            }
        }
        return new UserAccount(uid, null, "/", "/bin/sh", [gid]);
    }

    static unsafe uint[] Groups(byte* name, uint gid)
    {
        var groups = new uint[64];
        while (true)
        {
            var count = groups.Length;
            fixed (uint* at = groups)
                if (Posix.GetGroupList(name, gid, at, &count) >= 0)
                    return groups[..count];
            if (groups.Length >= GroupsMax)
                return [gid];
            groups = new uint[Math.Max(count, groups.Length * 4)];
        }
    }

    static unsafe string Text(byte* text) => text == null ? "" : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
