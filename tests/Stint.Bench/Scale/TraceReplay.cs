using System.Diagnostics;
using System.Globalization;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Bench.Scale;

/// <summary>A trace through the whole core: every submission, pass, start and end is a command, decided and applied. The numbers are to be those
/// of a count of processors, whatever nodes the processors are on.</summary>
internal static class TraceReplay
{
    private sealed record Line(long SubmitMs, long RunMs, long LimitMs, uint Cpus);

    public static int Run(string path, string[] how)
    {
        var policy = how.Length > 0 ? how[0] : "easy";
        var nodes = how.Length > 1 ? uint.Parse(how[1], CultureInfo.InvariantCulture) : 1;
        const uint processors = 100;
        var jobs = Read(path, processors);
        var cluster = new Cluster();
        var now = new Instant(jobs[0].SubmitMs + 1);
        void Do(Command command)
        {
            var decision = cluster.Decide(command, now);
            if (decision.Refusal is { } refusal) throw new InvalidOperationException(refusal.ToString());
            foreach (var record in decision.Records) cluster.Apply(record);
        }
        Do(new Configure(new ClusterConfigured
        {
            Name = "replay", MinJobAgeMs = 1, NodeTimeoutMs = long.MaxValue / 4, Planning = new PlanningSettings { Policy = policy },
            Partitions = { new PartitionSpec { Name = "all", Nodes = "ALL", IsDefault = true, IsUp = true } },
        }));
        for (var i = 0; i < nodes; i++)
            Do(new RegisterNode(new NodeRegistered { Name = $"n{i}", Hardware = new Hardware { Cpus = processors / nodes, Sockets = 1, CoresPerSocket = processors / nodes, ThreadsPerCore = 1, MemoryBytes = 1UL << 40 } }));

        var starts = new Dictionary<uint, (int Trace, Instant At)>();
        var traceOf = new Dictionary<uint, int>();
        var ends = new PriorityQueue<uint, (long, uint)>();
        double wait = 0, slowdown = 0, most = 0;
        var passes = 0;
        var clock = Stopwatch.StartNew();
        for (var arrived = 0; arrived < jobs.Count || ends.Count > 0;)
        {
            var next = arrived < jobs.Count ? jobs[arrived].SubmitMs : long.MaxValue;
            if (ends.TryPeek(out _, out var first)) next = Math.Min(next, first.Item1);
            now = new Instant(next);
            while (ends.TryPeek(out var id, out var due) && due.Item1 <= next)
            {
                ends.Dequeue();
                var job = cluster.Jobs[id];
                Do(new CompleteInteractiveJob(id, new Actor(0, true), 0, 0));
                foreach (var share in job.Shares.ToArray())
                    if (job.IsActive) Do(new ReportNodeReleased(id, job.Attempt, share.Node));
            }
            for (; arrived < jobs.Count && jobs[arrived].SubmitMs <= next; arrived++)
            {
                var line = jobs[arrived];
                var decision = cluster.Decide(new SubmitJob(new JobSpec { Name = "j", Uid = 1, User = "u", Tasks = line.Cpus, NodesMin = 1, CpusPerTask = 1, MemoryPerNodeBytes = 1, TimeLimitMs = line.LimitMs }), now);
                foreach (var record in decision.Records) cluster.Apply(record);
                traceOf[decision.Id] = arrived;
            }
            do
            {
                passes++;
                var decision = cluster.Decide(new Schedule(), now);
                foreach (var record in decision.Records)
                {
                    cluster.Apply(record);
                    if (record.JobAllocated is not { } start) continue;
                    var line = jobs[traceOf[start.JobId]];
                    ends.Enqueue(start.JobId, (next + line.RunMs, start.JobId));
                    var waited = (next - line.SubmitMs) / 1000.0;
                    wait += waited;
                    most = Math.Max(most, waited);
                    slowdown += Math.Max(1, (waited + line.RunMs / 1000.0) / Math.Max(line.RunMs / 1000.0, 10));
                }
            } while (cluster.NeedsSchedule);
            if (passes % 256 == 0) Do(new Tick());
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{policy} on {nodes} nodes: {jobs.Count} jobs, wait {wait / jobs.Count:F1} s, longest {most:F0} s, bounded slowdown {slowdown / jobs.Count:F2}, {passes} passes, replayed in {clock.Elapsed.TotalSeconds:F2} s"));
        return 0;
    }

    private static List<Line> Read(string path, uint processors)
    {
        var lines = new List<Line>();
        foreach (var text in File.ReadLines(path))
        {
            if (text.StartsWith(';') || text.Length == 0) continue;
            var f = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static x => long.Parse(x, CultureInfo.InvariantCulture)).ToArray();
            var cpus = f[7] > 0 ? f[7] : f[4];
            var limit = f[8] > 0 ? f[8] : f[3];
            var run = Math.Min(f[3], limit);
            if (cpus <= 0 || cpus > processors || run < 0 || limit <= 0) continue;
            lines.Add(new Line(f[1] * 1000 + 1_000_000, Math.Max(0, run) * 1000, Math.Max(1, limit) * 1000, (uint)cpus));
        }
        return lines;
    }
}
