using System.Collections.Concurrent;
using System.Diagnostics;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Engine;
using Stint.Storage.Sqlite;

namespace Stint.Bench.Scale;

/// <summary>What goes through the engine and its journal in a second: submissions of many clients, and jobs from dispatch to completion.</summary>
internal static class JournalBench
{
    public static void Run()
    {
        var (commits, rows) = Raw();
        Submits(commits, rows);
        Dispatch(rows);
    }

    private static void Submits(double commits, double rows)
    {
        const int clients = 64, seconds = 5;
        var big = new BigCluster(16);
        using var bench = new BenchEngine(big.Cluster, TimeSpan.Zero);
        var specs = Enumerable.Range(0, 4_096).Select(_ => big.NewJob()).ToArray();
        var clock = Stopwatch.StartNew();
        var tasks = Enumerable.Range(0, clients).Select(async client =>
        {
            var done = 0;
            for (var i = client; clock.Elapsed < TimeSpan.FromSeconds(seconds); i += clients, done++)
            {
                var spec = specs[i % specs.Length];
                await bench.Engine.AskAsync(batch => batch.Decide(new SubmitJob(spec)).Id);
            }
            return done;
        }).ToArray();
        var all = Task.WhenAll(tasks).GetAwaiter().GetResult().Sum();
        Row.Print("durable single submits, 64 clients", all / clock.Elapsed.TotalSeconds, "/s", 10_000, true, $"{commits:N0} commits/s of one row, {rows:N0} rows/s in commits of 64");
    }

    private static void Dispatch(double rows)
    {
        const uint tasks = 60_000;
        var big = new BigCluster(32);
        var agents = new Agents();
        using var bench = new BenchEngine(big.Cluster, TimeSpan.Zero, agents);
        var working = Task.Factory.StartNew(() => agents.Work(bench.Engine), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var spec = big.NewJob();
        (spec.Tasks, spec.NodesMin, spec.NodesMax, spec.CpusPerTask, spec.MemoryPerNodeBytes) = (1, 1, 1, 1, 1 << 20);
        spec.Array.Add(new ArrayRange { First = 0, Last = tasks - 1, Step = 1 });
        var clock = Stopwatch.StartNew();
        bench.Engine.AskAsync(batch => batch.Decide(new SubmitJob(spec)).Id).GetAwaiter().GetResult();
        while (agents.Ended < tasks && clock.Elapsed < TimeSpan.FromSeconds(60)) Thread.Sleep(5);
        var took = clock.Elapsed.TotalSeconds;
        agents.Stop();
        working.GetAwaiter().GetResult();
        Row.Print("journaled dispatch to completion", agents.Ended / took, "jobs/s", 10_000, true, $"{rows:N0} rows/s in commits of 64; a job is 4 rows");
    }

    /// <summary>Nodes that start and finish whatever they are given, at once, with a report for each.</summary>
    private sealed class Agents : ICommitObserver
    {
        private readonly BlockingCollection<(uint Id, uint Attempt, string Node)> due = [];
        private long ended;

        public long Ended => Interlocked.Read(ref ended);

        public void Committed(long sequence, Record record, Cluster cluster, Instant now)
        {
            if (record.JobAllocated is { } start) due.Add((start.JobId, start.Attempt, start.Shares[0].Node));
            else if (record.JobEnded is not null) Interlocked.Increment(ref ended);
        }

        public void Stop() => due.CompleteAdding();

        public void Work(Engine engine)
        {
            foreach (var (id, attempt, node) in due.GetConsumingEnumerable())
            {
                Post(engine, new ReportStepStarted(new StepStarted { JobId = id, StepId = StepIds.Batch, Attempt = attempt, Node = node, Pid = 1 }));
                Post(engine, new ReportStepExited(new StepExited { JobId = id, StepId = StepIds.Batch, Attempt = attempt, Node = node, Kind = EndKind.EndCompleted, Released = true, Started = true }));
            }
        }

        private static void Post(Engine engine, Command command) => engine.PostAsync(new Order(command), CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    private static (double Commits, double Rows) Raw()
    {
        var folder = Directory.CreateTempSubdirectory("stint-bench-");
        try
        {
            using var journal = SqliteJournal.Open(Path.Combine(folder.FullName, "journal.db"));
            var spec = new BigCluster(1).NewJob();
            double Rate(int rows)
            {
                var records = Enumerable.Range(0, rows).Select(i => new Record { AtMs = i, JobSubmitted = new JobSubmitted { JobId = (uint)i, Spec = spec } }).ToArray();
                var clock = Stopwatch.StartNew();
                var n = 0;
                for (; clock.Elapsed < TimeSpan.FromSeconds(2); n++) journal.Append(records, []);
                return n / clock.Elapsed.TotalSeconds;
            }
            return (Rate(1), Rate(64) * 64);
        }
        finally { folder.Delete(recursive: true); }
    }
}
