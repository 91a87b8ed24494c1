using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core.Resources;

/// <summary>Takes a share's generic resources off what is free, and puts them back. Nothing is ever given twice.</summary>
public static class GresTaking
{
    /// <summary>Null, when some of it is not there or not free.</summary>
    public static GresFree? Take(NodeKind kind, GresFree free, NodeShare share)
    {
        if (share.Gres.Count == 0) return free;
        var cells = free.ToArray();
        foreach (var taken in share.Gres)
            if (!Take(kind, cells, taken)) return null;
        return new GresFree(cells);
    }

    /// <summary>Null, when some of it was not taken.</summary>
    public static GresFree? GiveBack(NodeKind kind, GresFree free, NodeShare share)
    {
        if (share.Gres.Count == 0) return free;
        var cells = free.ToArray();
        var empty = kind.Gres.Empty.Cells;
        foreach (var given in share.Gres)
        {
            if (PoolOf(kind, given) is not { } pool) return null;
            if (pool.Form == PoolForm.Units)
            {
                foreach (var index in given.Indices)
                {
                    if (UnitCell(pool, index) is not (>= 0 and var cell)) return null;
                    cells[cell] += 1;
                }
            }
            else if (CountCell(kind, pool, given) is >= 0 and var at) cells[at] += (int)given.Count;
            else return null;
        }
        for (var i = 0; i < cells.Length; i++)
            if (cells[i] > empty[i]) return null;
        return new GresFree(cells);
    }

    /// <summary>Takes what is there of it.</summary>
    internal static GresFree Squeeze(NodeKind kind, GresFree free, NodeShare share)
    {
        if (share.Gres.Count == 0) return free;
        var cells = free.ToArray();
        foreach (var taken in share.Gres)
        {
            if (PoolOf(kind, taken) is not { } pool) continue;
            if (pool.Form == PoolForm.Units)
            {
                foreach (var index in taken.Indices)
                    if (UnitCell(pool, index) is >= 0 and var cell) cells[cell] = 0;
            }
            else if (CountCell(kind, pool, taken) is >= 0 and var at) cells[at] -= (int)Math.Min((ulong)cells[at], taken.Count);
        }
        return new GresFree(cells);
    }

    /// <summary>What a share takes, counted. A whole GPU takes its parts with it.</summary>
    public static void Count(NodeKind kind, NodeShare share, ref ResourceAmount amount)
    {
        if (share.Gres.Count == 0) return;
        if (Take(kind, kind.Gres.Empty, share) is not { } left) return;
        ResourceAmount rest = default;
        kind.Gres.Count(left.Cells, ref rest);
        for (var i = 0; i < GresCounts.Length; i++) amount.Gres[i] += kind.Total.Gres[i] - rest.Gres[i];
    }

    private static bool Take(NodeKind kind, int[] cells, GresShare taken)
    {
        if (PoolOf(kind, taken) is not { } pool) return false;
        if (pool.Form == PoolForm.Units)
        {
            foreach (var index in taken.Indices)
            {
                var cell = UnitCell(pool, index);
                if (cell < 0 || !kind.Gres.IsUsable(cells, pool, cell - pool.FirstCell)) return false;
                cells[cell] = 0;
            }
            return taken.Indices.Count > 0;
        }
        var at = CountCell(kind, pool, taken);
        if (at < 0 || taken.Count == 0) return false;
        var usable = pool.Form == PoolForm.Parts ? kind.Gres.UsableParts(cells, pool, at - pool.FirstCell) : cells[at];
        if (taken.Count > (ulong)usable) return false;
        cells[at] -= (int)taken.Count;
        return true;
    }

    private static GresPool? PoolOf(NodeKind kind, GresShare share)
    {
        foreach (var pool in kind.Pools)
            if (pool.Name == share.Name && string.Equals(pool.Type, share.Type, StringComparison.OrdinalIgnoreCase)) return pool;
        return null;
    }

    private static int UnitCell(GresPool pool, uint index)
    {
        for (var i = 0; i < pool.Units.Length; i++)
            if (pool.Units[i].Index == index) return pool.FirstCell + i;
        return -1;
    }

    /// <summary>Of parts: the cell of the GPU that the share names.</summary>
    private static int CountCell(NodeKind kind, GresPool pool, GresShare share)
    {
        if (pool.Form == PoolForm.Count) return pool.FirstCell;
        if (share.Indices.Count != 1) return -1;
        for (var i = 0; i < pool.Cells; i++)
            if (kind.Gres.IndexOf(kind.Gres.GpuOf(pool.FirstCell + i)) == share.Indices[0]) return pool.FirstCell + i;
        return -1;
    }
}
