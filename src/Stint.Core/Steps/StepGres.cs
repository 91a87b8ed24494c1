using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Steps;

/// <summary>Generic resources of a job on one node that steps take from: units by index, everything else by count.</summary>
internal sealed class StepGres(IEnumerable<GresShare> shares)
{
    private readonly List<GresShare> left = [.. shares.Select(static share => share.Clone())];

    public IReadOnlyList<GresShare> Left => left;

    private static bool IsUnits(GresShare share) => share.Indices.Count > 0 && !GresNames.IsPart(share.Name);

    public void Remove(IEnumerable<GresShare> taken)
    {
        foreach (var gone in taken)
            foreach (var share in left)
            {
                if (share.Name != gone.Name || share.Type != gone.Type) continue;
                if (!IsUnits(share))
                {
                    if (share.Indices.SequenceEqual(gone.Indices)) share.Count -= Math.Min(share.Count, gone.Count);
                    continue;
                }
                foreach (var index in gone.Indices) share.Indices.Remove(index);
                if (share.Count > 0) share.Count = (ulong)share.Indices.Count;
            }
        left.RemoveAll(static share => share.Indices.Count == 0 && share.Count == 0 || GresNames.IsPart(share.Name) && share.Count == 0);
    }

    /// <summary>How many of this kind there are.</summary>
    public static ulong Count(IEnumerable<GresShare> shares, GresRequest kind)
    {
        ulong count = 0;
        foreach (var share in shares)
            if (Fits(share, kind)) count += IsUnits(share) ? (ulong)share.Indices.Count : share.Count;
        return count;
    }

    /// <summary>Takes so many, those near <paramref name="cpus"/> first; false: there are fewer.</summary>
    public bool Take(GresRequest kind, ulong count, CpuSet cpus, Hardware? hardware, List<GresShare> into)
    {
        if (Count(left, kind) < count) return false;
        var taken = new List<GresShare>();
        foreach (var (share, index) in Ordered(kind, cpus, hardware))
        {
            if (count == 0) break;
            var part = index is null ? Math.Min(count, share.Count) : 1;
            Note(taken, share, index, part);
            count -= part;
        }
        Remove(taken);
        foreach (var share in taken)
        {
            var sorted = share.Indices.Order().ToArray();
            share.Indices.Clear();
            share.Indices.Add(sorted);
            into.Add(share);
        }
        return true;
    }

    private IEnumerable<(GresShare Share, uint? Index)> Ordered(GresRequest kind, CpuSet cpus, Hardware? hardware)
    {
        var units = new List<(GresShare Share, uint Index, bool IsFar)>();
        foreach (var share in left)
            if (Fits(share, kind) && IsUnits(share))
                foreach (var index in share.Indices) units.Add((share, index, !IsNear(hardware, share, index, cpus)));
        foreach (var (share, index, _) in units.OrderBy(static unit => unit.IsFar)) yield return (share, index);
        foreach (var share in left)
            if (Fits(share, kind) && !IsUnits(share)) yield return (share, null);
    }

    private static void Note(List<GresShare> taken, GresShare from, uint? index, ulong count)
    {
        var mine = taken.Find(share => share.Name == from.Name && share.Type == from.Type && (index is not null || share.Indices.SequenceEqual(from.Indices)));
        if (mine is null)
        {
            mine = new GresShare { Name = from.Name, Type = from.Type };
            if (index is null) mine.Indices.Add(from.Indices);
            taken.Add(mine);
        }
        if (index is { } unit) mine.Indices.Add(unit);
        if (from.Count > 0) mine.Count += count;
    }

    private static bool IsNear(Hardware? hardware, GresShare share, uint index, CpuSet cpus)
    {
        foreach (var gres in hardware?.Gres ?? [])
            if (gres.Name == share.Name && gres.Type == share.Type)
                foreach (var unit in gres.Units)
                    if (unit.Index == index) return unit.NearCpus.IsEmpty || CpuSet.FromBytes(unit.NearCpus).Intersects(cpus);
        return true;
    }

    private static bool Fits(GresShare share, GresRequest kind) =>
        share.Name == kind.Name && (kind.Type.Length == 0 || string.Equals(share.Type, kind.Type, StringComparison.OrdinalIgnoreCase));
}
