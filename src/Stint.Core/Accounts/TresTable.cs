namespace Stint.Core.Accounts;

/// <summary>What a trackable resource is, as far as Slurm names a limit on it by itself.</summary>
internal enum TresKind { Cpu, Memory, Energy, Node, Billing, Gres, License, Other }

/// <summary>
/// Names of trackable resources as small numbers, so that counters are arrays. Slurm's fixed ones come first and in its order.
/// A number is an address inside one process: it is in no record and no snapshot.
/// </summary>
internal sealed class TresTable
{
    public const int Cpu = 0, Memory = 1, Energy = 2, Node = 3, Billing = 4, Disk = 5, FixedCount = 8;
    private static readonly string[] Fixed = ["cpu", "mem", "energy", "node", "billing", "fs/disk", "vmem", "pages"];

    private readonly List<string> names = [.. Fixed];
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);

    public TresTable()
    {
        for (var id = 0; id < Fixed.Length; id++) ids.Add(Fixed[id], id);
    }

    public int Count => names.Count;

    public string NameOf(int id) => names[id];

    /// <summary>Known names only: a question must not make the table grow.</summary>
    public int? Find(string name) => ids.TryGetValue(name, out var id) ? id : null;

    public int Intern(string name)
    {
        if (ids.TryGetValue(name, out var id)) return id;
        ids.Add(name, names.Count);
        names.Add(name);
        return names.Count - 1;
    }

    public TresKind KindOf(int id) => KindOf(names[id]);

    public static TresKind KindOf(string name) => name switch
    {
        "cpu" => TresKind.Cpu,
        "mem" => TresKind.Memory,
        "energy" => TresKind.Energy,
        "node" => TresKind.Node,
        "billing" => TresKind.Billing,
        _ when name.StartsWith("gres/", StringComparison.Ordinal) => TresKind.Gres,
        _ when name.StartsWith("license/", StringComparison.Ordinal) => TresKind.License,
        _ => TresKind.Other,
    };

    /// <summary>Slurm's fixed names, and gres/NAME[:TYPE], license/NAME, bb/NAME, ic/NAME, fs/NAME.</summary>
    public static bool IsName(string name)
    {
        if (name.Length is 0 or > 256 || name.AsSpan().ContainsAny('|', ',', '\n') || name.Contains('\0', StringComparison.Ordinal)) return false;
        if (Fixed.Contains(name, StringComparer.Ordinal)) return true;
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && name[..slash] is "gres" or "license" or "bb" or "ic" or "fs";
    }

    /// <summary>In the order in which limits are looked at: Slurm's fixed ones, then by name.</summary>
    public int Compare(int a, int b)
    {
        if (a < FixedCount || b < FixedCount) return a.CompareTo(b);
        return string.CompareOrdinal(names[a], names[b]);
    }
}
