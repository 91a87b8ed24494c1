using Google.Protobuf;
using Stint.Agent.Devices;
using Stint.Agent.Hardware;
using Stint.Protocol.Agents;

namespace Stint.Agent.Gpus;

/// <summary>Counted only: licences of a node, bandwidth, GPUs that are declared as a bare number.</summary>
internal sealed record CountedGres(string Name, string Type, ulong Count);

/// <summary>What this node offers beside cpus and memory: detected, and what an operator says instead.</summary>
/// <param name="Problems">What was found and cannot be offered, or is known in part only: a sentence each.</param>
internal sealed record GresInventory(IReadOnlyList<DeviceUnit> Units, IReadOnlyList<CountedGres> Counted, IReadOnlyList<string> Problems)
{
    public static readonly GresInventory Empty = new([], [], []);

    /// <param name="lines">What the operator says: for the names in it nothing else counts.</param>
    /// <param name="library">Path of NVML; empty: where a driver installs it.</param>
    public static GresInventory Take(DeviceTable table, IReadOnlyList<GresLine> lines, bool detects, CpuCores cores, string root = "", string library = "")
    {
        var problems = new List<string>();
        IReadOnlyList<DeviceUnit> found = detects ? Detect(table, root, library, problems) : [];
        var units = found.Where(u => lines.All(l => l.Name != u.Name)).ToList();
        var counted = new List<CountedGres>();
        foreach (var line in lines)
        {
            var declared = DeclaredUnits.Of(line, table, found, cores);
            if (declared.Count == 0) counted.Add(new CountedGres(line.Name, line.Type, line.Count));
            units.AddRange(declared);
        }
        var numbered = units.GroupBy(u => u.Name).SelectMany(name => name.Select((unit, at) => unit with { Index = (uint)at })).ToList();
        return new GresInventory(numbered, counted, problems);
    }

    private static List<DeviceUnit> Detect(DeviceTable table, string root, string library, List<string> problems)
    {
        var files = new SysFiles(root);
        var units = new List<DeviceUnit>();
        foreach (var vendor in table.Vendors)
        {
            // The same chips are found by their own driver or by VFIO, never by both.
            if (vendor.Kind == "vfio" && units.Any(u => u.Name == vendor.Gres)) continue;
            units.AddRange(vendor.Kind == "nvidia" ? new NvidiaDetection(vendor, files, library).Find(problems) : new SysfsDetection(vendor, files).Find());
        }
        return units;
    }

    public DeviceUnit? Find(string name, uint index) => Units.FirstOrDefault(u => u.Name == name && u.Index == index);

    /// <summary>Whole GPUs, those that are cut into slices included.</summary>
    public uint GpuCount => (uint)(Units.Where(u => u.Name == "gpu").Select(u => u.Parent.Length > 0 ? u.Parent : u.Key + u.Index).Distinct().Count()
        + (int)Counted.Where(c => c.Name == "gpu").Sum(c => (long)c.Count));

    /// <param name="numaOfCpu">Of each cpu id.</param>
    public IEnumerable<GresReport> Report(CpuMap map, IReadOnlyList<uint> numaOfCpu)
    {
        foreach (var kind in Units.GroupBy(u => (u.Name, u.Type)))
        {
            var report = new GresReport { Name = kind.Key.Name, Type = kind.Key.Type, Count = (uint)kind.Count(), Vendor = kind.First().Vendor, Declared = kind.Any(u => u.Declared) };
            report.Units.AddRange(kind.Select(unit => Told(unit, map, numaOfCpu)));
            yield return report;
        }
        foreach (var kind in Counted.GroupBy(c => (c.Name, c.Type)))
            yield return new GresReport { Name = kind.Key.Name, Type = kind.Key.Type, Count = (uint)Math.Min(uint.MaxValue, kind.Aggregate(0UL, (sum, c) => sum + c.Count)), Declared = true };
    }

    private static GresUnit Told(DeviceUnit unit, CpuMap map, IReadOnlyList<uint> numaOfCpu)
    {
        var told = new GresUnit { Index = unit.Index, Uuid = unit.Uuid, Numa = unit.Numa, MemoryBytes = unit.MemoryBytes, Parent = unit.Parent };
        told.Files.AddRange(unit.Files);
        if (unit.NearIds is { Count: > 0 } ids)
        {
            if (ids.Count < map.Count) told.NearCpus = ByteString.CopyFrom(Bitmap(ids, map.Count));
            if (ids[0] < numaOfCpu.Count) told.Numa = numaOfCpu[ids[0]];
        }
        else if (unit.NearCpus is { } near && map.KernelCpus.Any(cpu => !near.Contains(cpu))) told.NearCpus = ByteString.CopyFrom(map.Bitmap(near));
        return told;
    }

    private static byte[] Bitmap(IReadOnlyList<int> ids, int count)
    {
        var bitmap = new byte[(count + 7) / 8];
        foreach (var id in ids) bitmap[id >> 3] |= (byte)(1 << (id & 7));
        return bitmap;
    }
}
