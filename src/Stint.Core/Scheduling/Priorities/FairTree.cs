namespace Stint.Core.Scheduling.Priorities;

/// <summary>An account or a user as fair share sees it.</summary>
internal sealed class FairNode
{
    public bool IsUser { get; init; }
    /// <summary>RawShares.</summary>
    public double Shares { get; init; } = 1;
    /// <summary><c>fairshare=parent</c>.</summary>
    public bool SharesParent { get; init; }
    /// <summary>Decayed usage, of an account with all that is below it.</summary>
    public double Usage { get; init; }
    public List<FairNode> Children { get; } = [];

    /// <summary>Users at or below it.</summary>
    public int Users { get; set; }
    /// <summary>Its part of the shares on its level.</summary>
    public double NormShares { get; set; }
    /// <summary>Its part of the usage of the account it is compared in.</summary>
    public double EffectiveUsage { get; set; }
    /// <summary>Shares over usage: above 1 is under-served.</summary>
    public double LevelFs { get; set; }
    /// <summary>Of users: rank over the number of users, 1 for the first.</summary>
    public double FairShare { get; set; }
}

/// <summary>
/// The fair tree algorithm as Slurm's manual defines it (fair_tree.html): siblings are ordered by level fair share, users before
/// accounts where equal, and the tree is walked depth first; the n-th of all users has rank n from the end.
/// Ties: users with equal level fair share have the same rank; the children of tied accounts are compared together; a user tied with
/// an account has the rank of the first user below it. An account with fairshare=parent hands its children to its own parent.
/// </summary>
internal sealed class FairTree
{
    private readonly int users;
    private int rank;          // of the user that was ranked last
    private int next;          // what the rank would be without ties

    private FairTree(int users) => this.users = rank = next = users;

    public static void Rank(FairNode root)
    {
        root.NormShares = root.EffectiveUsage = 1;
        root.LevelFs = double.PositiveInfinity;
        Measure(root);
        new FairTree(CountUsers(root)).Walk(Level([root]), tied: false);
    }

    private static int CountUsers(FairNode node)
    {
        node.Users = node.IsUser ? 1 : 0;
        foreach (var child in node.Children) node.Users += CountUsers(child);
        return node.Users;
    }

    /// <summary>Shares, usage and their quotient of everything below, level by level.</summary>
    private static void Measure(FairNode account)
    {
        var level = Level([account]);
        double shares = 0;
        foreach (var node in level)
            if (!node.SharesParent) shares += node.Shares;
        foreach (var node in level)
        {
            node.NormShares = node.SharesParent || shares <= 0 ? 0 : node.Shares / shares;
            node.EffectiveUsage = account.Usage > 0 ? node.Usage / account.Usage : 0;
            node.LevelFs = node.SharesParent ? double.PositiveInfinity : node.NormShares <= 0 ? 0 : node.NormShares / node.EffectiveUsage;
            if (!node.IsUser) Measure(node);
        }
    }

    /// <summary>The children that are compared with each other.</summary>
    private static List<FairNode> Level(List<FairNode> accounts)
    {
        var level = new List<FairNode>();
        foreach (var account in accounts) Collect(account, level);
        return level;
    }

    private static void Collect(FairNode account, List<FairNode> level)
    {
        foreach (var child in account.Children)
            if (child is { SharesParent: true, IsUser: false }) Collect(child, level);
            else level.Add(child);
    }

    private void Walk(List<FairNode> level, bool tied)
    {
        // An account that nobody is in has its shares, but no place in the order: it must not come between two that are tied.
        level.RemoveAll(static node => node.Users == 0);
        level.Sort(static (a, b) => a.LevelFs != b.LevelFs ? b.LevelFs.CompareTo(a.LevelFs) : b.IsUser.CompareTo(a.IsUser));
        for (var i = 0; i < level.Count;)
        {
            var node = level[i];
            // The first of a level goes on with the tie of its account.
            var isTied = i == 0 ? tied : level[i - 1].LevelFs == node.LevelFs;
            if (node.IsUser)
            {
                if (!isTied) rank = next;
                node.FairShare = (double)rank / users;
                next--;
                i++;
                continue;
            }
            var accounts = new List<FairNode>();
            for (; i < level.Count && level[i].LevelFs == node.LevelFs; i++) accounts.Add(level[i]);
            Walk(Level(accounts), isTied);
        }
    }
}
