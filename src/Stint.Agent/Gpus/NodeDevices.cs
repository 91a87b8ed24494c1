using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Devices;
using Stint.Protocol.Agents;

namespace Stint.Agent.Gpus;

/// <summary>
/// This node's devices between the scheduler's grants and the kernel's rules. Nodes are looked at when they are granted and not before: a driver
/// that was loaded again may have other numbers. Thread-safe: it keeps nothing that changes.
/// </summary>
/// <param name="always">Nodes beyond the standard ones that an operator allows for every job: names of the table's groups or absolute paths.</param>
internal sealed class NodeDevices(GresInventory inventory, DeviceTable table, IReadOnlyList<string> always, CdiSpecs cdi, string root = "", DeviceHealth? health = null) : IDeviceAllowances
{
    private readonly SysFiles _files = new(root);
    private readonly DeviceHealth _health = health ?? new DeviceHealth();
    private readonly IReadOnlyList<DeviceRule> _standard = [.. table.Standard.Select(s => DeviceRule.Parse(s.Rule))];

    public GresInventory Inventory => inventory;

    public DeviceAllowance For(Limits limits)
    {
        var rules = Everybodys();
        var grants = new List<GrantedUnit>();
        foreach (var grant in limits.Gres)
        {
            foreach (var unit in Units(grant)) Add(unit, rules, grants);
            if (grant.Indices.Count == 0) grants.Add(new GrantedUnit(grant.Name, $"{grant.Count} {Kind(grant.Name, grant.Type)}", [], "it is counted by the scheduler; the kernel holds nothing for it"));
        }
        return new DeviceAllowance(DeviceRule.Canonical(rules), grants);
    }

    /// <summary>The units of a grant. Throws for an index that this node does not have.</summary>
    public IEnumerable<DeviceUnit> Units(GresGrant grant)
    {
        foreach (var index in grant.Indices)
        {
            yield return inventory.Find(grant.Name, index) ?? throw new CgroupException(
                $"{grant.Name} {index} was granted, but this node has {inventory.Units.Count(u => u.Name == grant.Name)} of that name", grant.Name, Kernel.Errno.NoDevice);
        }
    }

    /// <summary>The variables that tell a step its devices.</summary>
    public IReadOnlyList<VisibleValue> Visible(LaunchSpec spec, Func<DeviceUnit, bool>? only = null) =>
        VisibleDevices.Of(this, spec.Limits, table, Launch.StepId.Of(spec.Key).IsBatch, only);

    /// <summary>Null, or why the devices of a job that is gone cannot be given to another: somebody still holds one, or one is lost or hangs. Blocks.</summary>
    public string? Leftover(LaunchSpec spec)
    {
        if (spec.Limits.Gres.Count == 0) return null;
        List<DeviceUnit> units = [.. spec.Limits.Gres.SelectMany(g => g.Indices, (g, index) => inventory.Find(g.Name, index)).OfType<DeviceUnit>()];
        return DeviceHolders.Describe(spec, units) ?? _health.Describe(units);
    }

    /// <summary>Null, or which device of this node is lost or hangs. Blocks.</summary>
    public string? Trouble() => _health.Describe(inventory.Units);

    public IReadOnlyList<DeviceRule> Frame()
    {
        var rules = Everybodys();
        foreach (var unit in inventory.Units)
        {
            // A node that is missing is told to the job that is granted it.
            foreach (var path in unit.Files.Concat(cdi.Nodes(unit))) if (DeviceNode.Look(path, out var rule) == 0) rules.Add(rule);
            foreach (var shared in unit.Shared) if (Shared(shared) is { } rule) rules.Add(rule);
        }
        return DeviceRule.Canonical(rules);
    }

    public IReadOnlyList<GresGrant> Recover(IReadOnlyList<DeviceRule> rules)
    {
        var allowed = rules.Where(r => r.Access.HasFlag(DeviceAccess.ReadWrite)).Select(r => r.Key).ToHashSet();
        var grants = new List<GresGrant>();
        foreach (var kind in inventory.Units.Where(u => u.Files.Count > 0 && u.Files.All(f => DeviceNode.Look(f, out var rule) == 0 && allowed.Contains(rule.Key))).GroupBy(u => (u.Name, u.Type)))
        {
            var grant = new GresGrant { Name = kind.Key.Name, Type = kind.Key.Type, Count = (ulong)kind.Count() };
            grant.Indices.AddRange(kind.Select(u => u.Index));
            grants.Add(grant);
        }
        return grants;
    }

    private List<DeviceRule> Everybodys()
    {
        var rules = new List<DeviceRule>(_standard);
        foreach (var path in always.SelectMany(name => table.Paths(name, root))) if (DeviceNode.Look(path, out var rule) == 0) rules.Add(rule);
        return rules;
    }

    private void Add(DeviceUnit unit, List<DeviceRule> rules, List<GrantedUnit> grants)
    {
        var own = new List<DeviceRule>();
        foreach (var path in unit.Files)
        {
            var errno = DeviceNode.Look(path, out var rule);
            if (errno != 0) throw new CgroupException($"{unit.Name} {unit.Index} was granted, but its node {path} cannot be looked at: {DeviceNode.Describe(errno)}", path, errno) { IsNodesFault = true };
            own.Add(rule);
        }
        foreach (var path in cdi.Nodes(unit)) if (DeviceNode.Look(path, out var rule) == 0) own.Add(rule);
        if (own.Count > 0) foreach (var shared in unit.Shared) if (Shared(shared) is { } rule) own.Add(rule);
        rules.AddRange(own);
        grants.Add(new GrantedUnit(unit.Name, Describe(unit), DeviceRule.Canonical(own), own.Count > 0 ? "" : "it is declared without a device node: there is nothing to allow or deny"));
    }

    /// <summary>Null for a control node that does not exist and whose driver is not loaded: nobody can open it.</summary>
    private DeviceRule? Shared(SharedNode shared)
    {
        var path = shared.Path.StartsWith(root, StringComparison.Ordinal) ? shared.Path : root + shared.Path;
        if (DeviceNode.Look(path, out var rule) == 0) return rule;
        return shared.Driver.Length > 0 && _files.Major(shared.Driver) is { } major ? new DeviceRule('c', major, shared.Minor, DeviceAccess.ReadWrite) : null;
    }

    private static string Describe(DeviceUnit unit)
    {
        var text = $"{Kind(unit.Name, unit.Type)} {unit.Index.ToString(CultureInfo.InvariantCulture)}";
        if (unit.Uuid.Length > 0) text += $" {unit.Uuid}";
        return unit.Files.Count == 0 ? text : $"{text} ({string.Join(' ', unit.Files)})";
    }

    private static string Kind(string name, string type) => type.Length > 0 ? $"{name}:{type}" : name;
}
