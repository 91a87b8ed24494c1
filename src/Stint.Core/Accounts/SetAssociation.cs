using Stint.Core.Accounts;
using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    private Decision DecideSetAssociation(SetAssociation command, Instant now)
    {
        if (!command.By.IsOperator) return NotOperator(command.By, "change accounts");
        var spec = command.Spec;
        if (NameFault("account", spec.Account) is { } fault) return fault;
        if (spec.User.Length > 0 && NameFault("user", spec.User) is { } userFault) return userFault;
        var refusal = CheckPlace(spec) ?? CheckQosOf(spec);
        if (refusal is not null) return new Decision([], refusal, 0);
        if (LimitLists.Fault(spec.Limits, forQos: false) is { } limit)
            return Decision.No(RefusalCodes.InvalidLimit, $"{new Association(spec)}: {limit}");
        var key = AssociationKey.Of(spec);
        if (accounts.SetAssociations.Contains(key) && IsSame(accounts.Associations[key].Spec, spec)) return Decision.Nothing;
        var batch = new Batch(now);
        batch.Add(new AssociationSet { Spec = spec.Clone(), ByUid = command.By.Uid });
        return batch.Decision();
    }

    /// <summary>Its account or parent exists, and no account is below itself.</summary>
    private Refusal? CheckPlace(AssociationSpec spec)
    {
        if (spec.User.Length > 0)
        {
            if (accounts.Account(spec.Account) is null)
                return No(RefusalCodes.InvalidAccount, $"user {spec.User} can not be in account {spec.Account}, which does not exist", "Add the account first");
            return spec.Partition.Length > 0 && FindPartition(spec.Partition) is null
                ? No(RefusalCodes.InvalidPartition, $"there is no partition {Short(spec.Partition)}", "sinfo lists the partitions") : null;
        }
        if (spec.Partition.Length > 0) return No(RefusalCodes.InvalidRequest, $"account {spec.Account} can not be for one partition: only a user's association can");
        if (spec.IsDefault || spec.Coordinator) return No(RefusalCodes.InvalidRequest, $"account {spec.Account} is no user: it can be nobody's default and coordinate nothing");
        var parent = spec.Parent.Length == 0 ? AccountBook.RootAccount : spec.Parent;
        if (spec.Account == AccountBook.RootAccount)
            return spec.Parent.Length == 0 ? null : No(RefusalCodes.InvalidAccount, "account root has no parent");
        if (accounts.Account(parent) is not { } above)
            return No(RefusalCodes.InvalidAccount, $"account {spec.Account} can not be below {parent}, which does not exist", "Add the parent first");
        foreach (var node in above.Chain())
            if (node.Spec.Account == spec.Account)
                return No(RefusalCodes.InvalidAccount, $"account {spec.Account} can not be below {parent}, which is {(parent == spec.Account ? "itself" : "below it")}");
        return null;
    }

    private Refusal? CheckQosOf(AssociationSpec spec)
    {
        foreach (var name in spec.Qos.Append(spec.DefaultQos))
            if (name.Length > 0 && accounts.FindQos(name) is null)
                return No(RefusalCodes.InvalidQos, $"{new Association(spec)} is to use QOS {Short(name)}, which does not exist", "Add the QOS first");
        return spec.DefaultQos.Length > 0 && spec.Qos.Count > 0 && !spec.Qos.Contains(spec.DefaultQos)
            ? No(RefusalCodes.InvalidQos, $"QOS {spec.DefaultQos} can not be the default of {new Association(spec)}: it may use {string.Join(", ", spec.Qos)} only")
            : null;
    }

    private Decision DecideRemoveAssociation(RemoveAssociation command, Instant now)
    {
        if (!command.By.IsOperator) return NotOperator(command.By, "remove accounts");
        var key = new AssociationKey(command.Account, command.User, command.Partition);
        if (!accounts.SetAssociations.Contains(key))
            return Decision.No(RefusalCodes.InvalidAccount, $"there is no {new Association(new AssociationSpec { Account = key.Account, User = key.User, Partition = key.Partition })}",
                "sacctmgr show assoc lists them");
        var node = accounts.Associations[key];
        var holders = new List<string>();
        if (!node.IsImplied)
        {
            foreach (var child in node.Children) holders.Add(child.ToString());
            if (JobsWhere(job => Belongs(job, node)) is { Length: > 0 } holding) holders.Add(holding);
        }
        if (holders.Count > 0)
            return Decision.No(RefusalCodes.InUse, $"{node} is in use by {Listed(holders)}", "Remove those, or let the jobs end, first");
        var batch = new Batch(now);
        batch.Add(new AssociationRemoved { Account = key.Account, User = key.User, Partition = key.Partition, ByUid = command.By.Uid });
        return batch.Decision();
    }

    private bool Belongs(Jobs.Job job, Association node) => node.IsUser
        ? PartitionNames(job.Spec.Partition).Any(name => ReferenceEquals(accounts.Of(job.Spec.Account, job.Spec.User, name), node))
        : job.Spec.Account == node.Spec.Account;

    private void On(AssociationSet record, Instant at)
    {
        var spec = record.Spec;
        var known = accounts.Associations.GetValueOrDefault(AssociationKey.Of(spec));
        var moves = known is { IsUser: false, Parent: not null } && known.Parent.Spec.Account != (spec.Parent.Length > 0 ? spec.Parent : AccountBook.RootAccount);
        // A new user's association takes in his jobs of that account; a new account, or other limits, change nobody's place.
        Recount(@class => moves || known is null && spec.User.Length > 0 && @class.Key.User == spec.User && @class.Key.Account == spec.Account,
            @class => IsBelow(@class, spec.Account, spec.User), () => Put(spec, at), at);
    }

    private bool IsBelow(PolicyClass @class, string account, string user) =>
        user.Length > 0 ? @class.Key.User == user && @class.Key.Account == account
            : accounts.Account(@class.Key.Account) is { } own && own.Chain().Any(node => node.Spec.Account == account);

    /// <summary>An account that moves takes what was used below it along.</summary>
    private void Put(AssociationSpec spec, Instant at)
    {
        var (node, former) = accounts.Put(spec);
        if (former is null) return;
        node.Usage.Settle(at, decay);
        foreach (var above in former.Chain())
        {
            above.Usage.Settle(at, decay);
            above.Usage.Merge(node.Usage, -1);
        }
        foreach (var above in node.Parent!.Chain())
        {
            above.Usage.Settle(at, decay);
            above.Usage.Merge(node.Usage, 1);
        }
    }

    private void On(AssociationRemoved record, Instant at)
    {
        var key = new AssociationKey(record.Account, record.User, record.Partition);
        Recount(@class => @class.Key.User == key.User && @class.Key.Account == key.Account,
            @class => IsBelow(@class, key.Account, key.User), () => accounts.Remove(key), at);
    }
}
