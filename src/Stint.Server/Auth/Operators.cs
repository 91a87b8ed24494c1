using System.Globalization;

namespace Stint.Server.Auth;

/// <summary>Root, the server's own user, and those the configuration names.</summary>
public sealed class Operators(IReadOnlyList<string> configured, Users users)
{
    private readonly uint own = Libc.EffectiveUid;

    public bool Includes(uint uid)
    {
        if (uid == 0 || uid == own) return true;
        if (configured.Count == 0) return false;
        var name = users.User(uid);
        var number = uid.ToString(CultureInfo.InvariantCulture);
        foreach (var entry in configured)
            if (entry == name || entry == number) return true;
        return false;
    }
}
