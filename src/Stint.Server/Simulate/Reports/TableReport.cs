using System.Globalization;

namespace Stint.Server.Simulate.Reports;

/// <summary>Outcomes for people: a line for each policy.</summary>
public static class TableReport
{
    private static readonly string[] Headings =
        ["POLICY", "JOBS", "REFUSED", "AVG_WAIT_S", "MAX_WAIT_S", "SLOWDOWN", "UTIL", "GPU_ALLOC", "JAIN", "MAKESPAN_S", "REPLAY_S"];

    public static void Write(IReadOnlyList<Outcome> outcomes, TextWriter output) => WriteRows(Headings,
    [
        .. outcomes.Select(o => (string[])
        [
            o.Policy, Text(o.Metrics.Jobs, "F0"), Text(o.Metrics.Refused, "F0"), Text(o.Metrics.AverageWaitS, "F1"), Text(o.Metrics.MaxWaitS, "F0"),
            Text(o.Metrics.AverageBoundedSlowdown, "F2"), Text(o.Metrics.Utilisation, "F3"),
            o.Result.Capacity.Gpus == 0 ? "-" : Text(o.Metrics.GpuAllocation, "F3"), Text(o.Metrics.Fairness, "F3"),
            Text(o.Metrics.MakespanS, "F0"), Text(o.ReplayS, "F2"),
        ]),
    ], output);

    public static void Write(IReadOnlyList<FillOutcome> outcomes, TextWriter output) => WriteRows(
        ["POLICY", "GPUS", "ARRIVED", "ALLOCATED", "GPU_ALLOC", "PLACED", "DROPPED", "REPLAY_S"],
    [
        .. outcomes.Select(o => (string[])
        [
            o.Policy, Gpus(o.Result.GpuMilli), Gpus(o.Result.ArrivedMilli), Gpus(o.Result.AllocatedMilli), Text(o.Result.Allocation, "P2"),
            Text(o.Result.Placed, "F0"), Text(o.Result.Dropped, "F0"), Text(o.ReplayS, "F2"),
        ]),
    ], output);

    private static void WriteRows(string[] headings, IReadOnlyList<string[]> rows, TextWriter output)
    {
        var widths = new int[headings.Length];
        for (var i = 0; i < widths.Length; i++) widths[i] = Math.Max(headings[i].Length, rows.Max(row => row[i].Length));
        foreach (var row in (IEnumerable<string[]>)[headings, .. rows])
        {
            var line = row[0].PadRight(widths[0]);
            for (var i = 1; i < row.Length; i++) line += "  " + row[i].PadLeft(widths[i]);
            output.WriteLine(line);
        }
    }

    private static string Gpus(long milli) => Text(milli / 1000.0, milli % 1000 == 0 ? "F0" : "F1");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
