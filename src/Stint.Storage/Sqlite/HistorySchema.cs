using Microsoft.Data.Sqlite;

namespace Stint.Storage.Sqlite;

internal static class HistorySchema
{
    private const int ApplicationId = 0x5354_4E48;      // "STNH"
    private const int Format = 1;

    // A task's row takes its spec from its array's row (spec_job); only the row with spec_job = job_id holds one.
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS jobs (
            job_id INTEGER PRIMARY KEY, spec_job INTEGER NOT NULL, spec BLOB, array_job_id INTEGER, array_task INTEGER,
            uid INTEGER NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL, partition TEXT NOT NULL, state TEXT NOT NULL,
            submit_ms INTEGER NOT NULL, eligible_ms INTEGER NOT NULL, start_ms INTEGER NOT NULL DEFAULT 0, end_ms INTEGER NOT NULL DEFAULT 0,
            attempt INTEGER NOT NULL DEFAULT 0, exit_code INTEGER NOT NULL DEFAULT 0, signal INTEGER NOT NULL DEFAULT 0,
            ended_by INTEGER NOT NULL DEFAULT 0, cause TEXT NOT NULL DEFAULT '', shares BLOB);
        CREATE INDEX IF NOT EXISTS jobs_by_array ON jobs (array_job_id) WHERE array_job_id IS NOT NULL;
        CREATE INDEX IF NOT EXISTS jobs_by_uid ON jobs (uid, job_id);
        CREATE INDEX IF NOT EXISTS jobs_by_end ON jobs (end_ms);
        CREATE TABLE IF NOT EXISTS steps (
            job_id INTEGER NOT NULL, step_id INTEGER NOT NULL, name TEXT NOT NULL, tasks INTEGER NOT NULL, shares BLOB NOT NULL, nodes INTEGER NOT NULL,
            start_ms INTEGER NOT NULL DEFAULT 0, end_ms INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (job_id, step_id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS reports (
            job_id INTEGER NOT NULL, step_id INTEGER NOT NULL, node TEXT NOT NULL, started BLOB, exited BLOB,
            PRIMARY KEY (job_id, step_id, node)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS cursor (id INTEGER PRIMARY KEY CHECK (id = 0), sequence INTEGER NOT NULL);
        INSERT OR IGNORE INTO cursor (id, sequence) VALUES (0, 0);
        """;

    /// <exception cref="InvalidDataException">The file is not a history of ours, or of a newer version.</exception>
    public static void Ensure(SqliteConnection connection, string path)
    {
        var isEmpty = connection.Number("SELECT count(*) FROM sqlite_schema") == 0;
        if (!isEmpty && connection.Number("PRAGMA application_id") != ApplicationId)
            throw new InvalidDataException($"{path} is a database, but not a history of Stint");
        var format = connection.Number("PRAGMA user_version");
        if (format > Format) throw new InvalidDataException($"{path} has history format {format}; this version reads up to {Format}");
        connection.Run("PRAGMA journal_mode = WAL");
        // NORMAL: no fsync per commit. A power cut may take the last commits, rows and cursor together, never half of one; what it
        // took is projected again, for the journal keeps all records after the cursor that a checkpoint made durable.
        connection.Run("PRAGMA synchronous = NORMAL");
        connection.Run("PRAGMA wal_autocheckpoint = 0");
        if (!isEmpty) return;
        using var transaction = connection.BeginTransaction();
        connection.Run(Tables);
        connection.Run($"PRAGMA application_id = {ApplicationId}");
        connection.Run($"PRAGMA user_version = {Format}");
        transaction.Commit();
    }
}
