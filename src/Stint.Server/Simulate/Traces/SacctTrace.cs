using System.Globalization;
using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Server.Simulate.Traces;

/// <summary>
/// An export of <c>sacct -P</c> with JobID, Submit, Start, End (or Elapsed) and one of AllocTRES, ReqTRES, AllocCPUS, NCPUS, ReqCPUS;
/// Timelimit or TimelimitRaw for estimates, User or Account for fairness. Steps (JobID with a dot) and work that never ran are left out.
/// Times have no zone in such an export and are read as UTC: only their differences count.
/// </summary>
public static class SacctTrace
{
    public static IEnumerable<TraceJob> Read(string header, TextReader reader)
    {
        var columns = new SacctColumns(new Table(header, '|'));
        long number = 0;
        foreach (var row in columns.Table.Rows(reader))
        {
            var job = Parse(columns, row, number + 1);
            if (job is null) continue;
            number++;
            yield return job;
        }
    }

    private static TraceJob? Parse(SacctColumns columns, string[] row, long number)
    {
        if (row[columns.JobId].Contains('.', StringComparison.Ordinal)) return null;
        if (Moment(row[columns.Submit]) is not { } submitted) return null;
        var start = columns.Start < 0 ? null : Moment(row[columns.Start]);
        if (columns.Start >= 0 && start is null || RunMs(columns, row, start ?? submitted) is not { } runMs || columns.Start < 0 && runMs == 0) return null;
        var amount = AmountOf(columns, row);
        if (amount.IsZero) return null;
        var limitMs = columns.Limit < 0 ? null : SlurmTime.Milliseconds(row[columns.Limit], columns.LimitInMinutes);
        var estimateMs = limitMs is > 0 ? limitMs.Value : Math.Max(runMs, 1);
        return new TraceJob(number, submitted, Math.Min(runMs, estimateMs), estimateMs, amount, columns.User < 0 ? "" : row[columns.User])
        {
            Partition = columns.Partition < 0 ? "" : row[columns.Partition],
        };
    }

    private static long? RunMs(SacctColumns columns, string[] row, Instant start)
    {
        if (columns.Elapsed >= 0 && SlurmTime.Milliseconds(row[columns.Elapsed], inMinutes: false) is { } elapsed) return elapsed;
        return columns.End >= 0 && Moment(row[columns.End]) is { } end ? Math.Max(0, end.Milliseconds - start.Milliseconds) : null;
    }

    private static Amount AmountOf(SacctColumns columns, string[] row)
    {
        foreach (var column in columns.Tres)
        {
            if (Tres.Parse(row[column]) is { IsZero: false } tres) return tres;
        }
        foreach (var column in columns.Cpus)
        {
            if (!long.TryParse(row[column], NumberStyles.None, CultureInfo.InvariantCulture, out var cpus)) continue;
            if (cpus > 0) return new Amount(cpus);
        }
        return default;
    }

    private static Instant? Moment(string field) =>
        DateTime.TryParseExact(field, "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? new Instant(new DateTimeOffset(time).ToUnixTimeMilliseconds())
            : long.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 100_000_000_000 ? new Instant(seconds * 1000)     // SLURM_TIME_FORMAT=%s
            : null; // "Unknown", "None"
}
