using Microsoft.Data.Sqlite;

namespace Stint.Storage.Sqlite;

/// <summary>Small things that all our SQLite files have in common.</summary>
internal static class SqliteFile
{
    /// <param name="timeoutSeconds">How long a statement waits for a lock.</param>
    public static SqliteConnection Open(string path, SqliteOpenMode mode, int timeoutSeconds)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = timeoutSeconds,
        }.ToString());
        try
        {
            connection.Open();
            // Commands wait by themselves; a Statement waits in SQLite.
            SQLitePCL.raw.sqlite3_busy_timeout(connection.Handle, timeoutSeconds * 1_000);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Run(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long Number(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long value ? value : 0;
    }

    /// <summary>A statement with named parameters, to be run many times.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string sql, params ReadOnlySpan<string> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters) command.Parameters.Add(new SqliteParameter(name, null));
        return command;
    }

    public static int Run(this SqliteCommand command, SqliteTransaction? transaction, params ReadOnlySpan<object?> values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command.ExecuteNonQuery();
    }
}
