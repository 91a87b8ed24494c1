using Microsoft.Extensions.Logging.Abstractions;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Engine;
using Stint.Storage.Sqlite;

namespace Stint.Bench.Scale;

/// <summary>The server's own engine on a journal in a folder that is removed after.</summary>
internal sealed class BenchEngine : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("stint-bench-").FullName;
    private readonly SqliteJournal journal;

    public BenchEngine(Cluster cluster, TimeSpan ahead, params ICommitObserver[] observers)
    {
        journal = SqliteJournal.Open(Path.Combine(folder, "journal.db"));
        Engine = new Engine(cluster, journal, new Shifted(ahead), observers, new SnapshotPolicy(journal, () => 0, NullLogger<SnapshotPolicy>.Instance),
            static e => Console.WriteLine(e), NullLogger<Engine>.Instance);
        Engine.Start();
    }

    public Engine Engine { get; }

    public void Dispose()
    {
        Engine.Stop();
        Engine.Ended.GetAwaiter().GetResult();
        Engine.Dispose();
        journal.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private sealed class Shifted(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
