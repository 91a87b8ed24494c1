using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Wording;

namespace Stint.Core;

/// <summary>What other tiers would mean for a user with jobs.</summary>
/// <param name="Before">With aggregates filled in; null: no tier.</param>
public sealed record TierEffect(UserHolding User, TierSpec? Before, TierSpec? After);

/// <param name="Effects">Users whose limits or tier would change, by uid.</param>
/// <param name="Objections">Why not, each a sentence with the numbers; empty: nothing stands in the way.</param>
public sealed record TierReview(IReadOnlyList<TierEffect> Effects, IReadOnlyList<string> Objections);

// Tiers change while jobs run: only if everybody may keep what he holds.
public sealed partial class Cluster
{
    /// <summary>What would change for whom, and what stands in the way: a tier that goes while somebody is in it, a limit below what is held.</summary>
    public TierReview ReviewTiers(ClusterConfigured next)
    {
        var effects = new List<TierEffect>();
        var objections = new List<string>();
        var orphans = new SortedDictionary<string, List<UserHolding>>(StringComparer.Ordinal);
        foreach (var user in HoldingsOf(null).Values)
        {
            var (before, after) = (Filled(Config, user.Newest.Spec), Filled(next, user.Newest.Spec));
            if (Equals(before, after)) continue;
            effects.Add(new TierEffect(user, before, after));
            if (before is not null && !Has(next, before.Name))
            {
                if (!orphans.TryGetValue(before.Name, out var users)) orphans.Add(before.Name, users = []);
                users.Add(user);
            }
            else if (after is not null) objections.AddRange(TooLittle(user, before, after));
        }
        foreach (var (name, users) in orphans)
            objections.Add($"tier {name} is in use and cannot go: {string.Join("; ", users.Take(8).Select(Names))}{(users.Count > 8 ? "; …" : "")}");
        return new TierReview(effects, objections);
    }

    private static TierSpec? Filled(ClusterConfigured config, JobSpec spec) => TierTres.At(config, spec) is { } tier ? TierTres.Filled(tier) : null;

    private static bool Has(ClusterConfigured config, string name)
    {
        foreach (var tier in config.Tiers)
            if (tier.Name == name) return true;
        return false;
    }

    private static string Names(UserHolding user)
    {
        var ids = user.Holding.Select(static held => held.Job.Id).Concat(user.Waiting.Select(static job => job.Id)).ToList();
        return $"{user.Newest.Spec.User} has {(ids.Count == 1 ? "job" : "jobs")} {string.Join(", ", ids.Take(8))}{(ids.Count > 8 ? ", …" : "")}";
    }

    /// <summary>A limit that was passed already, and is not made smaller, is no news.</summary>
    private static IEnumerable<string> TooLittle(UserHolding user, TierSpec? before, TierSpec after)
    {
        const ulong MiB = 1 << 20;
        var limits = new (LimitThing Thing, long Held, ulong Before, ulong After)[]
        {
            (LimitThing.Cpus, user.Cpus, before?.UserCpus ?? 0, after.UserCpus),
            (LimitThing.Memory, user.MemoryMiB, (before?.UserMemoryBytes ?? 0) / MiB, after.UserMemoryBytes / MiB),
            (LimitThing.Gpus, user.Gpus, before?.UserGpus ?? 0, after.UserGpus),
            (LimitThing.MigInstances, user.MigInstances, before?.UserMigInstances ?? 0, after.UserMigInstances),
            (LimitThing.GpuEquivalents, user.GpuShares, before?.UserGpuShares ?? 0, after.UserGpuShares),
            (LimitThing.Jobs, user.Holding.Count, before?.MaxJobs ?? 0, after.MaxJobs),
        };
        foreach (var (thing, held, was, becomes) in limits)
        {
            if (becomes == 0 || (ulong)held <= becomes || was != 0 && becomes >= was) continue;
            var jobs = string.Join(", ", user.Holding.Take(8).Select(static one => one.Job.Id));
            var amount = thing == LimitThing.Jobs ? LimitWords.Amount(thing, held) : $"{LimitWords.Amount(thing, held)} in {LimitWords.Amount(LimitThing.Jobs, user.Holding.Count)}";
            yield return $"{LimitWords.Name(thing)}: {user.Newest.Spec.User} holds {amount} ({jobs}{(user.Holding.Count > 8 ? ", …" : "")}); tier {after.Name} would allow {LimitWords.Amount(thing, (long)becomes)}";
        }
    }

    private Decision DecideChangeTiers(ChangeTiers command, Instant now)
    {
        if (!command.By.IsOperator) return Decision.No(RefusalCodes.AccessDenied, "only operators change tiers");
        var next = WithTiersOf(command.Tiers, now);
        if (IsSame(next, Config)) return Decision.Nothing;
        var objections = ReviewTiers(next).Objections;
        if (objections.Count > 0)
            return Decision.No(RefusalCodes.TierInUse, string.Join(". ", objections.Take(8)), "Nothing was changed. Wait until the jobs have ended, cancel them, or allow more");
        var batch = new Batch(now);
        batch.Add(next);
        return batch.Decision();
    }

    private ClusterConfigured WithTiersOf(ClusterConfigured tiers, Instant now)
    {
        var next = Config.Clone();
        next.Tiers.Clear();
        next.UserTiers.Clear();
        next.Tiers.Add(tiers.Tiers);
        next.UserTiers.Add(tiers.UserTiers);
        next.DefaultTier = tiers.DefaultTier;
        NumberTiers(next, now);
        return next;
    }

    /// <summary>The same tiers keep their number; others get a higher one, also when the clock was set back.</summary>
    private void NumberTiers(ClusterConfigured next, Instant now)
    {
        next.TiersChangedMs = next.Tiers.Equals(Config.Tiers) && next.UserTiers.Equals(Config.UserTiers) && next.DefaultTier == Config.DefaultTier
            ? Config.TiersChangedMs : Math.Max(now.Milliseconds, Config.TiersChangedMs + 1);
    }

    /// <summary>The limits of a user's level on every node where he has jobs; null: nothing limits it.</summary>
    public static TierSpec? TierFor(ClusterConfigured config, JobSpec spec) => Filled(config, spec);
}
