using Stint.Core.Journal;
using Stint.Server.Engine;
using Stint.Simulation.Faults.Clockwork;
using Stint.Simulation.Faults.Servers;
using Stint.Storage;

namespace Stint.Simulation.Faults.Mutants;

/// <summary>A journal that passes everything on; mutants change one thing.</summary>
internal abstract class PassingJournal(IJournal inner) : IJournal
{
    protected IJournal Inner => inner;
    public virtual long LastSequence => inner.LastSequence;
    public virtual void Append(IReadOnlyList<Record> records, IReadOnlyList<Blob> blobs) => inner.Append(records, blobs);
    public virtual IEnumerable<(long Sequence, Record Record)> Read(long afterSequence) => inner.Read(afterSequence);
    public Snapshot? LoadSnapshot() => inner.LoadSnapshot();
    public virtual void SaveSnapshot(Snapshot snapshot, long keepAfterSequence) => inner.SaveSnapshot(snapshot, keepAfterSequence);
    public virtual byte[]? ReadBlob(string hash) => inner.ReadBlob(hash);
    public void RemoveBlobs(IReadOnlySet<string> live) => inner.RemoveBlobs(live);
    public void Dispose() { }
}

/// <summary>Callers are answered, and nodes are told, before the batch is on the disk.</summary>
internal sealed class AnswersBeforeCommit : Mutant
{
    private (SimulatedProcess? Life, IJournal? Journal) now;

    public override IJournal Journal(IJournal journal)
    {
        var life = ((FaultyJournal)journal).User!;
        if (!ReferenceEquals(now.Life, life)) now = (life, new LazyJournal(journal, life));
        return now.Journal!;
    }

    private sealed class LazyJournal(IJournal inner, SimulatedProcess life) : PassingJournal(inner)
    {
        private const long LaterUs = 20_000;
        private readonly List<Record> pending = [];
        private readonly List<Blob> blobs = [];

        public override long LastSequence => Inner.LastSequence + pending.Count;

        public override void Append(IReadOnlyList<Record> records, IReadOnlyList<Blob> blobs)
        {
            pending.AddRange(records);
            this.blobs.AddRange(blobs);
            life.After(LaterUs, Flush);
        }

        public override byte[]? ReadBlob(string hash)
        {
            foreach (var blob in blobs)
                if (blob.Hash == hash) return blob.Content.ToArray();
            return Inner.ReadBlob(hash);
        }

        public override void SaveSnapshot(Snapshot snapshot, long keepAfterSequence)
        {
            Flush();
            Inner.SaveSnapshot(snapshot, keepAfterSequence);
        }

        private void Flush()
        {
            if (pending.Count == 0) return;
            var (records, contents) = (pending.ToArray(), blobs.ToArray());
            pending.Clear();
            blobs.Clear();
            try
            {
                Inner.Append(records, contents);
            }
            catch (JournalException)
            {
                throw new ProcessDied();
            }
        }
    }
}

/// <summary>A replay stops one record too early.</summary>
internal sealed class ForgetsTheLastRecord : Mutant
{
    public override IJournal Journal(IJournal journal) => new ShortJournal(journal);

    private sealed class ShortJournal(IJournal inner) : PassingJournal(inner)
    {
        public override IEnumerable<(long Sequence, Record Record)> Read(long afterSequence)
        {
            var all = Inner.Read(afterSequence).ToList();
            // The very first records make the nodes known; without them nothing would begin at all.
            return all.Count > 8 ? all.SkipLast(1) : all;
        }
    }
}

/// <summary>A snapshot claims a record that it does not hold.</summary>
internal sealed class SnapshotIsAheadOfItself : Mutant
{
    public override IJournal Journal(IJournal journal) => new HastyJournal(journal);

    private sealed class HastyJournal(IJournal inner) : PassingJournal(inner)
    {
        public override void SaveSnapshot(Snapshot snapshot, long keepAfterSequence)
        {
            snapshot.LastSequence++;
            Inner.SaveSnapshot(snapshot, keepAfterSequence);
        }
    }
}

/// <summary>A job is launched when it is decided, not when that is durable.</summary>
internal sealed class LaunchesBeforeCommit : Mutant
{
    private ServerHost.ServerLife? life;

    public override ICommitObserver[] Observers(ServerHost.ServerLife life, ICommitObserver[] observers)
    {
        this.life = life;
        return observers;
    }

    public override IJournal Journal(IJournal journal) => new EagerJournal(journal, this);

    private sealed class EagerJournal(IJournal inner, LaunchesBeforeCommit mutant) : PassingJournal(inner)
    {
        public override void Append(IReadOnlyList<Record> records, IReadOnlyList<Blob> blobs)
        {
            foreach (var record in records)
                if (record.BodyCase == Record.BodyOneofCase.JobAllocated && mutant.life is { Ready: true } life) life.Dispatch.Committed(0, record, life.Cluster, life.Now);
            // What was sent is on its way before the disk answers.
            if (mutant.life is { Ready: true }) mutant.World.Queue.RunUntil(mutant.World.Queue.NowUs + 2_000);
            Inner.Append(records, blobs);
        }
    }
}
