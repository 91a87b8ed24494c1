using Google.Protobuf;
using Stint.Core.Journal;

namespace Stint.Storage.Memory;

/// <summary>A journal that forgets at the end of the process: tests and simulation. Records go through their bytes, as in a file.</summary>
public sealed class MemoryJournal : IJournal
{
    private readonly Lock gate = new();
    private readonly SortedList<long, byte[]> records = [];
    private readonly Dictionary<string, byte[]> blobs = new(StringComparer.Ordinal);
    private readonly List<(long Sequence, byte[] Body)> snapshots = [];
    private long last;

    /// <summary>Set by a test: the next <see cref="Append"/> fails as a full disk would make it fail.</summary>
    public bool FailNextAppend { get; set; }

    public long LastSequence { get { lock (gate) return last; } }

    public void Append(IReadOnlyList<Record> records, IReadOnlyList<Blob> blobs)
    {
        lock (gate)
        {
            if (FailNextAppend) throw new JournalException("the journal in memory was told to fail", new IOException());
            foreach (var blob in blobs) this.blobs.TryAdd(blob.Hash, blob.Content.ToArray());
            foreach (var record in records) this.records.Add(++last, record.ToByteArray());
        }
    }

    public IEnumerable<(long Sequence, Record Record)> Read(long afterSequence)
    {
        List<(long, byte[])> copy;
        lock (gate) copy = records.Where(entry => entry.Key > afterSequence).Select(static entry => (entry.Key, entry.Value)).ToList();
        foreach (var (sequence, body) in copy) yield return (sequence, Record.Parser.ParseFrom(body));
    }

    public Snapshot? LoadSnapshot()
    {
        lock (gate) return snapshots.Count == 0 ? null : Snapshot.Parser.ParseFrom(snapshots[^1].Body);
    }

    public void SaveSnapshot(Snapshot snapshot, long keepAfterSequence)
    {
        lock (gate)
        {
            var previous = snapshots.Count == 0 ? 0 : snapshots[^1].Sequence;
            snapshots.Add((snapshot.LastSequence, snapshot.ToByteArray()));
            if (snapshots.Count > 2) snapshots.RemoveAt(0);
            while (records.Count > 0 && records.Keys[0] <= Math.Min(previous, keepAfterSequence)) records.RemoveAt(0);
        }
    }

    public byte[]? ReadBlob(string hash)
    {
        lock (gate) return blobs.GetValueOrDefault(hash);
    }

    public void RemoveBlobs(IReadOnlySet<string> live)
    {
        lock (gate)
            foreach (var hash in blobs.Keys.Where(hash => !live.Contains(hash)).ToArray()) blobs.Remove(hash);
    }

    public void Dispose() { }
}
