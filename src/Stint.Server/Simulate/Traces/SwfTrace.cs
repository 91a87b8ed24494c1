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
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.Length == 0 || line.TrimStart() is "" or [';', ..]) continue;
            var job = Parse(line, number);
            if (job is not null) yield return job;
        }
    }

    private static TraceJob? Parse(string line, int number)
    {
        var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < FieldCount) throw new FormatException($"line {number}: {fields.Length} fields, {FieldCount} expected");
        var processors = Number(fields[RequestedProcessors], number);
        if (processors <= 0) processors = Number(fields[Allocated], number);
        var run = Number(fields[Run], number);
        var estimate = Number(fields[RequestedTime], number);
        if (processors <= 0 || run < 0) return null;
        if (estimate <= 0) estimate = Math.Max(run, 1);
        return new TraceJob((long)Number(fields[Id], number), new Instant(Milliseconds(Number(fields[Submit], number))),
            Milliseconds(Math.Min(run, estimate)), Milliseconds(estimate), new Amount((long)processors), fields[User]);
    }

    private static double Number(string field, int line) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new FormatException($"line {line}: '{field}' is not a number");

    private static long Milliseconds(double seconds) => (long)Math.Round(seconds * 1000);
}
