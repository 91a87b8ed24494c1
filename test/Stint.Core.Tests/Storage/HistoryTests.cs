using Microsoft.Data.Sqlite;
using Stint.Core.Journal;
using Stint.Storage;
using Stint.Storage.Sqlite;

namespace Stint.Core.Tests.Storage;

public sealed class HistoryTests : IDisposable
{
    private readonly Folder folder = new();
    private readonly Lab lab = new Lab().Nodes("n1", "n2");
    private readonly SqliteHistory history;
    private string Path => folder["history.db"];

    public HistoryTests() => history = new SqliteHistory(Path);

    public void Dispose()
    {
        history.Dispose();
        folder.Dispose();
    }

    private IReadOnlyList<HistoryJob> Query(HistoryQuery? query = null)
    {
        CatchUp();
        return history.Query(query ?? new HistoryQuery());
    }

    private HistoryJob One(uint id) => Assert.Single(Query(new HistoryQuery { Jobs = [id] }), job => job.JobId == id);

    private void CatchUp() => history.Project(lab.Journal.Select((record, i) => ((long)i + 1, record)).Skip((int)history.Cursor).ToList());

    [Fact]
    public void A_job_is_in_it_from_submission_to_end_with_its_steps()
    {
        var id = lab.Submit(s => { s.Name = "train"; s.NodesMin = 2; });
        Assert.Equal(("PENDING", 0L), (One(id).State, One(id).StartMs));
        lab.Schedule();
        lab.ReportStart(id);
        Assert.Equal("RUNNING", One(id).State);
        Assert.Equal("RUNNING", Assert.Single(One(id).Steps).State);
        var step = lab.Do(new CreateStep(id, new StepSpec { Name = "solve", Nodes = 2 }, Lab.User(Lab.Alice)));
        lab.ReportStart(id, step, "n1");
        lab.After(TimeSpan.FromSeconds(7));
        lab.ReportExit(id, step: step, node: "n1", released: false);
        lab.ReportExit(id, step: step, node: "n2", exit: 3, released: false);
        lab.ReportExit(id, exit: 1, cause: "it failed", released: false);
        lab.Release(id);

        var job = One(id);
        Assert.Equal(("FAILED", 1, "it failed", "train"), (job.State, job.ExitCode, job.Cause, job.Spec.Name));
        Assert.Equal(7_000, job.EndMs - job.StartMs);
        Assert.Equal(["n1", "n2"], job.Shares.Select(share => share.Node));
        Assert.Equal([("solve", "FAILED", 2u), ("batch", "FAILED", 1u)], job.Steps.Select(s => (s.Name, s.State, s.Tasks)));
        Assert.Equal(["n1"], job.Steps[1].Shares.Select(share => share.Node));
        Assert.Equal(2, job.Steps[0].Exited.Count);
        Assert.Equal("it failed", Assert.Single(job.Steps[1].Exited).Cause);
    }

    [Fact]
    public void Array_tasks_have_rows_of_their_own_and_the_arrays_row_stands_for_the_rest()
    {
        var id = lab.SubmitArray(0, 19, s => s.Name = "arr");
        lab.Schedule();
        lab.Finish(lab.Task(id, 0).Id);
        var jobs = Query(new HistoryQuery { Jobs = [id] });
        Assert.Equal(9, jobs.Count);
        Assert.All(jobs, job => Assert.Equal("arr", job.Spec.Name));
        Assert.Equal((null, "PENDING"), (jobs[0].ArrayTask, jobs[0].State));
        Assert.Equal((8u, 19u), (Assert.Single(jobs[0].Spec.Array).First, jobs[0].Spec.Array[0].Last));
        Assert.Equal((0u, id, "COMPLETED"), (jobs[1].ArrayTask!.Value, jobs[1].ArrayJobId!.Value, jobs[1].State));
    }

    [Fact]
    public void The_last_task_takes_the_arrays_row()
    {
        var id = lab.SubmitArray(0, 1);
        lab.Schedule();
        Assert.Equal((1u, "RUNNING"), (One(id).ArrayTask!.Value, One(id).State));
        Assert.Equal(2, Query().Count);
    }

    [Fact]
    public void Of_a_requeued_job_the_last_run_counts()
    {
        var id = lab.Run();
        lab.Do(new CreateStep(id, new StepSpec { Name = "old" }, Lab.User(Lab.Alice)));
        lab.Finish(id, exit: 9).After(TimeSpan.FromSeconds(5)).Do(new RequeueJob(id, Lab.User(Lab.Alice)));
        Assert.Equal(("PENDING", 1u, 0L), (One(id).State, One(id).Attempt, One(id).EndMs));
        lab.Schedule().Finish(id);
        Assert.Equal(("COMPLETED", 0, 1u), (One(id).State, One(id).ExitCode, One(id).Attempt));
        Assert.Equal("batch", Assert.Single(One(id).Steps).Name);
    }

    [Fact]
    public void Cancelled_and_timed_out_steps_show_as_Slurm_shows_them()
    {
        var (cancelled, timedOut) = (lab.Run(), lab.Run());
        lab.ReportStart(cancelled);
        lab.Do(new CancelJob(cancelled, null, Lab.Root));
        lab.ReportExit(cancelled, signal: 15, kind: EndKind.EndCancelled);
        lab.ReportExit(timedOut, signal: 15, kind: EndKind.EndTimeout);
        Assert.Equal(("CANCELLED", 0u, 0), (One(cancelled).State, One(cancelled).EndedBy, One(cancelled).Signal));
        Assert.Equal(("CANCELLED", 15), (One(cancelled).Steps[0].State, One(cancelled).Steps[0].Exited[0].Signal));
        Assert.Equal(("TIMEOUT", "CANCELLED"), (One(timedOut).State, One(timedOut).Steps[0].State));
    }

    [Fact]
    public void Projecting_the_same_records_again_changes_nothing()
    {
        var id = lab.Run();
        lab.Finish(id);
        CatchUp();
        var cursor = history.Cursor;
        history.Project(lab.Journal.Select((record, i) => ((long)i + 1, record)).ToList());
        history.Project([]);
        Assert.Equal(cursor, history.Cursor);
        Assert.Equal("COMPLETED", One(id).State);
    }

    [Fact]
    public void Queries_filter_by_user_name_partition_time_and_page()
    {
        var alice = lab.Run(s => s.Name = "a");
        lab.Finish(alice);
        var middle = lab.After(TimeSpan.FromHours(1)).Now.Milliseconds;
        lab.After(TimeSpan.FromHours(1));
        var bob = lab.Submit(s => { s.Uid = Lab.Bob; s.User = "bob"; s.Name = "b"; });
        uint[] Ids(HistoryQuery query) => Query(query).Select(job => job.JobId).ToArray();
        Assert.Equal([alice, bob], Ids(new HistoryQuery()));
        Assert.Equal([alice], Ids(new HistoryQuery { Uid = Lab.Alice }));
        Assert.Equal([bob], Ids(new HistoryQuery { User = "bob" }));
        Assert.Equal([alice], Ids(new HistoryQuery { Name = "a" }));
        Assert.Equal([], Ids(new HistoryQuery { Partition = "other" }));
        Assert.Equal([bob], Ids(new HistoryQuery { StartMs = middle }));
        Assert.Equal([alice], Ids(new HistoryQuery { EndMs = middle }));
        Assert.Equal([alice], Ids(new HistoryQuery { Limit = 1 }));
        Assert.Equal([bob], Ids(new HistoryQuery { After = alice }));
        Assert.Equal([], Ids(new HistoryQuery { Name = "a'; DROP TABLE jobs; --" }));
    }

    [Fact]
    public void A_locked_file_throws_soon_and_catches_up_later()
    {
        var id = lab.Run();
        CatchUp();
        lab.Finish(id);
        using (var blocker = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            blocker.Open();
            using var begin = blocker.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            begin.ExecuteNonQuery();
            Assert.Throws<HistoryException>(CatchUp);
        }
        Assert.Equal("COMPLETED", One(id).State);
    }

    [Fact]
    public void A_file_that_was_deleted_is_made_again_from_the_journal()
    {
        var id = lab.Run();
        CatchUp();
        foreach (var suffix in new[] { "", "-wal", "-shm" }) File.Delete(Path + suffix);
        Assert.Throws<HistoryException>(() => history.Query(new HistoryQuery()));
        lab.Finish(id);
        Assert.Throws<HistoryException>(CatchUp);
        Assert.Equal(0, history.Cursor);
        Assert.Equal("COMPLETED", One(id).State);
    }

    [Fact]
    public void What_the_journal_does_not_hold_any_more_is_no_error()
    {
        var id = lab.Run();
        var tail = lab.Journal.Count;
        lab.Finish(id);
        history.Project(lab.Journal.Select((record, i) => ((long)i + 1, record)).Skip(tail).ToList());
        Assert.Empty(history.Query(new HistoryQuery()));
    }

    [Fact]
    public void A_folder_that_is_not_there_throws_and_is_tried_again()
    {
        using var lost = new SqliteHistory(folder["sub/history.db"]);
        Assert.Throws<HistoryException>(() => lost.Project([(1, lab.Journal[0])]));
        Assert.Equal(0, lost.Cursor);
        Directory.CreateDirectory(folder["sub"]);
        lost.Project([(1, lab.Journal[0])]);
        Assert.Equal(1, lost.Cursor);
    }

    [Fact]
    public void The_cursor_is_known_after_a_restart()
    {
        lab.Finish(lab.Run());
        CatchUp();
        using var again = new SqliteHistory(Path);
        again.Project([]);
        Assert.Equal(lab.Journal.Count, again.Cursor);
    }
}
