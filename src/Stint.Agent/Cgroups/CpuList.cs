using System.Globalization;
using System.Text;

namespace Stint.Agent.Cgroups;

/// <summary>The kernel's canonical list of cpus or memory nodes: ascending, runs joined, <c>0-3,8</c> (cpuset(7), "List format").</summary>
public static class CpuList
{
    public static string Format(IReadOnlyList<int> ascending)
    {
        var text = new StringBuilder();
        for (var first = 0; first < ascending.Count;)
        {
            var last = first;
            while (last + 1 < ascending.Count && ascending[last + 1] == ascending[last] + 1) last++;
            if (text.Length > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{ascending[first]}");
            if (last > first) text.Append(CultureInfo.InvariantCulture, $"-{ascending[last]}");
            first = last + 1;
        }
        return text.ToString();
    }

    /// <summary>Ascending, without duplicates. Throws <see cref="FormatException"/> for what is no list.</summary>
    public static int[] Parse(string list)
    {
        var cpus = new SortedSet<int>();
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            var first = Number(dash < 0 ? part : part[..dash]);
            var last = dash < 0 ? first : Number(part[(dash + 1)..]);
            if (last < first || last > 65_535) throw new FormatException($"'{part}' is no range of cpus");
            for (var cpu = first; cpu <= last; cpu++) cpus.Add(cpu);
        }
        return [.. cpus];
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"'{text}' is no cpu number");
}
