using System.Globalization;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Wording;

namespace Stint.Server.Features.Tiers;

/// <summary>What is different between two sets of tiers, in words.</summary>
internal static class TierDifferences
{
    private static readonly (string Name, string Resource, Func<TierSpec, ulong> Of)[] Numbers =
    [
        ("job cpus", "cpus", static t => t.JobCpus), ("job memory", "memory", static t => t.JobMemoryBytes), ("job gpus", "gpus", static t => t.JobGpus),
        ("job mig_instances", "mig_instances", static t => t.JobMigInstances), ("job gpu_equivalents", "gpu_equivalents", static t => t.JobGpuShares), ("user cpus", "cpus", static t => t.UserCpus), ("user memory", "memory", static t => t.UserMemoryBytes),
        ("user gpus", "gpus", static t => t.UserGpus), ("user mig_instances", "mig_instances", static t => t.UserMigInstances), ("user gpu_equivalents", "gpu_equivalents", static t => t.UserGpuShares), ("user pids", "pids", static t => t.UserPids), ("user disk", "disk", static t => t.UserDiskBytes),
        ("user jobs", "jobs", static t => t.MaxJobs),
    ];

    public static TierChangeView[] Of(ClusterConfigured before, ClusterConfigured after)
    {
        var changes = new List<TierChangeView>();
        foreach (var old in before.Tiers)
            if (Find(after, old.Name) is null) changes.Add(new TierChangeView(old.Name, "removed", []));
        foreach (var tier in after.Tiers)
        {
            var old = Find(before, tier.Name);
            var lines = Lines(old, tier);
            if (old is null || lines.Length > 0) changes.Add(new TierChangeView(tier.Name, old is null ? "added" : "changed", lines));
        }
        foreach (var user in before.UserTiers.Concat(after.UserTiers).SelectMany(static spec => spec.Users).Distinct(StringComparer.Ordinal))
        {
            var (old, own) = (Own(before, user), Own(after, user));
            var lines = own is null ? [] : Lines(old, own);
            if (old is null || own is null || lines.Length > 0) changes.Add(new TierChangeView($"{(own ?? old)!.Name}, override of {user}", old is null ? "added" : own is null ? "removed" : "changed", lines));
        }
        if (before.DefaultTier != after.DefaultTier) changes.Add(new TierChangeView("default_tier", "changed", [Changed("", Or(before.DefaultTier, "none"), Or(after.DefaultTier, "none"))]));
        return [.. changes];
    }

    /// <summary>Of a user's limits, aggregates filled in.</summary>
    public static UserChangeView Of(TierEffect effect)
    {
        var jobs = effect.User.Holding.Select(static held => held.Job.Id).Concat(effect.User.Waiting.Select(static job => job.Id));
        return new UserChangeView(effect.User.Newest.Spec.User, effect.User.Uid, effect.Before?.Name ?? "", effect.After?.Name ?? "",
            Lines(effect.Before ?? new TierSpec(), effect.After ?? new TierSpec(), ofOne: true), [.. jobs.Take(100)]);
    }

    private static string[] Lines(TierSpec? before, TierSpec after, bool ofOne = false)
    {
        var lines = new List<string>();
        foreach (var (name, resource, of) in Numbers)
        {
            var (was, becomes) = (before is null ? 0 : of(before), of(after));
            if (was != becomes) lines.Add(Changed(name, Amount(resource, was), Amount(resource, becomes)));
        }
        Add("memory_soft", Percent(before), Percent(after));
        Add("on_limit", before?.Refuse == true ? "refuse" : "wait", after.Refuse ? "refuse" : "wait");
        if (ofOne) return [.. lines];
        Add("contact", Or(before?.Contact ?? "", "none"), Or(after.Contact, "none"));
        Add("users", Names(before?.Users), Names(after.Users));
        Add("groups", Names(before?.Groups), Names(after.Groups));
        return [.. lines];

        void Add(string name, string was, string becomes)
        {
            if (was != becomes) lines.Add(Changed(name, was, becomes));
        }
    }

    private static string Changed(string name, string was, string becomes) => $"{name}{(name.Length > 0 ? ": " : "")}{was} → {becomes}";
    private static string Amount(string resource, ulong value) => value == 0 ? "no limit" : LimitsText.AmountOf(resource, (long)Math.Min(value, long.MaxValue));
    private static string Percent(TierSpec? tier) => tier is { MemorySoftPercent: > 0 } ? string.Create(CultureInfo.InvariantCulture, $"{tier.MemorySoftPercent}%") : "none";
    private static string Names(IEnumerable<string>? names) => Or(string.Join(", ", names ?? []), "none");
    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;
    private static TierSpec? Find(ClusterConfigured config, string name) => config.Tiers.FirstOrDefault(tier => tier.Name == name);
    private static TierSpec? Own(ClusterConfigured config, string user) => config.UserTiers.FirstOrDefault(tier => tier.Users.Contains(user));
}
