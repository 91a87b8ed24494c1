using Microsoft.Data.Sqlite;
using Stint.Core.Journal;

namespace Stint.Storage.Sqlite;

/// <summary>The history can not be read or written now. Nothing is lost: the journal keeps what is missing.</summary>
public sealed class HistoryException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Accounting in a SQLite file of its own. Its file may be locked, gone or new at any time: the calls then throw
/// <see cref="HistoryException"/> and are tried again later, from <see cref="Cursor"/>.
/// <see cref="Project"/> belongs to one thread; queries run beside it on connections of their own.
/// </summary>
public sealed class SqliteHistory : IHistory
{
    private const int LockTimeoutSeconds = 1;
    /// <summary>Some 10 MB of write-ahead log.</summary>
    private const int RecordsPerCheckpoint = 10_000;

    private readonly string path;
    private SqliteConnection? connection;
    private HistoryProjection? projection;
    private long cursor, durable;

    /// <summary>Never throws for a file that is locked or not there: the first <see cref="Project"/> opens or makes it.</summary>
    public SqliteHistory(string path)
    {
        this.path = path;
        if (!File.Exists(path)) return;
        try { EnsureOpen(); }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException or InvalidDataException) { Close(); }
    }

    /// <summary>As far as known: 0 until the file could be opened.</summary>
    public long Cursor => Interlocked.Read(ref cursor);

    public long DurableCursor => Interlocked.Read(ref durable);

    public void Project(IReadOnlyList<(long Sequence, Record Record)> records)
    {
        try
        {
            if (EnsureOpen()) throw new HistoryException($"the history {path} was gone and is new now: project again from its cursor");
            if (records.Count == 0 || records[^1].Sequence <= cursor) return;
            using var transaction = connection!.BeginTransaction();
            foreach (var (sequence, record) in records)
                if (sequence > cursor) projection!.Apply(record);
            connection.Run($"UPDATE cursor SET sequence = {records[^1].Sequence}");
            transaction.Commit();
            Interlocked.Exchange(ref cursor, records[^1].Sequence);
            if (cursor - durable >= RecordsPerCheckpoint) Checkpoint();
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Close();
            throw new HistoryException($"the history {path} can not be written: {e.Message}", e);
        }
    }

    /// <summary>True: a file that was there before is gone, and a new one starts from nothing.</summary>
    private bool EnsureOpen()
    {
        if (connection is not null && File.Exists(path)) return false;
        Close();
        connection = SqliteFile.Open(path, SqliteOpenMode.ReadWriteCreate, LockTimeoutSeconds);
        HistorySchema.Ensure(connection, path);
        projection = new HistoryProjection(connection);
        var stored = connection.Number("SELECT sequence FROM cursor");
        var isNew = Interlocked.Exchange(ref cursor, stored) > stored;
        Interlocked.Exchange(ref durable, 0);
        Checkpoint();
        return isNew;
    }

    /// <summary>Syncs the write-ahead log first, so all that was committed before is durable, moved into the database or not.</summary>
    private void Checkpoint()
    {
        var reached = cursor;
        // The first column says that another checkpoint was under way; the next one will do.
        if (connection!.Number("PRAGMA wal_checkpoint(PASSIVE)") == 0) Interlocked.Exchange(ref durable, reached);
    }

    public IReadOnlyList<HistoryJob> Query(HistoryQuery query)
    {
        try
        {
            if (!File.Exists(path)) throw new HistoryException($"the history {path} is not there");
            using var reading = SqliteFile.Open(path, SqliteOpenMode.ReadOnly, LockTimeoutSeconds);
            return HistoryReader.Read(reading, query);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            throw new HistoryException($"the history {path} can not be read: {e.Message}", e);
        }
    }

    private void Close()
    {
        projection?.Dispose();
        connection?.Dispose();
        projection = null;
        connection = null;
    }

    public void Dispose() => Close();
}
