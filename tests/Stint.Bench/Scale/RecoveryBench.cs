using System.Diagnostics;
using Stint.Core;
using Stint.Storage.Sqlite;

namespace Stint.Bench.Scale;

/// <summary>From a journal on disk to a cluster that decides.</summary>
internal static class RecoveryBench
{
    public static void Run(int jobs)
    {
        var folder = Directory.CreateTempSubdirectory("stint-bench-");
        try
        {
            var path = Path.Combine(folder.FullName, "journal.db");
            var bytes = 0;
            using (var journal = SqliteJournal.Open(path))
            {
                var big = new BigCluster(100);
                for (var i = 0; i < jobs; i++) big.Do(new SubmitJob(big.NewJob(token: true)));
                var clock = Stopwatch.GetTimestamp();
                var snapshot = big.Cluster.ToSnapshot(0);
                bytes = snapshot.CalculateSize();
                journal.SaveSnapshot(snapshot, 0);
                Console.WriteLine($"snapshot of {jobs:N0} jobs: {bytes / 1e6:F0} MB, stored in {Row.Ms(clock) / 1000:F1} s");
            }
            GC.Collect();
            var (from, used) = (Stopwatch.GetTimestamp(), Row.CpuMs());
            using var again = SqliteJournal.Open(path);
            var opened = Row.Ms(from);
            var (cluster, _) = Stint.Server.Engine.Recovery.Replay(again);
            var took = Row.Ms(from);
            var cpu = Row.CpuMs() - used;
            from = Stopwatch.GetTimestamp();
            var raw = File.ReadAllBytes(path);
            Row.Print($"recovery of {cluster.Jobs.Count:N0} jobs", took / 1000, "s", 2, false, $"{Row.Ms(from):F0} ms to read the file's {raw.Length / 1e6:F0} MB; {opened:F0} ms of it to open it; CPU time {cpu / 1000:F2} s");
        }
        finally { folder.Delete(recursive: true); }
    }
}
