using System.Diagnostics;
using System.Globalization;
using Stint.Core;

namespace Stint.Bench.Scale;

/// <summary>The scheduler at size: 10,000 nodes, a million pending jobs of 4,096 shapes. Each number is printed with the raw limit that was measured
/// in the same run, and whether its target was met.</summary>
internal static class ScaleBench
{
    public static int Run(string[] parts)
    {
        var nodes = Number(parts, "nodes=", 10_000);
        var jobs = Number(parts, "jobs=", 1_000_000);
        bool Wanted(string part) => parts.All(p => p.Contains('=', StringComparison.Ordinal)) || parts.Contains(part);
        Console.WriteLine($"{nodes:N0} nodes, {jobs:N0} pending jobs, {BigCluster.ShapesMax:N0} shapes, {Environment.ProcessorCount} CPUs here, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
        if (Wanted("cycle") || Wanted("memory")) CycleBench.Run(nodes, jobs);
        if (Wanted("array")) ArrayBench.Run();
        if (Wanted("journal")) JournalBench.Run();
        if (Wanted("recovery")) RecoveryBench.Run(jobs);
        return Row.Missed == 0 ? 0 : 1;
    }

    private static int Number(string[] parts, string name, int otherwise) =>
        parts.FirstOrDefault(part => part.StartsWith(name, StringComparison.Ordinal)) is { } given ? int.Parse(given.AsSpan(name.Length), CultureInfo.InvariantCulture) : otherwise;
}

/// <summary>One line of the result.</summary>
internal static class Row
{
    public static int Missed { get; private set; }

    public static void Print(string what, double value, string unit, double target, bool moreIsBetter, string raw)
    {
        var met = moreIsBetter ? value >= target : value <= target;
        if (!met) Missed++;
        var by = moreIsBetter ? target / value : value / target;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-46} {value,12:#,0.###} {unit,-6} {(moreIsBetter ? "≥" : "≤")} {target,-8:#,0.##} {(met ? "PASS" : $"missed {by:0.0}×"),-12} raw: {raw}"));
    }

    public static double Percentile(List<double> values, double p)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(p * sorted.Length) - 1)];
    }

    public static double Ms(long since) => Stopwatch.GetElapsedTime(since).TotalMilliseconds;

    /// <summary>CPU time of this thread in milliseconds: what a busy machine does not stretch.</summary>
    public static double CpuMs()
    {
        const int threadCpuTime = 3;
        _ = ClockGetTime(threadCpuTime, out var time);
        return time.Seconds * 1e3 + time.Nanoseconds / 1e6;
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
    private struct TimeSpec { public long Seconds, Nanoseconds; }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int ClockGetTime(int clock, out TimeSpec time);
}
