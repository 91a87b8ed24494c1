using Stint.Agent.Devices;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups.V2;

/// <summary>
/// Devices on v2: a generated program attached to the group, queried back, and known again by its tag. It is attached beside whatever else is
/// there (all programs of a group and of those above must allow), and replaced in one step: at no moment is a group without its filter. It lives as
/// long as its group; nothing has to be taken away. The rules are kept as an attribute of the group too, for an agent that is started later.
/// </summary>
internal sealed class DeviceFilter(CgroupLayout layout, IDeviceAllowances allowances, IDevicePrograms kernel) : IDeviceFilter, IDisposable
{
    public const string Name = "stint_devices", Attribute = "trusted.stint.devices";
    private const int CachedMax = 32;
    private readonly Dictionary<string, (int Descriptor, ProgramIdentity Identity)> _loaded = [];

    /// <summary>How often a group was found without a program of these very rules.</summary>
    public int Attachments { get; private set; }

    /// <summary>Nothing: a program is attached to jobs, whose groups are fresh.</summary>
    public void Open(string group)
    {
    }

    public void Write(string group, Limits limits, Receipt receipt)
    {
        var directory = $"{layout.Hierarchies[0].Mount}/{group}";
        var allowance = allowances.For(limits);
        var (program, identity) = Loaded(allowance, directory);
        var errno = kernel.OpenGroup(directory, out var descriptor);
        if (errno != 0) throw Refused($"cannot open {directory} to attach a device program", directory, errno);
        try
        {
            Attach(directory, descriptor, program, identity);
            var back = ReadBack(directory, descriptor, identity, receipt);
            errno = Attributes.Set(directory, Attribute, string.Join('\n', allowance.Rules));
            if (errno != 0) throw Refused($"cannot set the attribute {Attribute} of {directory}", directory, errno);
            DeviceRows.Add(receipt, limits, allowance, $"{directory} (BPF_CGROUP_DEVICE)", $"{allowance.Text}; program tag {identity.Tag}", $"program id {back.Id}, tag {back.Tag}", allowance.Rules);
        }
        finally
        {
            kernel.Close(descriptor);
        }
    }

    public IReadOnlyList<GresGrant> Current(string group)
    {
        var rules = new List<DeviceRule>();
        if (Attributes.Get($"{layout.Hierarchies[0].Mount}/{group}", Attribute, out var text) != 0) return [];
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries)) if (DeviceRule.TryParse(line, out var rule)) rules.Add(rule);
        return allowances.Recover(rules);
    }

    public void Dispose()
    {
        foreach (var (descriptor, _) in _loaded.Values) kernel.Close(descriptor);
        _loaded.Clear();
    }

    /// <summary>Most jobs have the same rules: they share one program.</summary>
    private (int Descriptor, ProgramIdentity Identity) Loaded(DeviceAllowance allowance, string directory)
    {
        if (_loaded.TryGetValue(allowance.Text, out var known)) return known;
        var code = DeviceProgram.Generate(allowance.Rules);
        var errno = kernel.Load(code, Name, out var descriptor, out var log);
        if (errno != 0) throw Refused($"the kernel does not load the device program of {directory} ({allowance.Rules.Count} rules){(log.Length > 0 ? $", its verifier says: {LastLine(log)}" : "")}", directory, errno);
        errno = kernel.Identify(descriptor, out var identity);
        if (errno == 0 && DeviceProgram.Tags(code).Contains(identity.Tag))
        {
            if (_loaded.Count >= CachedMax) Dispose();
            _loaded.Add(allowance.Text, (descriptor, identity));
            return (descriptor, identity);
        }
        kernel.Close(descriptor);
        throw Refused($"the device program of {directory} reads back {(errno != 0 ? "with an error" : $"with the tag {identity.Tag} and not {string.Join(" or ", DeviceProgram.Tags(code))}")}", directory, errno);
    }

    private void Attach(string directory, int group, int program, ProgramIdentity identity)
    {
        var errno = kernel.Attached(group, out var before);
        if (errno != 0) throw Refused($"cannot query the device programs of {directory}", directory, errno);
        if (before.Contains(identity.Id)) return;
        var old = Ours(before, out var tag);
        if (tag != identity.Tag) Attachments++;
        errno = kernel.Attach(group, program, old);
        if (old is { } descriptor) kernel.Close(descriptor);
        if (errno != 0) throw Refused($"cannot attach device program {identity.Id} to {directory}", directory, errno);
    }

    /// <summary>A descriptor of the program that an earlier call attached here; null when there is none.</summary>
    private int? Ours(IReadOnlyList<uint> ids, out string tag)
    {
        tag = "";
        foreach (var id in ids)
        {
            if (kernel.Open(id, out var descriptor) != 0) continue;
            if (kernel.Identify(descriptor, out var identity) == 0 && identity.Name == Name)
            {
                tag = identity.Tag;
                return descriptor;
            }
            kernel.Close(descriptor);
        }
        return null;
    }

    private ProgramIdentity ReadBack(string directory, int group, ProgramIdentity wanted, Receipt receipt)
    {
        var errno = kernel.Attached(group, out var ids);
        if (errno != 0) throw Refused($"cannot query the device programs of {directory}", directory, errno);
        if (!ids.Contains(wanted.Id))
            throw Refused($"{directory} reads back the device programs '{string.Join(' ', ids)}' after {wanted.Id} was attached: the limit does not hold", directory, 0);
        errno = kernel.Open(wanted.Id, out var descriptor);
        if (errno != 0) throw Refused($"cannot open device program {wanted.Id} of {directory}", directory, errno);
        errno = kernel.Identify(descriptor, out var back);
        kernel.Close(descriptor);
        if (errno != 0 || back.Tag != wanted.Tag) throw Refused($"device program {wanted.Id} of {directory} reads back with the tag {back.Tag} and not {wanted.Tag}: the limit does not hold", directory, errno);
        if (ids.Count > 1) receipt.Notes.Add($"{directory} has {ids.Count - 1} more device program{(ids.Count == 2 ? "" : "s")}, not Stint's: a node must be allowed by all");
        return back;
    }

    private static string LastLine(string log) => log.Split('\n')[^1];

    private static CgroupException Refused(string sentence, string file, int errno) => new(errno == 0 ? sentence : $"{sentence}: {Errno.Describe(errno)}", file, errno);
}
