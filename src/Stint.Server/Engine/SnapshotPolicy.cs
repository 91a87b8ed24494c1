using System.Diagnostics;
using Stint.Core;
using Stint.Storage;

namespace Stint.Server.Engine;

/// <summary>When a snapshot is stored, and what the journal may then forget. Engine's thread only.</summary>
internal sealed partial class SnapshotPolicy(IJournal journal, Func<long> historyCursor, ILogger<SnapshotPolicy> log, int recordsBetween = 20_000)
{
    private int since;

    public void AfterCommit(Cluster cluster, long sequence, int records)
    {
        since += records;
        // A snapshot costs the number of jobs: with many of them it comes after as many records.
        if (since >= Math.Max(recordsBetween, cluster.Jobs.Count)) Take(cluster, sequence);
    }

    public void TakeFinal(Cluster cluster, long sequence)
    {
        if (since > 0) Take(cluster, sequence);
    }

    private void Take(Cluster cluster, long sequence)
    {
        var from = Stopwatch.GetTimestamp();
        since = 0;
        // Records that the history has not seen yet stay, however long its database is away.
        try
        {
            journal.SaveSnapshot(cluster.ToSnapshot(sequence), Math.Min(sequence, historyCursor()));
            journal.RemoveBlobs(cluster.PayloadHashes());
        }
        catch (JournalException full) when (full.IsFull)
        {
            Log.NoSpace(log, full.Message);      // the records are there all the same; the next one comes after as many more
            return;
        }
        Log.Taken(log, sequence, (int)Stopwatch.GetElapsedTime(from).TotalMilliseconds);
    }

    private static partial class Log
    {
        [LoggerMessage(1102, LogLevel.Error, "No snapshot: {Why}")]
        public static partial void NoSpace(ILogger logger, string why);
        [LoggerMessage(1101, LogLevel.Information, "Snapshot at record {Sequence} in {Milliseconds} ms")]
        public static partial void Taken(ILogger logger, long sequence, int milliseconds);
    }
}
