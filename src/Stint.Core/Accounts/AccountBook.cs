using Stint.Core.Journal;

namespace Stint.Core.Accounts;

/// <summary>
/// All accounts, associations and QOS, what runs under them, and the classes of jobs that stand alike before them.
/// Invariant: the specs and the decayed usage are state; every meter and rate is derived from the jobs.
/// </summary>
internal sealed class AccountBook
{
    public const string RootAccount = "root";
    public const string NormalQos = "normal";

    private readonly Dictionary<AssociationKey, Association> associations = [];
    private readonly Dictionary<string, SortedSet<Association>> users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Qos> qos = new(StringComparer.Ordinal);

    public AccountBook()
    {
        Root = new Association(new AssociationSpec { Account = RootAccount, Shares = 1 }) { IsImplied = true };
        associations.Add(Root.Key, Root);
        Attach(new Association(new AssociationSpec { Account = RootAccount, User = RootAccount, Shares = 1, IsDefault = true }) { IsImplied = true });
        qos.Add(NormalQos, new Qos(new QosSpec { Name = NormalQos }) { IsImplied = true });
    }

    public TresTable Tres { get; } = new();
    public Association Root { get; }
    public IReadOnlyDictionary<AssociationKey, Association> Associations => associations;
    public IReadOnlyDictionary<string, Qos> Qos => qos;
    /// <summary>What users hold and ask for, over all accounts, as tiers count it.</summary>
    public Dictionary<uint, TierUser> TierUsers { get; } = [];
    /// <summary>Specs that were set, not the implied ones.</summary>
    public HashSet<AssociationKey> SetAssociations { get; } = [];
    public HashSet<string> SetQos { get; } = new(StringComparer.Ordinal);
    /// <summary>Somebody uses accounts at all.</summary>
    public bool IsUsed => SetAssociations.Count > 0 || SetQos.Count > 0;

    /// <summary>Changes with every spec: what was derived from one is stale.</summary>
    public int Version { get; set; } = 1;

    public TierUser TierUserOf(uint uid)
    {
        if (!TierUsers.TryGetValue(uid, out var user)) TierUsers.Add(uid, user = new TierUser());
        return user;
    }

    public Association? Account(string name) => associations.GetValueOrDefault(new AssociationKey(name, "", ""));

    public Qos? FindQos(string name) => qos.GetValueOrDefault(name);

    /// <summary>The association of a user in an account that a job in that partition belongs to; null: none.</summary>
    public Association? Of(string account, string user, string partition)
    {
        if (account.Length == 0 || user.Length == 0) return null;
        return associations.GetValueOrDefault(new AssociationKey(account, user, partition))
            ?? (partition.Length > 0 ? associations.GetValueOrDefault(new AssociationKey(account, user, "")) : null);
    }

    /// <summary>The user's own choice, or else the first account by name that has the user.</summary>
    public string? DefaultAccount(string user)
    {
        if (!users.TryGetValue(user, out var own)) return null;
        foreach (var association in own)
            if (association.Spec.IsDefault) return association.Spec.Account;
        return own.Min!.Spec.Account;
    }

    /// <summary>QOS that its jobs may use: its own list, or else the nearest account's; without any, the normal one.</summary>
    public static IReadOnlyList<string> AllowedQos(Association association)
    {
        foreach (var node in association.Chain())
            if (node.Spec.Qos.Count > 0) return node.Spec.Qos;
        return [NormalQos];
    }

    public static string DefaultQos(Association? association)
    {
        if (association is null) return NormalQos;
        foreach (var node in association.Chain())
            if (node.Spec.DefaultQos.Length > 0) return node.Spec.DefaultQos;
        var allowed = AllowedQos(association);
        return allowed.Contains(NormalQos) ? NormalQos : allowed[0];
    }

    public void Put(QosSpec spec)
    {
        if (qos.TryGetValue(spec.Name, out var known)) known.Spec = spec;
        else qos.Add(spec.Name, new Qos(spec));
        SetQos.Add(spec.Name);
        Intern(spec.Limits);
        Version++;
    }

    public void RemoveQos(string name)
    {
        SetQos.Remove(name);
        if (name == NormalQos) qos[name].Spec = new QosSpec { Name = NormalQos };
        else qos.Remove(name);
        Version++;
    }

    /// <returns>The association, and its parent before when it got another one.</returns>
    public (Association Node, Association? FormerParent) Put(AssociationSpec spec)
    {
        var key = AssociationKey.Of(spec);
        SetAssociations.Add(key);
        Intern(spec.Limits);
        Version++;
        if (spec is { IsDefault: true, User.Length: > 0 }) ClearDefaults(spec.User);
        if (!associations.TryGetValue(key, out var node))
        {
            Attach(node = new Association(spec));
            return (node, null);
        }
        node.Spec = spec;
        if (node.Parent is null || ReferenceEquals(ParentOf(spec), node.Parent)) return (node, null);
        var former = node.Parent;
        former.Children.Remove(node);
        node.Parent = ParentOf(spec);
        node.Parent.Children.Add(node);
        return (node, former);
    }

    public void Remove(AssociationKey key)
    {
        SetAssociations.Remove(key);
        Version++;
        var node = associations[key];
        if (node.IsImplied) { node.Spec = new AssociationSpec { Account = key.Account, User = key.User, Shares = 1, IsDefault = key.User.Length > 0 }; return; }
        node.Parent!.Children.Remove(node);
        associations.Remove(key);
        if (node.IsUser && users[key.User].Remove(node) && users[key.User].Count == 0) users.Remove(key.User);
    }

    private Association ParentOf(AssociationSpec spec)
    {
        var name = spec.User.Length > 0 ? spec.Account : spec.Parent.Length > 0 ? spec.Parent : RootAccount;
        return Account(name) ?? throw new InvalidOperationException($"the parent {name} of an association of {spec.Account} is not known");
    }

    private void Attach(Association node)
    {
        node.Parent = ParentOf(node.Spec);
        node.Parent.Children.Add(node);
        associations.Add(node.Key, node);
        if (!node.IsUser) return;
        if (!users.TryGetValue(node.Spec.User, out var own)) users.Add(node.Spec.User, own = new(Association.ByKey.Instance));
        own.Add(node);
    }

    /// <summary>A user has one default account.</summary>
    private void ClearDefaults(string user)
    {
        if (!users.TryGetValue(user, out var own)) return;
        foreach (var node in own)
        {
            if (!node.Spec.IsDefault) continue;
            node.Spec = node.Spec.Clone();
            node.Spec.IsDefault = false;
        }
    }

    private void Intern(UsageLimits? limits)
    {
        if (limits is null) return;
        foreach (var list in LimitLists.Of(limits))
            foreach (var value in list.Values) Tres.Intern(value.Tres);
    }
}
