using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary><c>tiers:</c>: what one user may hold on one server over all jobs, and in one job.</summary>
internal static class TierReader
{
    public static List<TierSpec> Read(YamlNode node, ConfigNames names)
    {
        var tiers = new List<TierSpec>();
        foreach (var item in Items(node, "tiers"))
        {
            var tier = new TierSpec();
            foreach (var (key, value) in Entries(item, "a tier")) Set(tier, key, value);
            if (tier.Name.Length == 0) throw new ConfigException(item, "a tier needs a name");
            names.Add(ConfigNames.Kind.Tier, item, tier.Name);
            foreach (var other in tiers)
                foreach (var user in tier.Users)
                    if (other.Users.Contains(user)) throw new ConfigException(item, $"user '{user}' is in tiers '{other.Name}' and '{tier.Name}'");
            tiers.Add(tier);
        }
        return tiers;
    }

    private static void Set(TierSpec tier, YamlNode key, YamlNode value)
    {
        switch (Text(key))
        {
            case "name": tier.Name = Name(value, "the tier's name"); break;
            case "job": OfJob(tier, value); break;
            case "user": OfUser(tier, value); break;
            case "memory_soft": tier.MemorySoftPercent = Percent(value); break;
            case "on_limit": tier.Refuse = Choice(value, "on_limit", ("wait", false), ("refuse", true)); break;
            case "users": tier.Users.Add(Names(value, "users")); break;
            case "groups": tier.Groups.Add(Names(value, "groups")); break;
            case "contact": tier.Contact = Words(value, "contact"); break;
            default: throw Unknown(key, "a tier");
        }
    }

    private static void OfJob(TierSpec tier, YamlNode node)
    {
        foreach (var (key, value) in Entries(node, "job"))
        {
            switch (Text(key))
            {
                case "cpus": tier.JobCpus = Number(value, 1); break;
                case "memory": tier.JobMemoryBytes = Size(value); break;
                case "gpus": tier.JobGpus = Number(value, 1); break;
                case "mig_instances": tier.JobMigInstances = Number(value, 1); break;
                default: throw Unknown(key, "the job limits of a tier");
            }
        }
    }

    private static void OfUser(TierSpec tier, YamlNode node)
    {
        foreach (var (key, value) in Entries(node, "user"))
        {
            switch (Text(key))
            {
                case "cpus": tier.UserCpus = Number(value, 1); break;
                case "memory": tier.UserMemoryBytes = Size(value); break;
                case "gpus": tier.UserGpus = Number(value, 1); break;
                case "mig_instances": tier.UserMigInstances = Number(value, 1); break;
                case "pids": tier.UserPids = Number(value, 1); break;
                case "jobs": tier.MaxJobs = Number(value, 1); break;
                default: throw Unknown(key, "the user limits of a tier");
            }
        }
    }

    private static uint Percent(YamlNode node)
    {
        var text = Text(node);
        return text.EndsWith('%') && uint.TryParse(text.AsSpan(0, text.Length - 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100
            ? percent
            : throw new ConfigException(node, $"expected a share such as 90%, not '{text}'");
    }
}
