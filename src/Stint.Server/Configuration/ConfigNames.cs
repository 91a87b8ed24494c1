using YamlDotNet.RepresentationModel;

namespace Stint.Server.Configuration;

/// <summary>Names that one part of stint.yaml makes and another refers to, whichever comes first in the file.</summary>
internal sealed class ConfigNames
{
    public enum Kind : byte { Partition, Qos, Account, Tier }

    private readonly HashSet<(Kind, string)> known = [];
    private readonly List<(Kind Kind, YamlNode At, string Name)> references = [];
    private readonly List<YamlNode> groups = [];

    /// <summary>Makes a name; twice is an error.</summary>
    public void Add(Kind kind, YamlNode at, string name)
    {
        if (!known.Add((kind, name))) throw new ConfigException(at, $"{Noun(kind)} '{name}' is there twice");
    }

    /// <summary>Says that a name must be made somewhere.</summary>
    public string Refer(Kind kind, YamlNode at)
    {
        var name = ConfigValues.Text(at);
        references.Add((kind, at, name));
        return name;
    }

    public List<string> ReferAll(Kind kind, YamlNode list, string what)
    {
        var names = ConfigValues.Texts(list, what);
        foreach (var item in ConfigValues.Items(list, what)) Refer(kind, item);
        return names;
    }

    /// <summary>A list of Unix groups, which must be known on this machine.</summary>
    public void Groups(YamlNode list) => groups.AddRange(ConfigValues.Items(list, "groups"));

    /// <summary>After the whole file was read. A directory that does not answer is no reason to refuse a group.</summary>
    public void CheckGroups(Func<string, bool> isUnknown)
    {
        foreach (var group in groups)
            if (isUnknown(ConfigValues.Text(group))) throw new ConfigException(group, $"there is no group '{ConfigValues.Text(group)}' on this machine");
    }

    /// <summary>After the whole file was read. Without any QOS in the file, names of QOS are the database's own.</summary>
    public void Check()
    {
        foreach (var (kind, at, name) in references)
            if (!known.Contains((kind, name)) && !(kind == Kind.Qos && (name == "normal" || !Has(kind))))
                throw new ConfigException(at, $"there is no {Noun(kind)} '{name}'");
    }

    private bool Has(Kind kind)
    {
        foreach (var (k, _) in known)
            if (k == kind) return true;
        return false;
    }

    private static string Noun(Kind kind) => kind switch { Kind.Partition => "partition", Kind.Qos => "QOS", Kind.Account => "account", _ => "tier" };
}
