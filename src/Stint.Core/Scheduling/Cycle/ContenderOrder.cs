using System.Runtime.InteropServices;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>Sorts many contenders again and again without making garbage.</summary>
internal sealed class ContenderOrder
{
    /// <summary>Equal priorities in the order in which holes are filled, then as always.</summary>
    public static readonly IComparer<Contender> Filling = Comparer<Contender>.Create(CompareFill);
    private static readonly IComparer<Contender> Ranked = Comparer<Contender>.Create(static (a, b) => a.Rank.CompareTo(b.Rank));

    private double[] keys = [];
    private Contender[] sorted = [];

    private static int CompareFill(Contender a, Contender b)
    {
        if (a.Rank.Tier == b.Rank.Tier && a.Rank.Priority == b.Rank.Priority && a.FillRank.CompareTo(b.FillRank) is not 0 and var byRank) return byRank;
        return a.Rank.CompareTo(b.Rank);
    }

    /// <summary>By priority first, as plain numbers: with many priorities little is left to compare in full.</summary>
    public void Sort(List<Contender> contenders, bool forFill)
    {
        var order = forFill ? Filling : Ranked;
        var count = contenders.Count;
        if (keys.Length < count)
        {
            keys = new double[count + count / 4];
            sorted = new Contender[keys.Length];
        }
        var list = CollectionsMarshal.AsSpan(contenders);
        for (var i = 0; i < count; i++)
        {
            if (list[i].Rank.Tier != list[0].Rank.Tier) { list.Sort(order); return; }
            (keys[i], sorted[i]) = (-list[i].Rank.Priority, list[i]);
        }
        Array.Sort(keys, sorted, 0, count);
        for (int from = 0, to; from < count; from = to)
        {
            for (to = from + 1; to < count && keys[to] == keys[from];) to++;
            if (to - from > 1) Array.Sort(sorted, from, to - from, order);
        }
        sorted.AsSpan(0, count).CopyTo(list);
        sorted.AsSpan(0, count).Clear();
    }
}
