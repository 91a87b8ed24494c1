using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Stint.Core.Journal;

namespace Stint.Storage.Sqlite;

/// <summary>
/// The journal in one SQLite file: WAL, synchronous=FULL, one transaction per batch. A lock file keeps a second server out.
/// <see cref="Append"/> and <see cref="SaveSnapshot"/> belong to the engine's thread; reading works from any thread beside it.
/// </summary>
public sealed class SqliteJournal : IJournal
{
    private const int ReadPage = 4_096;
    private const int LockTimeoutSeconds = 5;

    private readonly string path;
    private readonly FileStream guard;
    private readonly SqliteConnection connection;
    private readonly Statement begin, commit, insertRecord, insertBlob;
    private Exception? broken;
    private long lastSequence;

    private SqliteJournal(string path, FileStream guard, SqliteConnection connection)
    {
        this.path = path;
        this.guard = guard;
        this.connection = connection;
        begin = new Statement(connection, "BEGIN IMMEDIATE");
        commit = new Statement(connection, "COMMIT");
        insertRecord = new Statement(connection, "INSERT INTO records (sequence, body, checksum) VALUES (?1, ?2, ?3)");
        insertBlob = new Statement(connection, "INSERT OR IGNORE INTO blobs (hash, content) VALUES (?1, ?2)");
        lastSequence = Math.Max(connection.Number("SELECT max(sequence) FROM records"),
            connection.Number("SELECT max(sequence) FROM snapshots"));
    }

    /// <summary>Opens the journal, or makes an empty one.</summary>
    /// <exception cref="JournalException">Another server has it open; it is damaged, of a newer format, or not a journal.</exception>
    public static SqliteJournal Open(string path)
    {
        FileStream guard;
        try
        {
            guard = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new JournalException($"the journal {path} is in use by another server: stop it first", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalException($"the journal {path} can not be opened: {e.Message}", e);
        }
        SqliteConnection? connection = null;
        try
        {
            connection = SqliteFile.Open(path, SqliteOpenMode.ReadWriteCreate, LockTimeoutSeconds);
            JournalSchema.Ensure(connection, path);
            return new SqliteJournal(path, guard, connection);
        }
        catch (Exception e) when (e is SqliteException or IOException or InvalidDataException)
        {
            connection?.Dispose();
            guard.Dispose();
            throw new JournalException(e is InvalidDataException ? e.Message : $"the journal {path} can not be opened: {e.Message}", e);
        }
    }

    public long LastSequence => Interlocked.Read(ref lastSequence);

    public void Append(IReadOnlyList<Record> records, IReadOnlyList<Blob> blobs)
    {
        if (broken is not null)
            throw new JournalException($"the journal {path} failed before; this process must not write to it again", broken);
        if (records.Count == 0 && blobs.Count == 0) return;
        try
        {
            // A failure in between leaves the transaction open, and the journal broken for this process: closing it rolls back.
            begin.Run();
            for (var i = 0; i < blobs.Count; i++) insertBlob.Bind(1, blobs[i].Hash).Bind(2, blobs[i].Content.Span).Run();
            var sequence = lastSequence;
            for (var i = 0; i < records.Count; i++)
            {
                var body = records[i].ToByteArray();
                sequence++;
                insertRecord.Bind(1, sequence).Bind(2, body).Bind(3, RecordChecksum.Of(sequence, body)).Run();
            }
            commit.Run();
            Interlocked.Exchange(ref lastSequence, sequence);
        }
        catch (Exception e) when (e is SqliteException or IOException or InvalidOperationException)
        {
            if (!RolledBackForWantOfSpace(e)) broken = e;
            throw new JournalException($"the journal {path} could not be written: {e.Message}", e) { IsFull = broken is null };
        }
    }

    /// <summary>True when the file system is full and nothing of the transaction is left: SQLite goes on as if it had not been tried.</summary>
    private bool RolledBackForWantOfSpace(Exception why)
    {
        const int Full = 13, WriteFailed = 778, TruncateFailed = 1546, IndexDidNotGrow = 4874;
        const long LittleBytes = 1 << 20;
        try
        {
            if (why is not SqliteException failed || (failed.SqliteErrorCode != Full && (failed.SqliteExtendedErrorCode is not (WriteFailed or TruncateFailed or IndexDidNotGrow)
                || new DriveInfo(path).AvailableFreeSpace > LittleBytes))) return false;
            if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0) connection.Run("ROLLBACK");
            return SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) != 0;
        }
        catch (Exception e) when (e is SqliteException or IOException or InvalidOperationException) { return false; }
    }

    public IEnumerable<(long Sequence, Record Record)> Read(long afterSequence)
    {
        // A connection of its own: readers never wait for the engine, nor the engine for them.
        using var reading = Reading();
        for (long after = afterSequence, previous = 0; ;)
        {
            var page = Page(reading, after, previous);
            foreach (var entry in page) yield return entry;
            if (page.Count < ReadPage) yield break;
            after = previous = page[^1].Sequence;
        }
    }

    private SqliteConnection Reading()
    {
        try { return SqliteFile.Open(path, SqliteOpenMode.ReadOnly, LockTimeoutSeconds); }
        catch (SqliteException e) { throw new JournalException($"the journal {path} can not be read: {e.Message}", e); }
    }

    private List<(long Sequence, Record Record)> Page(SqliteConnection reading, long after, long previous)
    {
        var page = new List<(long, Record)>();
        try
        {
            using var select = reading.Prepare($"SELECT sequence, body, checksum FROM records WHERE sequence > $after ORDER BY sequence LIMIT {ReadPage}", "$after");
            select.Parameters[0].Value = after;
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                var sequence = rows.GetInt64(0);
                if (previous > 0 && sequence != previous + 1) throw new InvalidDataException($"record {previous + 1} is missing");
                previous = sequence;
                var body = rows.GetFieldValue<byte[]>(1);
                if ((uint)rows.GetInt64(2) != RecordChecksum.Of(sequence, body))
                    throw new InvalidDataException($"record {sequence} does not match its checksum");
                page.Add((sequence, Record.Parser.ParseFrom(body)));
            }
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException or InvalidProtocolBufferException)
        {
            throw new JournalException($"the journal {path} is damaged: {e.Message}. Restore it from a backup; nothing was changed", e);
        }
        return page;
    }

    public Snapshot? LoadSnapshot()
    {
        try
        {
            return ReadSnapshot() is { } body ? Snapshot.Parser.ParseFrom(body) : null;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new JournalException($"the journal {path} is damaged: {e.Message}", e);
        }
    }

    public byte[]? ReadSnapshot()
    {
        using var reading = Reading();
        var damaged = 0;
        try
        {
            using var select = reading.Prepare("SELECT sequence, body, checksum FROM snapshots ORDER BY sequence DESC");
            using var rows = select.ExecuteReader();
            for (; rows.Read(); damaged++)
            {
                var body = rows.GetFieldValue<byte[]>(1);
                if (!SHA256.HashData(body).AsSpan().SequenceEqual(rows.GetFieldValue<byte[]>(2))) continue;
                MustGoOn(reading, rows.GetInt64(0));
                return body;
            }
            if (damaged > 0) throw new InvalidDataException($"none of its {damaged} snapshots matches its checksum");
            MustGoOn(reading, 0);
            return null;
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException)
        {
            throw new JournalException($"the journal {path} is damaged: {e.Message}", e);
        }
    }

    /// <summary>The records after a snapshot begin right after it: none in between is lost.</summary>
    private static void MustGoOn(SqliteConnection reading, long sequence)
    {
        var next = reading.Number($"SELECT min(sequence) FROM records WHERE sequence > {sequence}");
        if (next > sequence + 1) throw new InvalidDataException($"record {sequence + 1} is missing");
    }

    public void SaveSnapshot(Snapshot snapshot, long keepAfterSequence)
    {
        if (broken is not null)
            throw new JournalException($"the journal {path} failed before; this process must not write to it again", broken);
        try
        {
            var body = snapshot.ToByteArray();
            using var transaction = connection.BeginTransaction();
            // The snapshot before this one stays, with the records after it, in case this one is damaged.
            var previous = connection.Number("SELECT max(sequence) FROM snapshots");
            using (var insert = connection.Prepare("INSERT OR REPLACE INTO snapshots (sequence, body, checksum) VALUES ($sequence, $body, $checksum)", "$sequence", "$body", "$checksum"))
                insert.Run(transaction, snapshot.LastSequence, body, SHA256.HashData(body));
            connection.Run($"DELETE FROM snapshots WHERE sequence NOT IN (SELECT sequence FROM snapshots ORDER BY sequence DESC LIMIT 2)");
            connection.Run($"DELETE FROM records WHERE sequence <= {Math.Min(previous, keepAfterSequence)}");
            transaction.Commit();
        }
        catch (Exception e) when (e is SqliteException or IOException or InvalidOperationException)
        {
            if (!RolledBackForWantOfSpace(e)) broken = e;
            throw new JournalException($"the journal {path} could not be written: {e.Message}", e) { IsFull = broken is null };
        }
    }

    public byte[]? ReadBlob(string hash)
    {
        using var reading = Reading();
        using var select = reading.Prepare("SELECT content FROM blobs WHERE hash = $hash", "$hash");
        select.Parameters[0].Value = hash;
        return select.ExecuteScalar() as byte[];
    }

    public void RemoveBlobs(IReadOnlySet<string> live)
    {
        try
        {
            RemoveDeadBlobs(live);
        }
        catch (SqliteException e)
        {
            if (!RolledBackForWantOfSpace(e)) broken = e;
            throw new JournalException($"the journal {path} could not be written: {e.Message}", e) { IsFull = broken is null };
        }
    }

    private void RemoveDeadBlobs(IReadOnlySet<string> live)
    {
        var dead = new List<long>();
        using (var select = connection.Prepare("SELECT id, hash FROM blobs"))
        using (var rows = select.ExecuteReader())
            while (rows.Read())
                if (!live.Contains(rows.GetString(1))) dead.Add(rows.GetInt64(0));
        if (dead.Count == 0) return;
        using var transaction = connection.BeginTransaction();
        using var delete = connection.Prepare("DELETE FROM blobs WHERE id = $id", "$id");
        foreach (var id in dead) delete.Run(transaction, id);
        transaction.Commit();
    }

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<Statement>)[begin, commit, insertRecord, insertBlob]) statement.Dispose();
        connection.Dispose();
        guard.Dispose();
    }
}
