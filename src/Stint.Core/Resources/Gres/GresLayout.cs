using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core.Resources;

/// <summary>The generic resources of a kind of node and where each has its cells. Knows which parts (shard, mps) belong to which GPU.</summary>
public sealed class GresLayout
{
    private readonly GresPool[] pools;
    private readonly int[] gpuOfCell;
    private readonly int[][] partsOfCell;
    private readonly bool hasParts;

    private GresLayout(GresPool[] pools, int cells)
    {
        this.pools = pools;
        hasParts = pools.Any(static pool => pool.Form == PoolForm.Parts);
        var empty = new int[cells];
        gpuOfCell = new int[cells];
        Array.Fill(gpuOfCell, -1);
        foreach (var pool in pools)
            for (var i = 0; i < pool.Cells; i++) empty[pool.FirstCell + i] = pool.SizeOf(i);
        Empty = new GresFree(empty);
        GpuCells = [.. pools.Where(static pool => pool is { IsGpu: true, Form: PoolForm.Units })
            .SelectMany(static pool => Enumerable.Range(pool.FirstCell, pool.Cells))];
        foreach (var pool in pools)
            if (pool.Form == PoolForm.Parts)
                for (var i = 0; i < pool.Cells; i++) gpuOfCell[pool.FirstCell + i] = GpusFor(pools, pool.Type)[i];
        partsOfCell = new int[cells][];
        for (var cell = 0; cell < cells; cell++)
            partsOfCell[cell] = [.. Enumerable.Range(0, cells).Where(part => gpuOfCell[part] == cell)];
    }

    public ReadOnlySpan<GresPool> Pools => pools;
    /// <summary>Cells of all GPUs, in the order of the pools.</summary>
    public int[] GpuCells { get; }
    /// <summary>Nothing taken.</summary>
    public GresFree Empty { get; }

    /// <summary>The GPU that a cell of parts belongs to; -1 for other cells.</summary>
    public int GpuOf(int cell) => gpuOfCell[cell];
    /// <summary>The number of the device at a cell.</summary>
    public uint IndexOf(int gpuCell)
    {
        foreach (var pool in pools)
            if (gpuCell < pool.FirstCell + pool.Cells) return pool.Units[gpuCell - pool.FirstCell].Index;
        return uint.MaxValue;
    }
    public string TypeOf(int cell)
    {
        foreach (var pool in pools)
            if (cell < pool.FirstCell + pool.Cells) return pool.Type;
        return "";
    }
    public ReadOnlySpan<int> PartsOf(int gpuCell) => partsOfCell[gpuCell];

    /// <summary>Detected resources with the configuration's in their place; kinds without anything are left out.</summary>
    public static GresLayout Of(Hardware hardware, IEnumerable<Gres> configured)
    {
        var kinds = NodeSettings.Overridden(hardware.Gres, configured).Where(static gres => gres.Count > 0 || gres.Units.Count > 0).ToList();
        // More are refused where they come in; here is no place for them.
        kinds = [.. kinds.Take(GresCounts.Length)];
        var pools = new List<GresPool>();
        var cells = 0;
        foreach (var gres in kinds)
        {
            if (GresNames.IsPart(gres.Name)) continue;
            var form = gres.Units.Count > 0 || gres.Name == GresNames.Gpu ? PoolForm.Units : PoolForm.Count;
            var sizes = form == PoolForm.Count ? [(int)Math.Min(gres.Count, int.MaxValue)] : Ones(gres.Units.Count > 0 ? gres.Units.Count : (int)gres.Count);
            pools.Add(new GresPool(WithUnits(gres, form), form, pools.Count, cells, sizes));
            cells += sizes.Length;
        }
        foreach (var gres in kinds)
        {
            if (!GresNames.IsPart(gres.Name)) continue;
            var gpus = GpusFor(pools, gres.Type).Length;
            if (gpus == 0) continue;
            var count = (int)Math.Min(gres.Units.Count > 0 ? (uint)gres.Units.Count : gres.Count, int.MaxValue);
            var sizes = new int[gpus];
            for (var i = 0; i < gpus; i++) sizes[i] = count / gpus + (i < count % gpus ? 1 : 0);
            pools.Add(new GresPool(gres, PoolForm.Parts, pools.Count, cells, sizes));
            cells += gpus;
        }
        return new GresLayout([.. pools], cells);
    }

    /// <summary>A node that names GPUs by number only has units all the same.</summary>
    private static Gres WithUnits(Gres gres, PoolForm form)
    {
        if (form != PoolForm.Units || gres.Units.Count > 0) return gres;
        var full = gres.Clone();
        for (uint i = 0; i < gres.Count; i++) full.Units.Add(new GresUnit { Index = i });
        return full;
    }

    private static int[] Ones(int count)
    {
        var ones = new int[count];
        Array.Fill(ones, 1);
        return ones;
    }

    /// <summary>GPU cells that parts of this type are of: those of the same type, or all.</summary>
    private static int[] GpusFor(IEnumerable<GresPool> pools, string type) =>
        [.. pools.Where(pool => pool is { IsGpu: true, Form: PoolForm.Units } && (type.Length == 0 || string.Equals(pool.Type, type, StringComparison.OrdinalIgnoreCase)))
            .SelectMany(static pool => Enumerable.Range(pool.FirstCell, pool.Cells))];

    /// <summary>Whether a device can be given out whole: itself free, and none of its parts taken.</summary>
    public bool IsUsable(ReadOnlySpan<int> cells, GresPool pool, int unit)
    {
        var cell = pool.FirstCell + unit;
        if (cells[cell] == 0) return false;
        foreach (var part in partsOfCell[cell])
            if (cells[part] < Empty.Cells[part]) return false;
        return true;
    }

    /// <summary>Parts that one GPU can still give: none when it is given whole, or in parts of another kind.</summary>
    public int UsableParts(ReadOnlySpan<int> cells, GresPool pool, int unit)
    {
        var cell = pool.FirstCell + unit;
        var gpu = gpuOfCell[cell];
        if (cells[gpu] == 0) return 0;
        foreach (var part in partsOfCell[gpu])
            if (part != cell && cells[part] < Empty.Cells[part]) return 0;
        return cells[cell];
    }

    /// <summary>What a pool can give: units, or the sum of parts, or the number left.</summary>
    public int Usable(ReadOnlySpan<int> cells, GresPool pool)
    {
        if (pool.Form == PoolForm.Count) return cells[pool.FirstCell];
        var sum = 0;
        if (pool.Form == PoolForm.Units && !hasParts)
        {
            foreach (var cell in cells.Slice(pool.FirstCell, pool.Cells)) sum += cell;
            return sum;
        }
        for (var i = 0; i < pool.Cells; i++)
            sum += pool.Form == PoolForm.Units ? IsUsable(cells, pool, i) ? 1 : 0 : UsableParts(cells, pool, i);
        return sum;
    }

    /// <summary>Counts what is left. A GPU that is given whole takes its parts with it, so that amounts add up.</summary>
    public void Count(ReadOnlySpan<int> cells, ref ResourceAmount amount)
    {
        foreach (var pool in pools)
        {
            var sum = 0;
            for (var i = 0; i < pool.Cells; i++)
                sum += pool.Form != PoolForm.Parts || cells[gpuOfCell[pool.FirstCell + i]] > 0 ? cells[pool.FirstCell + i] : 0;
            amount.Gres[pool.Slot] = sum;
        }
    }
}
