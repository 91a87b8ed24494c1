namespace Stint.Cli.Native;

/// <summary>The submitter's soft limits, which a job takes along (<c>--propagate</c>). Names as Slurm's, without RLIMIT_; unlimited is the largest number.</summary>
internal static unsafe class ResourceLimits
{
    private static readonly (string Name, int Number)[] All =
    [
        ("AS", Libc.RLIMIT_AS), ("CORE", Libc.RLIMIT_CORE), ("CPU", Libc.RLIMIT_CPU), ("DATA", Libc.RLIMIT_DATA), ("FSIZE", Libc.RLIMIT_FSIZE),
        ("MEMLOCK", Libc.RLIMIT_MEMLOCK), ("NOFILE", Libc.RLIMIT_NOFILE), ("NPROC", Libc.RLIMIT_NPROC), ("RSS", Libc.RLIMIT_RSS), ("STACK", Libc.RLIMIT_STACK),
    ];

    /// <summary>How many there are; the front sends them in this order.</summary>
    public static int Count => All.Length;
    public static string Name(int index) => All[index].Name;

    public static IReadOnlyDictionary<string, ulong> OfThisProcess()
    {
        var limits = new Dictionary<string, ulong>(All.Length, StringComparer.Ordinal);
        foreach (var (name, number) in All)
        {
            Libc.Rlimit limit;
            if (Libc.getrlimit(number, &limit) == 0) limits[name] = limit.Soft;
        }
        return limits;
    }

    /// <summary>The first name that is none, in upper case like them; null: all of them are known.</summary>
    public static string? Unknown(string propagate) => propagate is "ALL" or "NONE" ? null : Array.Find(propagate.Split(','), static name => !Array.Exists(All, known => known.Name == name));

    /// <param name="propagate">ALL, NONE, or names separated by commas.</param>
    /// <returns>null: none are taken along.</returns>
    public static Dictionary<string, ulong>? Select(string propagate, Func<IReadOnlyDictionary<string, ulong>> limits)
    {
        if (propagate == "NONE") return null;
        var chosen = new Dictionary<string, ulong>(All.Length, StringComparer.Ordinal);
        var names = propagate == "ALL" ? null : propagate.Split(',');
        foreach (var (name, soft) in limits())
            if (names is null || Array.IndexOf(names, name) >= 0) chosen[name] = soft;
        return chosen;
    }
}
