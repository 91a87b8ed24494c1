using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary><c>tier_overrides:</c>: a tier with other numbers for one user. Whole once the tiers are known, wherever they stand in the file.</summary>
internal sealed class TierOverrides
{
    private readonly List<(YamlNode At, string User, YamlNode Tier, YamlNode Entry)> read = [];

    public void Read(YamlNode node, ConfigNames names)
    {
        foreach (var item in Items(node, "tier_overrides"))
        {
            YamlNode? user = null, tier = null;
            foreach (var (key, value) in Entries(item, "an override"))
            {
                if (Text(key) == "name") user = value;
                else if (Text(key) == "tier") tier = value;
            }
            if (user is null || tier is null) throw new ConfigException(item, "an override needs a name (the user's) and a tier");
            var name = Name(user, "the user's name");
            foreach (var (_, other, _, _) in read)
                if (other == name) throw new ConfigException(user, $"user '{name}' has two overrides");
            names.Refer(ConfigNames.Kind.Tier, tier);
            read.Add((user, name, tier, item));
        }
    }

    /// <summary>After <see cref="ConfigNames.Check"/>: every tier that is named exists.</summary>
    public List<TierSpec> Over(IReadOnlyList<TierSpec> tiers)
    {
        var specs = new List<TierSpec>();
        foreach (var (at, user, tierNode, entry) in read)
        {
            var tier = tiers.First(one => one.Name == Text(tierNode));
            foreach (var other in tiers)
                if (other.Users.Contains(user) && other.Name != tier.Name) throw new ConfigException(at, $"user '{user}' is in tiers '{other.Name}' and '{tier.Name}'");
            var spec = tier.Clone();
            spec.Users.Clear();
            spec.Groups.Clear();
            spec.Users.Add(user);
            TierReader.Change(spec, entry);
            specs.Add(spec);
        }
        return specs;
    }
}
