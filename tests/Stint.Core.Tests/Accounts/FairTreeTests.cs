using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Scheduling.Priorities;

namespace Stint.Core.Tests.Accounts;

/// <summary>The fair tree against the definition, written down naively: a total preorder of users, compared path by path.</summary>
public sealed class FairTreeTests
{
    private static FairNode User(double usage, double shares = 1) => new() { IsUser = true, Usage = usage, Shares = shares };

    private static FairNode Account(double shares, params FairNode[] children)
    {
        var node = new FairNode { Shares = shares, Usage = children.Sum(c => c.Usage) };
        node.Children.AddRange(children);
        return node;
    }

    [Fact]
    public void The_manuals_kind_of_example()
    {
        // A has used less than its share, B more: all of A go before all of B, whoever used how much inside.
        var (a1, a2, b1, b2) = (User(10), User(20), User(1), User(69));
        FairTree.Rank(Account(1, Account(50, a1, a2), Account(50, b1, b2)));
        Assert.Equal([1.0, 0.75, 0.5, 0.25], new[] { a1, a2, b1, b2 }.Select(u => u.FairShare));
        Assert.Equal(0.5 / (10 / 30.0), a1.LevelFs, 1e-12);
    }

    [Fact]
    public void Nobody_used_anything_all_are_first()
    {
        var (a, b, c) = (User(0), User(0), User(0));
        FairTree.Rank(Account(1, a, Account(5, b), Account(1, Account(1, c))));
        Assert.Equal([1.0, 1.0, 1.0], new[] { a, b, c }.Select(u => u.FairShare));
    }

    [Fact]
    public void Users_of_tied_accounts_are_compared_with_each_other()
    {
        var (a1, a2, b1, b2) = (User(10), User(30), User(20), User(20));
        FairTree.Rank(Account(1, Account(1, a1, a2), Account(1, b1, b2)));
        // Within the accounts: 0.5/0.25 = 2, 0.5/0.75, and 0.5/0.5 = 1 twice.
        Assert.Equal([1.0, 0.25, 0.75, 0.75], new[] { a1, a2, b1, b2 }.Select(u => u.FairShare));
    }

    [Fact]
    public void A_user_tied_with_an_account_has_the_rank_of_its_first_user()
    {
        var (a, b, c) = (User(50), User(10), User(40));
        FairTree.Rank(Account(1, a, Account(1, b, c)));
        Assert.Equal([1.0, 1.0, 1 / 3.0], new[] { a, b, c }.Select(u => u.FairShare));
    }

    [Fact]
    public void An_account_with_fairshare_parent_hands_its_children_up()
    {
        var (a, b) = (User(10), User(30));
        var inner = new FairNode { SharesParent = true, Usage = 40, Children = { a, b } };
        FairTree.Rank(Account(1, inner, Account(2, User(60))));
        Assert.Equal((0.25, 0.1), (a.NormShares, a.EffectiveUsage));
    }

    [Fact]
    public void A_user_with_fairshare_parent_is_first_in_its_account()
    {
        var (a, b) = (new FairNode { IsUser = true, SharesParent = true, Usage = 99 }, User(1));
        FairTree.Rank(Account(1, a, b));
        Assert.Equal((1.0, 0.5), (a.FairShare, b.FairShare));
        Assert.Equal(1, b.NormShares);
    }

    [Fact]
    public void Any_tree_is_ranked_as_the_definition_says()
    {
        var tree = Gen.ArrayOf(from parent in Gen.Choose(0, 1000) from kind in Gen.Choose(0, 9) from shares in Gen.Choose(0, 3) from usage in Gen.Choose(0, 4)
                               select (parent, kind, shares, usage), 24).ToArbitrary();
        Prop.ForAll(tree, parts =>
        {
            var root = Build(parts, out var users);
            if (users.Count == 0) return;
            FairTree.Rank(root);
            var naive = NaiveRanks(root);
            foreach (var user in users) Assert.Equal((double)naive[user] / users.Count, user.FairShare);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000).WithQuietOnSuccess(true));
    }

    /// <summary>Small numbers, so that ties and zeros are frequent.</summary>
    private static FairNode Build((int Parent, int Kind, int Shares, int Usage)[] parts, out List<FairNode> users)
    {
        var plans = new List<(int Parent, bool IsUser, bool SharesParent, double Shares, double Usage)> { (-1, false, false, 1, 0) };
        var accounts = new List<int> { 0 };
        foreach (var (parent, kind, shares, usage) in parts)
        {
            plans.Add((accounts[parent % accounts.Count], kind < 6, kind % 5 == 0, shares, kind < 6 ? usage : 0));
            if (kind >= 6) accounts.Add(plans.Count - 1);
        }
        var sums = plans.Select(p => p.Usage).ToArray();
        for (var i = plans.Count - 1; i > 0; i--) sums[plans[i].Parent] += sums[i];
        var nodes = plans.Select((p, i) => new FairNode { IsUser = p.IsUser, SharesParent = p.SharesParent, Shares = p.Shares, Usage = sums[i] }).ToArray();
        for (var i = 1; i < nodes.Length; i++) nodes[plans[i].Parent].Children.Add(nodes[i]);
        users = [.. nodes.Where(n => n.IsUser)];
        return nodes[0];
    }

    private static IEnumerable<FairNode> FairChildren(FairNode account) =>
        account.Children.SelectMany(c => c is { IsUser: false, SharesParent: true } ? FairChildren(c) : [c]);

    /// <summary>
    /// Groups of equals, best first: a level's children by level fair share; of one value the users are equals, and the children of its accounts
    /// make one level whose first group is equal to those users as well.
    /// </summary>
    private static List<List<FairNode>> Groups(IReadOnlyList<FairNode> level)
    {
        var groups = new List<List<FairNode>>();
        foreach (var equal in level.GroupBy(LevelFs).OrderByDescending(g => g.Key))
        {
            var users = equal.Where(n => n.IsUser).ToList();
            var below = Groups([.. equal.Where(n => !n.IsUser).SelectMany(FairChildren)]);
            if (users.Count == 0) { groups.AddRange(below); continue; }
            if (below.Count > 0) { users.AddRange(below[0]); below.RemoveAt(0); }
            groups.Add(users);
            groups.AddRange(below);
        }
        return groups;
    }

    private static readonly Dictionary<FairNode, double> Levels = [];
    private static double LevelFs(FairNode node) => Levels[node];

    private static Dictionary<FairNode, int> NaiveRanks(FairNode root)
    {
        Levels.Clear();
        void Visit(FairNode account)
        {
            var level = FairChildren(account).ToList();
            var shares = level.Where(n => !n.SharesParent).Sum(n => n.Shares);
            foreach (var node in level)
            {
                var s = node.SharesParent || shares == 0 ? 0 : node.Shares / shares;
                var u = account.Usage == 0 ? 0 : node.Usage / account.Usage;
                Levels[node] = node.SharesParent ? double.PositiveInfinity : s == 0 ? 0 : s / u;
                if (!node.IsUser) Visit(node);
            }
        }
        Visit(root);
        var ranks = new Dictionary<FairNode, int>();
        var groups = Groups([.. FairChildren(root)]);
        var rank = groups.Sum(g => g.Count);
        foreach (var group in groups)
        {
            foreach (var user in group) ranks[user] = rank;
            rank -= group.Count;
        }
        return ranks;
    }
}
