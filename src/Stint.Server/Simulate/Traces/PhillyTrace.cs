using System.Globalization;
using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Server.Simulate.Traces;

/// <summary>
/// GPU jobs as timestamp,duration,num_gpus,gpu_time,cluster (Microsoft Philly 2017). No estimates: the duration stands for them.
/// </summary>
public static class PhillyTrace
{
    public static IEnumerable<TraceJob> Read(string header, TextReader reader)
    {
        var table = new Table(header, ',');
        int at = table.Required("timestamp"), duration = table.Required("duration"), gpus = table.Required("num_gpus");
        var owner = table.Column("user", "cluster");
        var id = 0;
        foreach (var row in table.Rows(reader))
        {
            id++;
            var count = long.Parse(row[gpus], CultureInfo.InvariantCulture);
            var runMs = (long)Math.Round(double.Parse(row[duration], CultureInfo.InvariantCulture) * 1000);
            if (count <= 0 || runMs < 0) continue;
            var time = DateTimeOffset.Parse(row[at], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            yield return new TraceJob(id, new Instant(time.ToUnixTimeMilliseconds()), runMs, Math.Max(runMs, 1),
                new Amount(0, Gpus: count), owner < 0 ? "" : row[owner]);
        }
    }
}
