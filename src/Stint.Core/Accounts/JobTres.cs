using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Resources;

namespace Stint.Core.Accounts;

/// <param name="Id">Of the <see cref="TresTable"/>.</param>
/// <param name="Count">Units of its kind: cpus, MiB, nodes, devices, licences; billing rounded down as Slurm does.</param>
internal readonly record struct TresCount(int Id, long Count);

/// <summary>
/// What one job (or one task of an array) asks for or holds, by trackable resource. The one place where a request or an
/// allocation is turned into counts.
/// </summary>
internal sealed class JobTres
{
    private const ulong MiB = 1 << 20;
    /// <summary>More of anything is counted as this: products of two counts stay below 2^63.</summary>
    private const long CountMax = 1L << 31;
    private readonly List<TresCount> counts = [];

    /// <summary>At least one unit each; a typed device counts as its type and as its name.</summary>
    public IReadOnlyList<TresCount> Counts => counts;
    /// <summary>Millionths of billing units: what fair share is charged per second.</summary>
    public long BillingMicro { get; private set; }
    public long Nodes => Of(TresTable.Node);

    public long Of(int id)
    {
        foreach (var count in counts)
            if (count.Id == id) return count.Count;
        return 0;
    }

    /// <summary>Of a request. What only placement can know (all of a node) is counted as the smallest node of the partition has it.</summary>
    /// <param name="partition">Null: what was asked for counts, whatever nodes there are; there is no billing.</param>
    /// <param name="intern">False: names that no limit and no job has mentioned are left out.</param>
    public static JobTres Requested(JobSpec spec, Partition? partition, TresTable table, bool intern)
    {
        var tres = new JobTres();
        var nodes = Math.Max(1, (long)spec.NodesMin);
        var tasks = Math.Max(nodes, spec.Tasks);
        var gpus = tres.AddRequested(table, spec, nodes, tasks, intern);
        var cpus = tasks * Math.Max(1, spec.CpusPerTask);
        gpus = Math.Min(gpus, CountMax);
        cpus = Math.Min(CountMax, Math.Max(cpus, Math.Max(gpus * spec.CpusPerGpu, nodes * spec.CpusPerNodeMin)));
        var (leastCpus, leastMemory) = partition is not null && (spec.Exclusive || TakesWholeMemory(spec)) ? Least(partition) : (0, 0);
        if (spec.Exclusive) cpus = Math.Max(cpus, nodes * leastCpus);
        tres.Add(TresTable.Cpu, cpus);
        tres.Add(TresTable.Node, nodes);
        tres.Add(TresTable.Memory, MemoryMiB(spec, nodes, cpus, gpus, leastMemory));
        if (spec.DiskBytes > 0) tres.Add(TresTable.Disk, Whole(spec.DiskBytes) * nodes);
        tres.AddLicenses(table, spec.Licenses, intern);
        if (partition is not null) tres.Bill(partition.Spec, table);
        return tres;
    }

    /// <summary>Of an allocation, made or planned.</summary>
    public static JobTres Allocated(JobSpec spec, IReadOnlyList<NodeShare> shares, string licenses, Partition partition, TresTable table)
    {
        var tres = new JobTres();
        ulong memory = 0, disk = 0;
        var (cpus, hasGres) = (0, false);
        foreach (var share in shares)
        {
            cpus += CpuSet.FromBytes(share.Cpus).Count;
            memory += share.MemoryBytes;
            disk += share.DiskBytes;
            hasGres |= share.Gres.Count > 0;
            foreach (var gres in share.Gres)
                tres.AddGres(table, gres.Name, gres.Type, gres.Indices.Count > 0 ? gres.Indices.Count : (long)gres.Count, intern: true);
        }
        // A share that names no devices was made by a placement that does not hand them out: what was asked for counts.
        if (!hasGres) tres.AddRequested(table, spec, shares.Count, Math.Max(shares.Count, spec.Tasks), intern: true);
        tres.Add(TresTable.Cpu, cpus);
        tres.Add(TresTable.Node, shares.Count);
        tres.Add(TresTable.Memory, (long)(memory / MiB));
        tres.Add(TresTable.Disk, disk > 0 ? (long)(disk / MiB) : Whole(spec.DiskBytes) * shares.Count);
        tres.AddLicenses(table, licenses.Length > 0 ? licenses : spec.Licenses, intern: true);
        tres.Bill(partition.Spec, table);
        return tres;
    }

    /// <summary>No more of anything than another.</summary>
    public bool IsWithin(JobTres other)
    {
        foreach (var (id, count) in counts)
            if (count > other.Of(id)) return false;
        return true;
    }

    /// <summary>Of counts that are known already.</summary>
    public static JobTres Counted(params ReadOnlySpan<(int Id, long Count)> counts)
    {
        var tres = new JobTres();
        foreach (var (id, count) in counts) tres.Add(id, count);
        return tres;
    }

    private static bool TakesWholeMemory(JobSpec spec) =>
        spec is { MemoryPerNodeBytes: 0, MemoryPerCpuBytes: 0, MemoryPerGpuBytes: 0 };

    private static long MemoryMiB(JobSpec spec, long nodes, long cpus, long gpus, long leastMemoryMiB)
    {
        if (spec.MemoryPerNodeBytes > 0) return Whole(spec.MemoryPerNodeBytes) * nodes;
        if (spec.MemoryPerCpuBytes > 0) return Whole(spec.MemoryPerCpuBytes) * cpus;
        if (spec.MemoryPerGpuBytes > 0) return Whole(spec.MemoryPerGpuBytes) * gpus;
        return leastMemoryMiB * nodes;
    }

    private static long Whole(ulong bytes) => (long)Math.Min(bytes / MiB + (bytes % MiB > 0 ? 1UL : 0), CountMax);

    private static (long Cpus, long MemoryMiB) Least(Partition partition)
    {
        if (partition.Nodes.Count == 0) return (0, 0);
        var (cpus, memory) = (long.MaxValue, ulong.MaxValue);
        foreach (var node in partition.Nodes)
            (cpus, memory) = (Math.Min(cpus, node.Hardware.Cpus), Math.Min(memory, node.Hardware.MemoryBytes));
        return (cpus, (long)(memory / MiB));
    }

    /// <returns>How many GPUs.</returns>
    private long AddRequested(TresTable table, JobSpec spec, long nodes, long tasks, bool intern)
    {
        var gpus = 0L;
        foreach (var gres in spec.Gres)
        {
            var count = Math.Min(CountMax, (long)Math.Min(gres.Count, 1 << 15) * gres.Per switch
            {
                GresPer.PerJob => 1,
                GresPer.PerTask => tasks,
                GresPer.PerSocket => Math.Clamp(spec.SocketsPerNode, 1, 1 << 15) * nodes,
                _ => nodes,
            });
            if (gres.Name == "gpu") gpus += count;
            AddGres(table, gres.Name, gres.Type, count, intern);
        }
        return gpus;
    }

    private void AddGres(TresTable table, string name, string type, long count, bool intern)
    {
        Add(table, "gres/" + name, count, intern);
        if (type.Length > 0) Add(table, $"gres/{name}:{type}", count, intern);
    }

    /// <summary><c>name[:count]</c> joined by <c>,</c>; of alternatives (<c>|</c>) the first is counted until one is taken.</summary>
    private void AddLicenses(TresTable table, string licenses, bool intern)
    {
        if (licenses.Length == 0) return;
        var first = licenses.Split('|')[0];
        foreach (var license in first.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = license.LastIndexOfAny([':', '=']);
            var count = 1L;
            if (colon > 0 && !long.TryParse(license[(colon + 1)..], System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture, out count)) continue;
            Add(table, "license/" + (colon > 0 ? license[..colon] : license), count, intern);
        }
    }

    private void Add(TresTable table, string name, long count, bool intern)
    {
        if (intern) Add(table.Intern(name), count);
        else if (table.Find(name) is { } id) Add(id, count);
    }

    private void Add(int id, long count)
    {
        if (count <= 0) return;
        for (var i = 0; i < counts.Count; i++)
            if (counts[i].Id == id) { counts[i] = new TresCount(id, counts[i].Count + count); return; }
        counts.Add(new TresCount(id, count));
    }

    /// <summary>The partition's weights over the counts; without weights, the cpus (TRESBillingWeights in slurm.conf's manual).</summary>
    private void Bill(PartitionSpec partition, TresTable table)
    {
        double sum = 0;
        if (partition.BillingWeights.Count == 0) sum = Of(TresTable.Cpu);
        foreach (var weight in partition.BillingWeights)
            if (table.Find(weight.Tres) is { } id) sum += weight.Value * Of(id);
        BillingMicro = (long)Math.Clamp(Math.Round(sum * 1_000_000), 0, 1e17);
        Add(TresTable.Billing, BillingMicro / 1_000_000);
    }
}
