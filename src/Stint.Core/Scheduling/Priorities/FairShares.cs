using Stint.Core.Accounts;
using Stint.Core.Scheduling.Priorities;

namespace Stint.Core;

// Who is under-served. Ranks are a cache: they are worked out again when accounts changed, or when usage moved enough to matter.
public sealed partial class Cluster
{
    /// <summary>Of all usage: less than that of new usage can not be what decides who goes first.</summary>
    private const double MaterialUsage = 0.001;
    private static readonly TimeSpan FairShareAgeMin = TimeSpan.FromSeconds(1);

    private int rankedBook = -1;
    private Instant rankedAt;
    private double rankedAccrual;

    /// <summary>The account tree depth first, with shares, usage and ranks as of now.</summary>
    public IReadOnlyList<FairShareLine> FairShares(Instant now)
    {
        var nodes = new Dictionary<Association, FairNode>();
        FairTree.Rank(FairNodeOf(accounts.Root, now, nodes));
        var lines = new List<FairShareLine>(nodes.Count);
        AddLines(accounts.Root, 0, accounts.Root.Usage.RawSeconds(now, decay), now, nodes, lines);
        return lines;
    }

    private void AddLines(Association association, int depth, double total, Instant now, Dictionary<Association, FairNode> nodes, List<FairShareLine> lines)
    {
        var (node, spec) = (nodes[association], association.Spec);
        var used = new List<(string, double)>();
        var run = new List<(string, double)>();
        for (var id = 0; id < accounts.Tres.Count; id++)
        {
            if (association.Usage.TresSeconds(id, now, decay) is > 0 and var seconds) used.Add((accounts.Tres.NameOf(id), seconds / 60));
            if (association.Meter.RunLeft(id, now) is var left && left > 0) run.Add((accounts.Tres.NameOf(id), (double)left / 60_000));
        }
        lines.Add(new FairShareLine(spec.Account, spec.User, spec.Partition, depth, Math.Max(1, spec.Shares), spec.SharesParent, node.NormShares, node.Usage,
            total > 0 ? Math.Min(1, node.Usage / total) : 0, node.EffectiveUsage, node.LevelFs, association.IsUser ? node.FairShare : null,
            association.Usage.WallSeconds(now, decay), used, run));
        // Users first, then accounts, as sshare lists them.
        foreach (var users in (ReadOnlySpan<bool>)[true, false])
            foreach (var child in association.Children)
                if (child.IsUser == users) AddLines(child, depth + 1, total, now, nodes, lines);
    }

    private FairNode FairNodeOf(Association association, Instant now, Dictionary<Association, FairNode> nodes)
    {
        var node = new FairNode
        {
            IsUser = association.IsUser, Shares = Math.Max(1, association.Spec.Shares), SharesParent = association.Spec.SharesParent,
            Usage = association.Usage.RawSeconds(now, decay),
        };
        nodes.Add(association, node);
        foreach (var child in association.Children) node.Children.Add(FairNodeOf(child, now, nodes));
        return node;
    }

    /// <summary>At most once per pass, and only when it can matter: usage that merely fades leaves all ratios as they are.</summary>
    private void RefreshFairShare(Instant now)
    {
        var accrual = Accrual(now);
        if (rankedBook == accounts.Version)
        {
            if (accrual <= rankedAccrual || now - rankedAt < FairShareAgeMin) return;
            if (accrual - rankedAccrual < MaterialUsage * accounts.Root.Usage.RawSeconds(now, decay)) return;
        }
        (rankedBook, rankedAt, rankedAccrual) = (accounts.Version, now, accrual);
        var nodes = new Dictionary<Association, FairNode>();
        FairTree.Rank(FairNodeOf(accounts.Root, now, nodes));
        foreach (var (association, node) in nodes) association.FairShare = node.FairShare;
        priorityVersion++;
    }

    /// <summary>All billing-seconds that were ever charged to the tree, not faded.</summary>
    private double Accrual(Instant now) => accrued + (accruedAt.IsSet ? Math.Max(0, (now - accruedAt).TotalSeconds) * accounts.Root.Usage.RawRate : 0);

    private double accrued;
    private Instant accruedAt;

    /// <summary>Before the rate of the root changes.</summary>
    private void Accrue(Instant at)
    {
        if (!at.IsSet) return;
        accrued = Accrual(at);
        accruedAt = at;
    }
}
