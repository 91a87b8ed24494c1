using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Reservations;

/// <summary>What of a node a reservation that is being made could still have.</summary>
internal sealed class ReservedRoom(Node node)
{
    private readonly Dictionary<(string Name, string Type), List<uint>> units = [];
    private readonly Dictionary<(string Name, string Type), ulong> counts = [];

    public Node Node => node;
    public CpuSet Cpus { get; private set; } = node.AllCpus;
    public ulong MemoryBytes { get; private set; } = node.Hardware.MemoryBytes;
    /// <summary>Nobody else has anything of it.</summary>
    public bool IsWhole { get; private set; } = true;
    public int Cores => Cpus.WholeCores(node.ThreadsPerCore);

    public ReservedRoom WithGres()
    {
        foreach (var gres in node.Hardware.Gres)
            if (gres.Units.Count > 0) units[(gres.Name, gres.Type)] = [.. gres.Units.Select(static unit => unit.Index)];
            else counts[(gres.Name, gres.Type)] = gres.Count;
        return this;
    }

    /// <summary>Somebody else's part; null: all of it.</summary>
    public void Less(NodeShare? share)
    {
        IsWhole = false;
        if (share is null)
        {
            Cpus = default;
            units.Clear();
            counts.Clear();
            return;
        }
        Cpus = Cpus.Except(CpuSet.FromBytes(share.Cpus));
        MemoryBytes -= Math.Min(MemoryBytes, share.MemoryBytes);
        foreach (var gres in share.Gres)
        {
            if (units.TryGetValue((gres.Name, gres.Type), out var free)) free.RemoveAll(gres.Indices.Contains);
            if (counts.TryGetValue((gres.Name, gres.Type), out var count)) counts[(gres.Name, gres.Type)] = count - Math.Min(count, gres.Count);
        }
    }

    public ulong FreeGres(GresRequest wanted) =>
        (ulong)units.Where(entry => Is(entry.Key, wanted)).Sum(static entry => entry.Value.Count)
        + counts.Where(entry => Is(entry.Key, wanted)).Aggregate(0UL, static (sum, entry) => sum + entry.Value);

    private static bool Is((string Name, string Type) key, GresRequest wanted) =>
        key.Name == wanted.Name && (wanted.Type.Length == 0 || wanted.Type == key.Type);

    /// <summary>Takes whole cores, the lowest that are free.</summary>
    public CpuSet TakeCores(int cores)
    {
        var taken = Cpus.LowestCores(cores, node.ThreadsPerCore);
        Cpus = Cpus.Except(taken);
        return taken;
    }

    public void TakeGres(GresRequest wanted, ulong count, NodeShare into)
    {
        foreach (var (key, free) in units)
        {
            if (!Is(key, wanted) || count == 0 || free.Count == 0) continue;
            var taken = free.Take((int)Math.Min(count, int.MaxValue)).ToList();
            free.RemoveRange(0, taken.Count);
            count -= (ulong)taken.Count;
            into.Gres.Add(new GresShare { Name = key.Name, Type = key.Type, Indices = { taken }, Count = (ulong)taken.Count });
        }
        foreach (var key in counts.Keys.ToList())
        {
            if (!Is(key, wanted) || count == 0 || counts[key] == 0) continue;
            var taken = Math.Min(count, counts[key]);
            counts[key] -= taken;
            count -= taken;
            into.Gres.Add(new GresShare { Name = key.Name, Type = key.Type, Count = taken });
        }
    }
}
