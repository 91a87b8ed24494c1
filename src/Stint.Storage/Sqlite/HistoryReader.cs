using System.Text;
using Microsoft.Data.Sqlite;
using Stint.Core.Journal;

namespace Stint.Storage.Sqlite;

internal static class HistoryReader
{
    private const string Columns = """
        j.job_id, s.spec, j.array_job_id, j.array_task, j.state, j.submit_ms, j.eligible_ms, j.start_ms, j.end_ms,
        j.attempt, j.exit_code, j.signal, j.ended_by, j.cause, j.shares
        """;

    public static IReadOnlyList<HistoryJob> Read(SqliteConnection connection, HistoryQuery query)
    {
        // One transaction: jobs and steps of the same moment.
        using var transaction = connection.BeginTransaction(deferred: true);
        using var select = connection.CreateCommand();
        select.Transaction = transaction;
        select.CommandText = $"""
            SELECT {Columns} FROM jobs j JOIN jobs s ON s.job_id = j.spec_job
            WHERE {Where(query, select)} ORDER BY j.job_id LIMIT $limit
            """;
        select.Parameters.AddWithValue("$limit", Math.Max(0, query.Limit));
        var jobs = new List<HistoryJob>();
        using (var rows = select.ExecuteReader())
            while (rows.Read()) jobs.Add(Job(rows));
        using var steps = new StepReader(connection, transaction);
        for (var i = 0; i < jobs.Count; i++)
        {
            jobs[i] = jobs[i] with { Steps = steps.Of(jobs[i].JobId) };
            if (jobs[i] is { ArrayTask: null, Spec.Array.Count: > 0 }) LeaveUnstarted(connection, transaction, jobs[i]);
        }
        return jobs;
    }

    private static string Where(HistoryQuery query, SqliteCommand command)
    {
        var where = new StringBuilder("j.job_id > $after");
        command.Parameters.AddWithValue("$after", (long)query.After);
        void And(string condition, string name, object value)
        {
            where.Append(" AND ").Append(condition);
            command.Parameters.AddWithValue(name, value);
        }
        if (query.Uid is { } uid) And("j.uid = $uid", "$uid", (long)uid);
        if (query.User is { } user) And("j.user = $user", "$user", user);
        if (query.Partition is { } partition) And("j.partition = $partition", "$partition", partition);
        if (query.Name is { } name) And("j.name = $name", "$name", name);
        if (query.StartMs > 0) And("(j.end_ms = 0 OR j.end_ms >= $start)", "$start", query.StartMs);
        if (query.EndMs > 0) And("j.submit_ms <= $end", "$end", query.EndMs);
        if (query.Jobs.Count > 0)
        {
            // Numbers only: safe to write out, and no limit on their count.
            var ids = string.Join(',', query.Jobs);
            where.Append(" AND (j.job_id IN (").Append(ids).Append(") OR j.array_job_id IN (").Append(ids).Append("))");
        }
        return where.ToString();
    }

    private static HistoryJob Job(SqliteDataReader rows)
    {
        var given = rows.IsDBNull(14) ? new JobAllocated() : JobAllocated.Parser.ParseFrom(rows.GetFieldValue<byte[]>(14));
        return Job(rows, given);
    }

    private static HistoryJob Job(SqliteDataReader rows, JobAllocated given) => new()
    {
        JobId = (uint)rows.GetInt64(0),
        Spec = JobSpec.Parser.ParseFrom(rows.GetFieldValue<byte[]>(1)),
        ArrayJobId = rows.IsDBNull(2) ? null : (uint)rows.GetInt64(2),
        ArrayTask = rows.IsDBNull(3) ? null : (uint)rows.GetInt64(3),
        State = rows.GetString(4),
        SubmitMs = rows.GetInt64(5), EligibleMs = rows.GetInt64(6), StartMs = rows.GetInt64(7), EndMs = rows.GetInt64(8),
        Attempt = (uint)rows.GetInt64(9), ExitCode = rows.GetInt32(10), Signal = rows.GetInt32(11), EndedBy = (uint)rows.GetInt64(12),
        Cause = rows.GetString(13),
        Shares = given.Shares, Partition = given.Partition, Reservation = given.Reservation, Licenses = given.Licenses,
    };

    /// <summary>An array's own row stands for the tasks that never started: those that did have rows of their own.</summary>
    private static void LeaveUnstarted(SqliteConnection connection, SqliteTransaction transaction, HistoryJob job)
    {
        using var select = connection.Prepare("SELECT array_task FROM jobs WHERE array_job_id = $array", "$array");
        select.Transaction = transaction;
        select.Parameters[0].Value = (long)job.JobId;
        var started = new HashSet<uint>();
        using (var rows = select.ExecuteReader())
            while (rows.Read()) started.Add((uint)rows.GetInt64(0));
        if (started.Count == 0) return;
        var left = Core.Arrays.TaskRanges.Without(job.Spec.Array, started);
        job.Spec.Array.Clear();
        job.Spec.Array.AddRange(left);
    }

    private sealed class StepReader : IDisposable
    {
        private readonly SqliteCommand steps, reports;

        public StepReader(SqliteConnection connection, SqliteTransaction transaction)
        {
            steps = connection.Prepare("SELECT step_id, name, tasks, shares, start_ms, end_ms FROM steps WHERE job_id = $job ORDER BY step_id", "$job");
            reports = connection.Prepare("SELECT started, exited FROM reports WHERE job_id = $job AND step_id = $step ORDER BY node",
                "$job", "$step");
            steps.Transaction = reports.Transaction = transaction;
        }

        public IReadOnlyList<HistoryStep> Of(uint jobId)
        {
            steps.Parameters[0].Value = reports.Parameters[0].Value = (long)jobId;
            var found = new List<HistoryStep>();
            using var rows = steps.ExecuteReader();
            while (rows.Read())
            {
                var (started, exited) = Reports((uint)rows.GetInt64(0));
                found.Add(new HistoryStep
                {
                    StepId = (uint)rows.GetInt64(0), Name = rows.GetString(1), Tasks = (uint)rows.GetInt64(2),
                    Shares = JobAllocated.Parser.ParseFrom(rows.GetFieldValue<byte[]>(3)).Shares,
                    StartMs = rows.GetInt64(4), EndMs = rows.GetInt64(5), Started = started, Exited = exited,
                    State = HistoryNames.OfStep(exited, rows.GetInt64(5) != 0),
                });
            }
            return found;
        }

        private (IReadOnlyList<StepStarted>, IReadOnlyList<StepExited>) Reports(uint stepId)
        {
            reports.Parameters[1].Value = (long)stepId;
            var (started, exited) = (new List<StepStarted>(), new List<StepExited>());
            using var rows = reports.ExecuteReader();
            while (rows.Read())
            {
                if (!rows.IsDBNull(0)) started.Add(StepStarted.Parser.ParseFrom(rows.GetFieldValue<byte[]>(0)));
                if (!rows.IsDBNull(1)) exited.Add(StepExited.Parser.ParseFrom(rows.GetFieldValue<byte[]>(1)));
            }
            return (started, exited);
        }

        public void Dispose()
        {
            steps.Dispose();
            reports.Dispose();
        }
    }
}
