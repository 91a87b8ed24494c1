using Google.Protobuf;
using Stint.Core.Journal;

namespace Stint.Storage;

/// <summary>The durable order of all records. One writer.</summary>
public interface IJournal : IDisposable
{
    /// <summary>Sequence of the last committed record; 0 when empty.</summary>
    long LastSequence { get; }

    /// <summary>Appends a batch (and the blobs it refers to) in ONE durable commit. Any failure but <see cref="JournalException.IsFull"/> is fatal to the caller.</summary>
    void Append(IReadOnlyList<Record> records, IReadOnlyList<Blob> blobs);

    IEnumerable<(long Sequence, Record Record)> Read(long afterSequence);

    /// <summary>The newest readable snapshot, or null.</summary>
    Snapshot? LoadSnapshot();
    /// <summary>The same as it was stored, its checksum verified: a cluster is loaded from the bytes with less effort.</summary>
    byte[]? ReadSnapshot() => LoadSnapshot()?.ToByteArray();
    /// <summary>Stores a snapshot and drops records that it and the history cursor both have behind them.</summary>
    void SaveSnapshot(Snapshot snapshot, long keepAfterSequence);

    byte[]? ReadBlob(string hash);
    /// <summary>Removes blobs that are not in <paramref name="live"/>.</summary>
    void RemoveBlobs(IReadOnlySet<string> live);
}

/// <param name="Hash">SHA-256 of the content, lower-case hex.</param>
public readonly record struct Blob(string Hash, ReadOnlyMemory<byte> Content);

public sealed class JournalException(string message, Exception inner) : Exception(message, inner)
{
    /// <summary>There is no space. Nothing of the batch was written, and the same call can be made again.</summary>
    public bool IsFull { get; init; }
}

/// <summary>Accounting: what was, for <c>sacct</c>. A projection of the journal; may lag, never blocks the engine.</summary>
public interface IHistory : IDisposable
{
    /// <summary>Sequence up to which the journal is projected.</summary>
    long Cursor { get; }
    /// <summary>Sequence up to which the projection outlives a power cut: what the journal may forget. Lags behind <see cref="Cursor"/>.</summary>
    long DurableCursor { get; }
    /// <summary>Projects records, and moves the cursor, in one commit. Throws when its database is locked or gone; the caller tries again later.</summary>
    void Project(IReadOnlyList<(long Sequence, Record Record)> records);
    IReadOnlyList<HistoryJob> Query(HistoryQuery query);
}

public sealed record HistoryQuery
{
    public uint? Uid { get; init; }
    public string? User { get; init; }
    /// <summary>Job ids; an array's id selects its tasks.</summary>
    public IReadOnlyList<uint> Jobs { get; init; } = [];
    /// <summary>Jobs that were pending, running or ended in this window; 0: open.</summary>
    public long StartMs { get; init; }
    public long EndMs { get; init; }
    public string? Partition { get; init; }
    public string? Name { get; init; }
    public int Limit { get; init; } = 10_000;
    /// <summary>Only jobs with a larger row id (paging).</summary>
    public uint After { get; init; }
}

/// <summary>One job as accounting knows it; steps are the last reports of each.</summary>
public sealed record HistoryJob
{
    public required JobSpec Spec { get; init; }
    public uint JobId { get; init; }
    public uint? ArrayJobId { get; init; }
    public uint? ArrayTask { get; init; }
    /// <summary>Slurm's state name; PENDING and RUNNING as well.</summary>
    public string State { get; init; } = "";
    public long SubmitMs { get; init; }
    public long EligibleMs { get; init; }
    public long StartMs { get; init; }
    public long EndMs { get; init; }
    public uint Attempt { get; init; }
    public IReadOnlyList<NodeShare> Shares { get; init; } = [];
    /// <summary>Where it ran, of those that it asked for; empty: it has not run, or the history is from before this was kept.</summary>
    public string Partition { get; init; } = "";
    public string Reservation { get; init; } = "";
    public string Licenses { get; init; } = "";
    public int ExitCode { get; init; }
    public int Signal { get; init; }
    public uint EndedBy { get; init; }
    public string Cause { get; init; } = "";
    public IReadOnlyList<HistoryStep> Steps { get; init; } = [];
}

public sealed record HistoryStep
{
    public uint StepId { get; init; }
    public string Name { get; init; } = "";
    public string State { get; init; } = "";
    public IReadOnlyList<NodeShare> Shares { get; init; } = [];
    public uint Tasks { get; init; }
    public long StartMs { get; init; }
    public long EndMs { get; init; }
    public IReadOnlyList<StepStarted> Started { get; init; } = [];
    public IReadOnlyList<StepExited> Exited { get; init; } = [];
}
