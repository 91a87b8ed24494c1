using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Stint.Core;
using Stint.Core.Journal;

namespace Stint.Storage.Sqlite;

/// <summary>What each record means for accounting. A requeued job's row starts over: its last run is what counts.</summary>
internal sealed class HistoryProjection(SqliteConnection connection) : IDisposable
{
    private const int RunningMax = 50_000;
    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);
    /// <summary>Shares of jobs that were seen to start, so that their batch steps need not look them up. Only a shortcut.</summary>
    private readonly Dictionary<uint, IReadOnlyList<NodeShare>> running = [];

    public void Apply(Record record)
    {
        var at = record.AtMs;
        switch (record.BodyCase)
        {
            case Record.BodyOneofCase.JobSubmitted: Submitted(record.JobSubmitted, at); break;
            case Record.BodyOneofCase.JobHeld: Eligible(record.JobHeld.JobId, 0); break;
            case Record.BodyOneofCase.JobReleased: Eligible(record.JobReleased.JobId, at); break;
            case Record.BodyOneofCase.JobAllocated: Allocated(record.JobAllocated, at); break;
            case Record.BodyOneofCase.JobEnded: Ended(record.JobEnded, at); break;
            case Record.BodyOneofCase.JobRequeued: Requeued(record.JobRequeued, at); break;
            case Record.BodyOneofCase.ClockShifted: Run("UPDATE jobs SET start_ms = max(1, start_ms + ?1) WHERE start_ms > 0 AND state IN ('RUNNING', 'SUSPENDED')", record.ClockShifted.ByMs); break;
            case Record.BodyOneofCase.StepCreated: Created(record.StepCreated); break;
            case Record.BodyOneofCase.StepStarted: Started(record.StepStarted, at); break;
            case Record.BodyOneofCase.StepExited: Exited(record.StepExited, at); break;
        }
    }

    /// <param name="values">For ?1, ?2, …: long, string or byte[].</param>
    private int Run(string sql, params ReadOnlySpan<object> values)
    {
        if (!statements.TryGetValue(sql, out var statement)) statements.Add(sql, statement = new Statement(connection, sql));
        for (var i = 0; i < values.Length; i++)
            _ = values[i] switch
            {
                long number => statement.Bind(i + 1, number),
                string text => statement.Bind(i + 1, text),
                byte[] bytes => statement.Bind(i + 1, bytes),
                _ => throw new InvalidOperationException($"a {values[i].GetType()} can not be bound"),
            };
        return statement.Run();
    }

    private void Submitted(JobSubmitted record, long at)
    {
        var spec = record.Spec;
        var eligible = spec.Held || spec.Dependencies.Count > 0 ? 0L : Math.Max(at, spec.BeginMs);
        Run("""
            INSERT OR REPLACE INTO jobs (job_id, spec_job, spec, uid, user, name, partition, state, submit_ms, eligible_ms)
            VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, 'PENDING', ?7, ?8)
            """,
            (long)record.JobId, spec.ToByteArray(), (long)spec.Uid, spec.User, spec.Name, spec.Partition, at, eligible);
    }

    private void Eligible(uint jobId, long ms) =>
        Run("UPDATE jobs SET eligible_ms = ?2 WHERE job_id = ?1 AND state = 'PENDING'", (long)jobId, ms);

    private void Allocated(JobAllocated record, long at)
    {
        if (record.HasArrayJobId && record.JobId != record.ArrayJobId)
            Run("""
                INSERT OR IGNORE INTO jobs (job_id, spec_job, array_job_id, array_task, uid, user, name, partition, state, submit_ms, eligible_ms)
                SELECT ?1, spec_job, job_id, ?2, uid, user, name, partition, 'PENDING', submit_ms, eligible_ms FROM jobs WHERE job_id = ?3
                """, (long)record.JobId, (long)record.ArrayTask, (long)record.ArrayJobId);
        else if (record.HasArrayJobId)
            Run("UPDATE jobs SET array_job_id = ?1, array_task = ?2 WHERE job_id = ?1", (long)record.JobId, (long)record.ArrayTask);
        var changed = Run("""
            UPDATE jobs SET state = 'RUNNING', start_ms = ?2, end_ms = 0, attempt = ?3, shares = ?4, partition = CASE ?5 WHEN '' THEN partition ELSE ?5 END,
                eligible_ms = CASE eligible_ms WHEN 0 THEN ?2 ELSE eligible_ms END WHERE job_id = ?1
            """, (long)record.JobId, at, (long)record.Attempt, Given(record), record.Partition);
        if (running.Count >= RunningMax) running.Clear();
        running[record.JobId] = record.Shares;
        if (changed == 0 || record.Attempt == 0) return;
        Run("DELETE FROM steps WHERE job_id = ?1", (long)record.JobId);
        Run("DELETE FROM reports WHERE job_id = ?1", (long)record.JobId);
    }

    private void Ended(JobEnded record, long at)
    {
        Run("UPDATE jobs SET state = ?2, end_ms = ?3, exit_code = ?4, signal = ?5, ended_by = ?6, cause = ?7 WHERE job_id = ?1",
            (long)record.JobId, HistoryNames.OfJob(record.Kind), at, (long)record.ExitCode, (long)record.Signal, (long)record.ByUid, record.Cause);
        running.Remove(record.JobId);
        Run("UPDATE steps SET end_ms = ?2 WHERE job_id = ?1 AND end_ms = 0", (long)record.JobId, at);
    }

    private void Requeued(JobRequeued record, long at)
    {
        Run("""
            UPDATE jobs SET state = 'PENDING', eligible_ms = ?2, start_ms = 0, end_ms = 0, attempt = attempt + 1, exit_code = 0, signal = 0,
                ended_by = 0, cause = ?3, shares = NULL WHERE job_id = ?1
            """, (long)record.JobId, record.Held ? 0L : Math.Max(at, record.BeginMs), record.Cause);
        running.Remove(record.JobId);
        Run("DELETE FROM steps WHERE job_id = ?1", (long)record.JobId);
        Run("DELETE FROM reports WHERE job_id = ?1", (long)record.JobId);
    }

    private void Created(StepCreated record)
    {
        var tasks = record.Shares.Sum(static share => (long)share.Tasks);
        Run("INSERT OR REPLACE INTO steps (job_id, step_id, name, tasks, shares, nodes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (long)record.JobId, (long)record.StepId, record.Spec.Name, tasks, Shares(record.Shares), (long)record.Shares.Count);
    }

    /// <summary>
    /// The batch step has no record of its own: it comes to be with its first report, on the job's first node. True: it is new.
    /// </summary>
    private bool EnsureBatch(uint jobId, uint stepId, string node, long at)
    {
        if (stepId != StepIds.Batch) return false;
        var isNew = Run("INSERT OR IGNORE INTO steps (job_id, step_id, name, tasks, shares, nodes, start_ms) VALUES (?1, ?2, 'batch', 1, ?3, 1, ?4)",
            (long)jobId, (long)stepId, running.TryGetValue(jobId, out var known) ? Shares(known, node) : [], at) > 0;
        if (!isNew || known is not null) return isNew;
        using var select = connection.Prepare("SELECT shares FROM jobs WHERE job_id = $1", "$1");
        select.Parameters[0].Value = (long)jobId;
        if (select.ExecuteScalar() is byte[] shares)
            Run("UPDATE steps SET shares = ?3 WHERE job_id = ?1 AND step_id = ?2",
                (long)jobId, (long)stepId, Shares(JobAllocated.Parser.ParseFrom(shares).Shares, node));
        return true;
    }

    private void Started(StepStarted record, long at)
    {
        if (!EnsureBatch(record.JobId, record.StepId, record.Node, at))
            Run("UPDATE steps SET start_ms = ?3 WHERE job_id = ?1 AND step_id = ?2 AND start_ms = 0",
                (long)record.JobId, (long)record.StepId, at);
        Run("INSERT INTO reports (job_id, step_id, node, started) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET started = excluded.started",
            (long)record.JobId, (long)record.StepId, record.Node, record.ToByteArray());
    }

    private void Exited(StepExited record, long at)
    {
        EnsureBatch(record.JobId, record.StepId, record.Node, at);
        Run("INSERT INTO reports (job_id, step_id, node, exited) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET exited = excluded.exited",
            (long)record.JobId, (long)record.StepId, record.Node, record.ToByteArray());
        Run("""
            UPDATE steps SET end_ms = ?3 WHERE job_id = ?1 AND step_id = ?2
                AND nodes <= (SELECT count(*) FROM reports WHERE job_id = ?1 AND step_id = ?2 AND exited IS NOT NULL)
            """, (long)record.JobId, (long)record.StepId, at);
    }

    private static byte[] Shares(IReadOnlyList<NodeShare> shares, string node)
    {
        for (var i = 0; i < shares.Count; i++)
            if (string.Equals(shares[i].Node, node, StringComparison.Ordinal)) return Shares([shares[i]]);
        return [];
    }

    /// <summary>What it got, and in which partition and reservation.</summary>
    private static byte[] Given(JobAllocated record) =>
        new JobAllocated { Shares = { record.Shares }, Partition = record.Partition, Reservation = record.Reservation, Licenses = record.Licenses }.ToByteArray();

    private static byte[] Shares(IEnumerable<NodeShare> shares) => new JobAllocated { Shares = { shares } }.ToByteArray();

    public void Dispose()
    {
        foreach (var statement in statements.Values) statement.Dispose();
    }
}
