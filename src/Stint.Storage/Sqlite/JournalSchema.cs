using Microsoft.Data.Sqlite;

namespace Stint.Storage.Sqlite;

/// <summary>The journal's file format: who wrote it, which version, which tables.</summary>
internal static class JournalSchema
{
    private const int ApplicationId = 0x5354_4E54;      // "STNT"
    private const int Format = 1;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS records (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS snapshots (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS blobs (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, content BLOB NOT NULL);
        """;

    /// <exception cref="InvalidDataException">The file is not a journal of ours, or of a newer version.</exception>
    public static void Ensure(SqliteConnection connection, string path)
    {
        var application = connection.Number("PRAGMA application_id");
        var format = connection.Number("PRAGMA user_version");
        var isEmpty = connection.Number("SELECT count(*) FROM sqlite_schema") == 0;
        if (!isEmpty && application != ApplicationId) throw new InvalidDataException($"{path} is a database, but not a journal of Stint");
        if (format > Format)
            throw new InvalidDataException($"{path} has journal format {format}; this version reads up to {Format}: start the version that wrote it");
        connection.Run("PRAGMA journal_mode = WAL");
        connection.Run("PRAGMA synchronous = FULL");
        connection.Run("PRAGMA temp_store = MEMORY");
        connection.Run("PRAGMA wal_autocheckpoint = 4000");
        connection.Run("PRAGMA journal_size_limit = 67108864");
        if (!isEmpty) return;
        using var transaction = connection.BeginTransaction();
        connection.Run(Tables);
        connection.Run($"PRAGMA application_id = {ApplicationId}");
        connection.Run($"PRAGMA user_version = {Format}");
        transaction.Commit();
    }
}
