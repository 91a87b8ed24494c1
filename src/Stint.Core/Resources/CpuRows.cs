namespace Stint.Core.Resources;

/// <summary>
/// Cpus that jobs share: row k holds the cpus that more than k jobs use. Immutable; <c>default</c> is none. A cpu of a job that shares
/// with nobody is in no row.
/// </summary>
public readonly struct CpuRows
{
    private readonly CpuSet[]? rows;

    private CpuRows(CpuSet[] rows) => this.rows = rows;

    public bool IsEmpty => rows is null;

    /// <summary>Cpus that at least one and fewer than <paramref name="most"/> jobs use.</summary>
    public CpuSet Below(int most) => rows is null ? default : rows.Length < most ? rows[0] : rows[0].Except(rows[most - 1]);

    public CpuRows With(CpuSet cpus)
    {
        var grown = new List<CpuSet>(rows ?? []);
        for (var i = 0; !cpus.IsEmpty; i++)
        {
            if (i == grown.Count) { grown.Add(cpus); break; }
            var over = grown[i].Intersect(cpus);
            grown[i] = grown[i].Union(cpus);
            cpus = over;
        }
        return new CpuRows([.. grown]);
    }

    public CpuRows Without(CpuSet cpus)
    {
        if (rows is null) return this;
        var left = rows.ToArray();
        for (var i = left.Length - 1; i >= 0; i--)
        {
            var here = left[i].Intersect(cpus);
            left[i] = left[i].Except(here);
            cpus = cpus.Except(here);
        }
        var count = left.Length;
        while (count > 0 && left[count - 1].IsEmpty) count--;
        return count == 0 ? default : new CpuRows(left[..count]);
    }

    /// <summary>All cpus in any row.</summary>
    public CpuSet All => rows is null ? default : rows[0];
}
