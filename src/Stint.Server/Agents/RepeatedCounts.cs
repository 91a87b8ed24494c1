using System.Globalization;
using System.Text;
using Stint.Core.Journal;

namespace Stint.Server.Agents;

/// <summary>Slurm's run-length form of one number per node: <c>6(x2),4</c>.</summary>
internal static class RepeatedCounts
{
    public static string Cpus(IReadOnlyList<NodeShare> shares) => Text(shares, share => (uint)Bitmaps.Count(share.Cpus.Span));
    public static string Tasks(IReadOnlyList<NodeShare> shares) => Text(shares, share => share.Tasks);

    public static uint Total(IReadOnlyList<NodeShare> shares)
    {
        uint tasks = 0;
        for (var i = 0; i < shares.Count; i++) tasks += shares[i].Tasks;
        return tasks;
    }

    private static string Text(IReadOnlyList<NodeShare> shares, Func<NodeShare, uint> count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < shares.Count;)
        {
            var value = count(shares[i]);
            var from = i;
            while (i < shares.Count && count(shares[i]) == value) i++;
            if (text.Length > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{value}");
            if (i - from > 1) text.Append(CultureInfo.InvariantCulture, $"(x{i - from})");
        }
        return text.ToString();
    }
}
