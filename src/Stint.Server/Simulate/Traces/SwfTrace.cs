using System.Globalization;
using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Server.Simulate.Traces;

/// <summary>
/// Standard Workload Format, version 2.2 (Parallel Workloads Archive): 18 numbers a line, -1 for unknown, comments after ';'.
/// Processors are those requested, else those allocated; jobs without either, or never run, are left out.
/// </summary>
public static class SwfTrace
{
    private const int Id = 0, Submit = 1, Run = 3, Allocated = 4, RequestedProcessors = 7, RequestedTime = 8, User = 11, FieldCount = 18;

    public static IEnumerable<TraceJob> Read(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line.TrimStart() is "" or [';', ..]) continue;
            var job = Parse(line);
            if (job is not null) yield return job;
        }
    }

    private static TraceJob? Parse(string line)
    {
        var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < FieldCount) throw new FormatException($"{fields.Length} fields, {FieldCount} expected");
        var processors = Number(fields[RequestedProcessors]);
        if (processors <= 0) processors = Number(fields[Allocated]);
        var run = Number(fields[Run]);
        var estimate = Number(fields[RequestedTime]);
        if (processors <= 0 || run < 0) return null;
        if (estimate <= 0) estimate = Math.Max(run, 1);
        return new TraceJob((long)Number(fields[Id]), new Instant(Milliseconds(Number(fields[Submit]))),
            Milliseconds(Math.Min(run, estimate)), Milliseconds(estimate), new Amount((long)processors), fields[User]);
    }

    private static double Number(string field) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && Math.Abs(value) <= 1e12
        ? value
        : throw new FormatException($"'{field}' is not a number");

    private static long Milliseconds(double seconds) => (long)Math.Round(seconds * 1000);
}
