using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Stint.Storage.Sqlite;

/// <summary>
/// A prepared statement that is run again and again, straight on SQLite's own interface: the commit path runs a dozen per job, and
/// a <see cref="SqliteCommand"/> costs more than the insert that it carries (a reader object, parameters looked up by name).
/// Parameters are numbered <c>?1</c>, <c>?2</c>, …
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 database;
    private readonly sqlite3_stmt statement;

    /// <exception cref="SqliteException">SQLite does not take the statement.</exception>
    public Statement(SqliteConnection connection, string sql)
    {
        database = connection.Handle ?? throw new InvalidOperationException("the connection is not open");
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out statement), database);
    }

    public Statement Bind(int index, long value) => Bound(raw.sqlite3_bind_int64(statement, index, value));

    public Statement Bind(int index, string value) => Bound(raw.sqlite3_bind_text(statement, index, value));

    public Statement Bind(int index, ReadOnlySpan<byte> value) =>
        Bound(value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, index, 0) : raw.sqlite3_bind_blob(statement, index, value));

    private Statement Bound(int code)
    {
        if (code != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(code, database);
        return this;
    }

    /// <summary>Runs it to its end; the number of rows that it changed.</summary>
    /// <exception cref="SqliteException">Locked, full, damaged…; the statement can be run again.</exception>
    public int Run()
    {
        var code = raw.sqlite3_step(statement);
        while (code == raw.SQLITE_ROW) code = raw.sqlite3_step(statement);
        // The reset repeats the step's error; the message is read before it.
        if (code != raw.SQLITE_DONE)
        {
            try { SqliteException.ThrowExceptionForRC(code, database); }
            finally { raw.sqlite3_reset(statement); }
        }
        raw.sqlite3_reset(statement);
        return raw.sqlite3_changes(database);
    }

    public void Dispose() => statement.Dispose();
}
