using System.Globalization;
using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Server.Simulate.Traces;

/// <summary>
/// Jobs on GPUs in CSV: when, how long (seconds), how many GPUs, as Microsoft's Philly (2017: timestamp,duration,num_gpus) and SenseTime's
/// Helios (2020: submit_time, duration, gpu_num, cpu_num, user) have them, in any order and with more columns. Times are dates or seconds.
/// Without a column of estimates the duration stands for them.
/// </summary>
public static class GpuJobsTrace
{
    private static readonly string[] At = ["timestamp", "submit_time", "submit", "submitted"], Run = ["duration", "run_time", "runtime"], Gpus = ["num_gpus", "gpu_num", "gpus"],
        Cpus = ["num_cpus", "cpu_num", "cpus"], Limit = ["requested_time", "time_limit", "timelimit", "estimate"], Owner = ["user", "vc", "cluster"];

    public static bool IsHeader(string header)
    {
        var table = new Table(header, ',');
        return table.Column(At) >= 0 && table.Column(Run) >= 0 && table.Column(Gpus) >= 0;
    }

    public static IEnumerable<TraceJob> Read(string header, TextReader reader)
    {
        var table = new Table(header, ',');
        int at = table.Required(At), duration = table.Required(Run), gpus = table.Required(Gpus);
        int cpus = table.Column(Cpus), limit = table.Column(Limit), owner = table.Column(Owner);
        var id = 0;
        foreach (var row in table.Rows(reader))
        {
            id++;
            var amount = new Amount(cpus < 0 ? 0 : Count(row[cpus]), Gpus: Count(row[gpus]));
            var runMs = Milliseconds(row[duration]);
            if (amount.IsZero || runMs < 0) continue;
            var limitMs = limit < 0 || row[limit].Length == 0 ? runMs : Milliseconds(row[limit]);
            if (limitMs <= 0) limitMs = runMs;
            yield return new TraceJob(id, Moment(row[at]), Math.Min(runMs, limitMs), Math.Max(limitMs, 1), amount, owner < 0 ? "" : row[owner]);
        }
    }

    private static long Count(string field) => field.Trim().Length == 0 ? 0
        : double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var count) && Math.Abs(count) < 1e9 ? Math.Max(0, (long)Math.Ceiling(count))
        : throw new FormatException($"'{field}' is no count");

    private static long Milliseconds(string field) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 1e12 ? (long)Math.Round(seconds * 1000)
        : throw new FormatException($"'{field}' is no number of seconds");

    private static Instant Moment(string field)
    {
        if (double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 1e12) return new Instant((long)Math.Round(seconds * 1000));
        return DateTimeOffset.TryParse(field, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? new Instant(time.ToUnixTimeMilliseconds())
            : throw new FormatException($"'{field}' is neither a date nor a number of seconds");
    }
}
