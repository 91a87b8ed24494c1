namespace Stint.Agent.Cgroups;

/// <summary>Options of the agent that limit a device for every job: "DEVICE:key=value,key=value".</summary>
internal static class NodeOption
{
    /// <summary>Throws <see cref="FormatException"/> with the option and the part that is wrong.</summary>
    public static (string Head, IReadOnlyDictionary<string, string> Values) Split(string option, string text, string usage, string[] keys)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || colon == text.Length - 1) throw new FormatException($"{option} {text}: {usage}");
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text[(colon + 1)..].Split(','))
        {
            if (part.Split('=', 2) is not [var key, var value] || !keys.Contains(key))
                throw new FormatException($"{option} {text}: '{part}' is none of {string.Join("=, ", keys)}=");
            if (!values.TryAdd(key, value)) throw new FormatException($"{option} {text}: {key} is there twice");
        }
        return (text[..colon], values);
    }
}
