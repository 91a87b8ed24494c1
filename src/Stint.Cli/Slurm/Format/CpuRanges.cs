using System.Globalization;
using System.Text;

namespace Stint.Cli.Slurm.Format;

/// <summary>CPU numbers as the kernel and Slurm write them: <c>0-2,8-10</c>.</summary>
public static class CpuRanges
{
    public static string Print(IReadOnlyList<int> cpus)
    {
        var text = new StringBuilder();
        int[] sorted = [.. cpus.Order()];
        for (int i = 0; i < sorted.Length;)
        {
            int end = i;
            while (end + 1 < sorted.Length && sorted[end + 1] <= sorted[end] + 1) end++;
            if (text.Length > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{sorted[i]}");
            if (sorted[end] > sorted[i]) text.Append(CultureInfo.InvariantCulture, $"-{sorted[end]}");
            i = end + 1;
        }
        return text.ToString();
    }
}
