using Stint.Core.Accounts;
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
            foreach (var (key, value) in Entries(item, "a tier")) Set(tier, key, value, names);
            if (tier.Name.Length == 0) throw new ConfigException(item, "a tier needs a name");
            names.Add(ConfigNames.Kind.Tier, item, tier.Name);
            foreach (var other in tiers)
                foreach (var user in tier.Users)
                    if (other.Users.Contains(user)) throw new ConfigException(item, $"user '{user}' is in tiers '{other.Name}' and '{tier.Name}'");
            Check(tier, item);
            tiers.Add(tier);
        }
        return tiers;
    }

    /// <summary>What an override says instead of its tier.</summary>
    public static void Change(TierSpec tier, YamlNode entry)
    {
        foreach (var (key, value) in Entries(entry, "an override"))
        {
            if (Text(key) is "name" or "tier") continue;
            if (Text(key) is "users" or "groups") throw Unknown(key, "an override");
            Set(tier, key, value, null);
        }
        Check(tier, entry);
    }

    /// <summary>One job cannot have more than all of them: the smaller limit would always be the one that is met.</summary>
    private static void Check(TierSpec tier, YamlNode at)
    {
        foreach (var (what, job, user) in new[]
        {
            ("cpus", tier.JobCpus, tier.UserCpus), ("memory", tier.JobMemoryBytes >> 20, tier.UserMemoryBytes >> 20), ("gpus", tier.JobGpus, tier.UserGpus),
            ("mig_instances", tier.JobMigInstances, tier.UserMigInstances), ("gpu_equivalents", tier.JobGpuShares, tier.UserGpuShares),
        })
            if (job > 0 && user > 0 && job > user) throw new ConfigException(at, $"tier '{tier.Name}': {what} of one job ({Amount(what, job)}) are more than the user's ({Amount(what, user)})");
        if (tier is { MemorySoftPercent: > 0, UserMemoryBytes: 0 } && (tier.JobMemoryBytes == 0 || tier.MaxJobs == 0)) throw new ConfigException(at, $"tier '{tier.Name}' has a memory_soft of {tier.MemorySoftPercent}%, and no memory of the user that it is a part of");
    }

    private static string Amount(string what, ulong amount) => what == "memory" ? $"{amount}M" : what == "gpu_equivalents" ? ((decimal)amount / GpuShare.Whole).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) : amount.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void Set(TierSpec tier, YamlNode key, YamlNode value, ConfigNames? names)
    {
        switch (Text(key))
        {
            case "name": tier.Name = Name(value, "the tier's name"); break;
            case "job": OfJob(tier, value); break;
            case "user": OfUser(tier, value); break;
            case "memory_soft": tier.MemorySoftPercent = Percent(value); break;
            case "on_limit": tier.Refuse = Choice(value, "on_limit", ("wait", false), ("refuse", true)); break;
            case "users": tier.Users.Add(Names(value, "users")); break;
            case "groups": tier.Groups.Add(Names(value, "groups")); names?.Groups(value); break;
            case "max_mig_instances": tier.UserMigInstances = Once(key, tier.UserMigInstances, value); break;
            case "max_mig_per_container": tier.JobMigInstances = Once(key, tier.JobMigInstances, value); break;
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
                case "memory": tier.JobMemoryBytes = Memory(value); break;
                case "gpus": tier.JobGpus = Number(value, 1); break;
                case "mig_instances": tier.JobMigInstances = Once(key, tier.JobMigInstances, value); break;
                case "gpu_equivalents": tier.JobGpuShares = Gpus(value); break;
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
                case "memory": tier.UserMemoryBytes = Memory(value); break;
                case "gpus": tier.UserGpus = Number(value, 1); break;
                case "mig_instances": tier.UserMigInstances = Once(key, tier.UserMigInstances, value); break;
                case "gpu_equivalents": tier.UserGpuShares = Gpus(value); break;
                case "pids": tier.UserPids = Number(value, 1); break;
                case "disk": tier.UserDiskBytes = Memory(value); break;
                case "jobs": tier.MaxJobs = Number(value, 1); break;
                default: throw Unknown(key, "the user limits of a tier");
            }
        }
    }

    /// <summary>0 would read as none: a limit is at least what can be counted.</summary>
    private static ulong Memory(YamlNode node) => Size(node) is var bytes and >= 1 << 20 ? bytes
        : throw new ConfigException(node, $"expected at least 1M, not '{Text(node)}'");

    /// <summary>Hundredths of a GPU are what can be said, 2,800ths what is counted.</summary>
    private static ulong Gpus(YamlNode node) => (ulong)Math.Round(Fraction(node, 0.01, 1_000_000) * 100) * (ulong)GpuShare.Whole / 100;

    /// <summary>The same limit under its other name (<c>mig_instances</c> in job and user).</summary>
    private static ulong Once(YamlNode key, ulong known, YamlNode value) => known == 0 ? Number(value, 1)
        : throw new ConfigException(key, $"'{Text(key)}' is there twice: mig_instances is the same");

    private static uint Percent(YamlNode node)
    {
        var text = Text(node);
        return text.EndsWith('%') && uint.TryParse(text.AsSpan(0, text.Length - 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100
            ? percent
            : throw new ConfigException(node, $"expected a share such as 90%, not '{text}'");
    }
}
