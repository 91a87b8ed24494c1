using Stint.Agent.Devices;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V1;

/// <summary>
/// The v1 devices controller. A new group has its parent's list, so the shared levels get the list of everything this node could grant, and a job's
/// list is then cut to what the job may open: for a job without devices on a node without devices that is one read. Only the difference is written,
/// because "a" is refused by a group that has children (security/device_cgroup.c), and a second step must not take the first one's away meanwhile.
/// </summary>
internal sealed class DevicesFile(CgroupLayout layout, IGroupFiles files, LimitFile limit, IDeviceAllowances allowances) : IDeviceFilter
{
    /// <summary>Best effort: a level that stays wider only means that each job's own list takes more writes; that list is what is read back.</summary>
    public void Open(string group)
    {
        if (!IsShared(group) || layout.File("devices", group, "devices.list") is null) return;
        try { Apply(group, allowances.Frame()); }
        catch (CgroupException) { /* jobs of an earlier life below it, or a container that allows less: told with the job that needs it */ }
    }

    public void Write(string group, Limits limits, Receipt receipt)
    {
        var file = layout.File("devices", group, "devices.list") ?? throw Missing.Controller(layout, DeviceRows.Resource);
        var allowance = allowances.For(limits);
        var back = Apply(group, allowance.Rules);
        if (!back.SequenceEqual(allowance.Rules))
            throw new CgroupException($"{file} reads back '{string.Join(", ", back)}' after '{allowance.Text}' was written: the limit does not hold", file, 0);
        DeviceRows.Add(receipt, limits, allowance, file, allowance.Text, string.Join(", ", back), back);
    }

    public IReadOnlyList<GresGrant> Current(string group) =>
        layout.File("devices", group, "devices.list") is { } file && files.Read(file, out var text) == 0 ? allowances.Recover(Parse(file, text).Rules) : [];

    /// <summary>This node's level and those of its users; the root can be other nodes' too, and jobs have lists of their own.</summary>
    private bool IsShared(string group) => group.StartsWith(layout.Base, StringComparison.Ordinal) && group.AsSpan(layout.Base.Length).Count('/') <= 1;

    /// <summary>The list as it reads afterwards.</summary>
    private IReadOnlyList<DeviceRule> Apply(string group, IReadOnlyList<DeviceRule> wanted)
    {
        var list = layout.File("devices", group, "devices.list")!;
        var (allowsAll, have) = Parse(list, limit.Read(list));
        if (!allowsAll && have.SequenceEqual(wanted)) return have;
        if (allowsAll)
        {
            Tell(layout.File("devices", group, "devices.deny")!, "a");
            have = [];
        }
        foreach (var rule in have) if (Excess(rule, wanted) is { } excess) Tell(layout.File("devices", group, "devices.deny")!, excess.ToString());
        foreach (var rule in wanted) if (Excess(rule, have) is { } missing) Tell(layout.File("devices", group, "devices.allow")!, missing.ToString());
        (allowsAll, have) = Parse(list, limit.Read(list));
        return !allowsAll ? have : throw new CgroupException($"{list} reads back '{DeviceRule.AllowAll}' after 'a' was written to devices.deny: the limit does not hold", list, 0);
    }

    /// <summary>What of a rule's access the other list does not have; null when nothing.</summary>
    private static DeviceRule? Excess(DeviceRule rule, IReadOnlyList<DeviceRule> other)
    {
        foreach (var there in other)
        {
            if (there.Key != rule.Key) continue;
            var rest = rule.Access & ~there.Access;
            return rest == DeviceAccess.None ? null : rule with { Access = rest };
        }
        return rule;
    }

    private void Tell(string file, string value)
    {
        var errno = files.Write(file, value);
        if (errno != 0) throw new CgroupException($"cannot write {value} to {file}: {Errno.Describe(errno)}", file, errno);
    }

    private static (bool AllowsAll, IReadOnlyList<DeviceRule> Rules) Parse(string file, string text)
    {
        var rules = new List<DeviceRule>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line == DeviceRule.AllowAll) return (true, []);
            if (!DeviceRule.TryParse(line, out var rule)) throw new CgroupException($"{file} has the line '{line}', which is no device rule", file, 0);
            rules.Add(rule);
        }
        return (false, DeviceRule.Canonical(rules));
    }
}
