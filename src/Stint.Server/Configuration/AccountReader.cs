using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary><c>accounts:</c>: the tree of accounts with its users, nested or by <c>parent</c>. Parents come before their children in the result.</summary>
internal static class AccountReader
{
    private const int DepthMax = 16;

    public static List<AssociationSpec> Read(YamlNode node, ConfigNames names)
    {
        var specs = new List<AssociationSpec>();
        ReadList(node, "", names, specs, 0);
        var defaults = new HashSet<string>(StringComparer.Ordinal);
        foreach (var spec in specs)
            if (spec.IsDefault && !defaults.Add($"{spec.User}\n{spec.Partition}")) throw new ConfigException(node, $"user '{spec.User}' has two default accounts");
        return InOrder(node, specs);
    }

    private static void ReadList(YamlNode node, string parent, ConfigNames names, List<AssociationSpec> to, int depth)
    {
        if (depth == DepthMax) throw new ConfigException(node, $"accounts are nested more than {DepthMax} deep");
        foreach (var item in Items(node, "accounts"))
        {
            var spec = new AssociationSpec { Parent = parent };
            to.Add(spec);
            YamlNode? users = null, children = null;
            foreach (var (key, value) in Entries(item, "an account"))
            {
                switch (Text(key))
                {
                    case "name": spec.Account = Name(value, "the account's name"); break;
                    case "parent" when depth > 0: throw new ConfigException(key, "a nested account has its parent already");
                    case "parent": spec.Parent = Text(value) == "root" ? "" : names.Refer(ConfigNames.Kind.Account, value); break;
                    case "description": spec.Description = Words(value, "the description"); break;
                    case "organization": spec.Organization = Words(value, "the organization"); break;
                    case "users": users = value; break;
                    case "accounts": children = value; break;
                    default: if (!Shared(spec, Text(key), value, names)) throw Unknown(key, "an account"); break;
                }
            }
            if (spec.Account.Length == 0) throw new ConfigException(item, "an account needs a name");
            if (spec.Account != "root") names.Add(ConfigNames.Kind.Account, item, spec.Account);
            if (users is not null) ReadUsers(users, spec.Account, names, to);
            if (children is not null) ReadList(children, spec.Account, names, to, depth + 1);
        }
    }

    private static void ReadUsers(YamlNode node, string account, ConfigNames names, List<AssociationSpec> to)
    {
        foreach (var item in Items(node, "users"))
        {
            var spec = new AssociationSpec { Account = account };
            // A bare name is a user without anything of its own.
            if (item is YamlScalarNode) spec.User = Name(item, "the user's name");
            else
            {
                foreach (var (key, value) in Entries(item, "a user"))
                {
                    switch (Text(key))
                    {
                        case "name": spec.User = Name(value, "the user's name"); break;
                        case "partition": spec.Partition = names.Refer(ConfigNames.Kind.Partition, value); break;
                        case "default": spec.IsDefault = Flag(value); break;
                        case "coordinator": spec.Coordinator = Flag(value); break;
                        default: if (!Shared(spec, Text(key), value, names)) throw Unknown(key, "a user"); break;
                    }
                }
            }
            if (spec.User.Length == 0) throw new ConfigException(item, "a user needs a name");
            if (to.Exists(s => s.Account == account && s.User == spec.User && s.Partition == spec.Partition)) throw new ConfigException(item, $"user '{spec.User}' is there twice in account '{account}'");
            to.Add(spec);
        }
    }

    private static bool Shared(AssociationSpec spec, string key, YamlNode value, ConfigNames names)
    {
        switch (key)
        {
            case "shares" when Text(value) == "parent": spec.SharesParent = true; return true;
            case "shares": spec.Shares = Number(value, 1); return true;
            case "limits": spec.Limits = LimitReader.Read(value, ofQos: false); return true;
            case "priority": spec.Priority = Number(value); return true;
            case "qos": spec.Qos.Add(names.ReferAll(ConfigNames.Kind.Qos, value, key)); return true;
            case "default_qos": spec.DefaultQos = names.Refer(ConfigNames.Kind.Qos, value); return true;
            default: return false;
        }
    }

    private static List<AssociationSpec> InOrder(YamlNode node, List<AssociationSpec> specs)
    {
        var parents = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var spec in specs)
            if (spec.User.Length == 0) parents[spec.Account] = spec.Parent;
        int Depth(string account)
        {
            var depth = 0;
            for (; account.Length > 0 && parents.TryGetValue(account, out var above); account = above)
                if (++depth > parents.Count) throw new ConfigException(node, $"account '{account}' is below itself");
            return depth;
        }
        return [.. specs.OrderBy(s => Depth(s.Account)).ThenBy(s => s.User.Length > 0)];
    }
}
