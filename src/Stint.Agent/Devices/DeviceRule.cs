using System.Globalization;

namespace Stint.Agent.Devices;

/// <summary>What may be done with a device node; the numbers are BPF_DEVCG_ACC_* of linux/bpf.h.</summary>
[Flags]
internal enum DeviceAccess { None = 0, Make = 1, Read = 2, Write = 4, ReadWrite = Read | Write, All = Make | Read | Write }

/// <summary>
/// One entry of an allow list, in the kernel's notation for cgroup v1: <c>c 195:0 rw</c>, <c>c 136:* rw</c> (devices.rst). On v2 it becomes a few
/// instructions of a program. Nodes are named by type and numbers and not by path: a copy made with mknod is the same device.
/// </summary>
/// <param name="Type">'c' or 'b'.</param>
/// <param name="Minor">Null: every minor of this major.</param>
internal readonly record struct DeviceRule(char Type, uint Major, uint? Minor, DeviceAccess Access) : IComparable<DeviceRule>
{
    /// <summary>What a group without any rule shows on v1: everything is allowed.</summary>
    public const string AllowAll = "a *:* rwm";

    /// <summary>Two rules with the same key are one entry in the kernel.</summary>
    public (char, uint, uint?) Key => (Type, Major, Minor);

    /// <summary>False for what is no rule, and for <see cref="AllowAll"/>.</summary>
    public static bool TryParse(string line, out DeviceRule rule)
    {
        rule = default;
        if (line.Split(' ') is not [{ Length: 1 } type, var numbers, var access] || type is not ("c" or "b")) return false;
        if (numbers.Split(':') is not [var major, var minor] || !Number(major, out var first)) return false;
        uint? second = null;
        if (minor != "*")
        {
            if (!Number(minor, out var exact)) return false;
            second = exact;
        }
        var may = DeviceAccess.None;
        foreach (var letter in access)
        {
            if (letter is not ('r' or 'w' or 'm')) return false;
            may |= letter switch { 'r' => DeviceAccess.Read, 'w' => DeviceAccess.Write, _ => DeviceAccess.Make };
        }
        rule = new DeviceRule(type[0], first, second, may);
        return may != DeviceAccess.None;
    }

    /// <summary>Throws <see cref="FormatException"/>.</summary>
    public static DeviceRule Parse(string line) => TryParse(line, out var rule) ? rule : throw new FormatException($"'{line}' is no device rule: 'c 195:0 rw' would be one");

    /// <summary>One rule for each node, accesses joined, in the order that every list and every program of this agent has.</summary>
    public static IReadOnlyList<DeviceRule> Canonical(IEnumerable<DeviceRule> rules)
    {
        var joined = new SortedSet<DeviceRule>();
        foreach (var group in rules.GroupBy(r => r.Key)) joined.Add(group.Aggregate((a, b) => a with { Access = a.Access | b.Access }));
        return [.. joined];
    }

    public int CompareTo(DeviceRule other)
    {
        var order = Type.CompareTo(other.Type);
        if (order == 0) order = Major.CompareTo(other.Major);
        if (order == 0) order = (Minor ?? 0).CompareTo(other.Minor ?? 0);
        if (order == 0) order = Minor.HasValue.CompareTo(other.Minor.HasValue);
        return order != 0 ? order : Access.CompareTo(other.Access);
    }

    public override string ToString()
    {
        var access = (Access.HasFlag(DeviceAccess.Read) ? "r" : "") + (Access.HasFlag(DeviceAccess.Write) ? "w" : "") + (Access.HasFlag(DeviceAccess.Make) ? "m" : "");
        return string.Create(CultureInfo.InvariantCulture, $"{Type} {Major}:{(Minor is { } minor ? minor.ToString(CultureInfo.InvariantCulture) : "*")} {access}");
    }

    private static bool Number(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
