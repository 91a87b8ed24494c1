using Stint.Core.Journal;
using Stint.Simulation.Faults.Clockwork;
using Stint.Storage;
using Stint.Storage.Memory;

namespace Stint.Simulation.Faults.Servers;

/// <summary>When the server dies with respect to a commit.</summary>
internal enum CommitFault { None, DieBefore, DieAfter, Refuse }

/// <summary>
/// The server's disk: what was committed is there after any crash, and nothing else is. It can be slow, full, and the place where the server dies.
/// </summary>
internal sealed class FaultyJournal(EventQueue queue, MemoryJournal disk) : IJournal
{
    /// <summary>For the next commits, one each.</summary>
    public Queue<CommitFault> Next { get; } = new();
    public long FullUntilUs { get; set; }
    public long SlowUntilUs { get; set; }
    public Func<long> SlowByUs { get; set; } = static () => 0;
    /// <summary>The process that uses it now.</summary>
    public SimulatedProcess? User { get; set; }
    /// <summary>Told of what is durable, in order.</summary>
    public Action<IReadOnlyList<Record>> Durable { get; set; } = static _ => { };
    public Action<string> Injected { get; set; } = static _ => { };

    public long LastSequence => disk.LastSequence;

    public void Append(IReadOnlyList<Record> records, IReadOnlyList<Blob> blobs)
    {
        var user = User ?? throw new InvalidOperationException("nobody uses this disk");
        var fault = records.Count > 0 && Next.TryDequeue(out var planned) ? planned : CommitFault.None;
        // The world goes on while the engine's thread waits for its disk, and may end the process meanwhile.
        if (queue.NowUs < SlowUntilUs) queue.RunUntil(queue.NowUs + SlowByUs());
        if (!user.Lives) throw new ProcessDied();
        if (fault == CommitFault.DieBefore) Die(user, "server dies before a commit");
        if (fault == CommitFault.Refuse || queue.NowUs < FullUntilUs) throw new JournalException("the disk is full", new IOException("no space left on device"));
        disk.Append(records, blobs);
        Durable(records);
        if (fault == CommitFault.DieAfter) Die(user, "server dies after a commit");
    }

    private void Die(SimulatedProcess user, string how)
    {
        Injected(how);
        user.Kill();
        throw new ProcessDied();
    }

    public IEnumerable<(long Sequence, Record Record)> Read(long afterSequence) => disk.Read(afterSequence);
    public Snapshot? LoadSnapshot() => disk.LoadSnapshot();

    public void SaveSnapshot(Snapshot snapshot, long keepAfterSequence)
    {
        if (queue.NowUs < FullUntilUs) throw new JournalException("the disk is full", new IOException("no space left on device"));
        disk.SaveSnapshot(snapshot, keepAfterSequence);
    }

    public byte[]? ReadBlob(string hash) => disk.ReadBlob(hash);
    public void RemoveBlobs(IReadOnlySet<string> live) => disk.RemoveBlobs(live);
    public void Dispose() { }
}
