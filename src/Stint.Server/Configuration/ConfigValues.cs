using System.Globalization;
using Stint.Protocol.Slurm;
using YamlDotNet.RepresentationModel;

namespace Stint.Server.Configuration;

/// <summary>One value of stint.yaml of each kind; what does not fit is an error with its line.</summary>
internal static class ConfigValues
{
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public static IEnumerable<KeyValuePair<YamlNode, YamlNode>> Entries(YamlNode node, string what) =>
        node is YamlMappingNode map ? map.Children
        : node is YamlScalarNode { Value: null or "" } ? []
        : throw new ConfigException(node, $"{what} must be a mapping (key: value)");

    public static IEnumerable<YamlNode> Items(YamlNode node, string what) =>
        node is YamlSequenceNode list ? list.Children : throw new ConfigException(node, $"{what} must be a list");

    public static List<string> Texts(YamlNode node, string what)
    {
        var texts = new List<string>();
        foreach (var item in Items(node, what))
        {
            var text = Text(item);
            if (texts.Contains(text)) throw new ConfigException(item, $"'{text}' is there twice in {what}");
            texts.Add(text);
        }
        return texts;
    }

    /// <summary>A list of names of users, accounts, features and the like.</summary>
    public static List<string> Names(YamlNode node, string what)
    {
        var names = Texts(node, what);
        foreach (var item in Items(node, what)) Name(item, $"a name in {what}");
        return names;
    }

    public static string Text(YamlNode node) =>
        node is { Tag: { IsEmpty: false, IsNonSpecific: false } tag } ? throw new ConfigException(node, $"the tag {tag} means nothing here") : node is YamlScalarNode { Value: { Length: > 0 } value } ? value : throw new ConfigException(node, "expected a value");

    /// <summary>Words for people.</summary>
    public static string Words(YamlNode node, string what) =>
        Features.TextRules.Error(what, Text(node), 1_024) is { } error ? throw new ConfigException(node, error) : Text(node);

    public static string Name(YamlNode node, string what)
    {
        var text = Text(node);
        if (text.Length > 64) throw new ConfigException(node, $"{what} has {text.Length} characters, more than 64");
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) throw new ConfigException(node, $"{what} '{text}' may hold letters, digits, - _ . only");
        return text;
    }

    public static string Hosts(YamlNode node)
    {
        var text = Text(node);
        return Hostlist.TryExpand(text, out _, out var error) ? text : throw new ConfigException(node, error);
    }

    public static bool Flag(YamlNode node) => Text(node) switch
    {
        "true" or "yes" => true,
        "false" or "no" => false,
        var other => throw new ConfigException(node, $"expected true or false, not '{other}'"),
    };

    public static uint Number(YamlNode node, uint min = 0, uint max = int.MaxValue) =>
        // 010 is eight to one reader of YAML and ten to another: neither here.
        Text(node) is not ['0', _, ..] && uint.TryParse(Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new ConfigException(node, $"expected a number from {min} to {max}, not '{Text(node)}'");

    public static double Fraction(YamlNode node, double min, double max) =>
        double.TryParse(Text(node), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new ConfigException(node, string.Create(CultureInfo.InvariantCulture, $"expected a number from {min} to {max}, not '{Text(node)}'"));

    public static TimeSpan Time(YamlNode node, TimeSpan min, TimeSpan max) => ConfigUnits.TryTime(Text(node)) is { } time && time >= min && time <= max
        ? time
        : throw new ConfigException(node, $"expected a time such as 30s, 5m, 2h, 7d (from {min} to {max}) or unlimited, not '{Text(node)}'");

    public static long TimeMs(YamlNode node) => (long)Time(node, TimeSpan.Zero, Longest).TotalMilliseconds;

    public static ulong Size(YamlNode node) => ConfigUnits.TrySize(Text(node))
        ?? throw new ConfigException(node, $"expected a size such as 512M or 4G, not '{Text(node)}'");

    /// <summary>One of a few words, in any case.</summary>
    public static T Choice<T>(YamlNode node, string what, params ReadOnlySpan<(string Word, T Value)> words)
    {
        var text = Text(node);
        var all = new List<string>();
        foreach (var (word, value) in words)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase)) return value;
            all.Add(word);
        }
        throw new ConfigException(node, $"{what} is {string.Join(", ", all.GetRange(0, all.Count - 1))} or {all[^1]}, not '{text}'");
    }

    public static ConfigException Unknown(YamlNode key, string where) => new(key, $"unknown key '{Text(key)}' in {where}");

    public static System.Net.IPEndPoint EndPoint(YamlNode node) =>
        Hosting.ServerOptions.TryParseEndPoint(Text(node), out var endPoint) is { } error ? throw new ConfigException(node, $"listen: {error}") : endPoint!;
}
