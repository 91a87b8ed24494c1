using Stint.Core.Journal;

namespace Stint.Core.Accounts;

/// <summary>Names an association: an account (user empty), or a user in it, for all partitions or for one.</summary>
internal readonly record struct AssociationKey(string Account, string User, string Partition)
{
    public static AssociationKey Of(AssociationSpec spec) => new(spec.Account, spec.User, spec.Partition);

    /// <summary>As <c>sacctmgr</c> and <c>sshare -P</c> write one; no part contains a bar.</summary>
    public override string ToString() => $"{Account}|{User}|{Partition}";
}

/// <summary>A node of the account tree with what runs and what was used below it.</summary>
internal sealed class Association(AssociationSpec spec)
{
    public AssociationSpec Spec { get; set; } = spec;
    public AssociationKey Key => AssociationKey.Of(Spec);
    public bool IsUser => Spec.User.Length > 0;
    /// <summary>Root and root's own user are there without having been set.</summary>
    public bool IsImplied { get; init; }
    /// <summary>Null for root only.</summary>
    public Association? Parent { get; set; }
    public SortedSet<Association> Children { get; } = new(ByKey.Instance);
    public Meter Meter { get; } = new();
    public DecayedUsage Usage { get; } = new();

    /// <summary>Share of the users that rank at or below this one; of users only. See <see cref="Scheduling.Priorities.FairTree"/>.</summary>
    public double FairShare { get; set; } = 1;

    /// <summary>For sentences: <c>account physics</c>, <c>association physics/alice</c>.</summary>
    public override string ToString() => !IsUser ? $"account {Spec.Account}"
        : Spec.Partition.Length == 0 ? $"association {Spec.Account}/{Spec.User}"
        : $"association {Spec.Account}/{Spec.User} in partition {Spec.Partition}";

    /// <summary>Nearest first, root last.</summary>
    public IEnumerable<Association> Chain()
    {
        for (var node = this; node is not null; node = node.Parent) yield return node;
    }

    public sealed class ByKey : IComparer<Association>
    {
        public static readonly ByKey Instance = new();
        public int Compare(Association? x, Association? y)
        {
            var (a, b) = (x!.Key, y!.Key);
            var order = string.CompareOrdinal(a.Account, b.Account);
            if (order == 0) order = string.CompareOrdinal(a.User, b.User);
            return order != 0 ? order : string.CompareOrdinal(a.Partition, b.Partition);
        }
    }
}
