using Google.Protobuf;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Launch;

public sealed class StreamTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    private static StepKey Key(uint job) => new() { JobId = job, StepId = 0, Attempt = 1 };

    [RootFact]
    public void Fifty_megabytes_come_whole_and_in_order_with_a_client_that_takes_them()
    {
        long bytes = 0;
        var (sum, ends) = (0L, 0);
        _world.Reports.OnMessage = m =>
        {
            if (m.Output is not { } output) return;
            if (output.End) Interlocked.Increment(ref ends);
            foreach (var b in output.Data.Span) sum = (sum * 31 + b) & 0xffffff;
            bytes += output.Data.Length;
            _world.Host.OutputTaken(new StepOutputTaken { Key = Key(61), Bytes = (ulong)output.Data.Length });
        };
        var exit = _world.Run(_world.Srun(61, "head -c 52428800 /dev/zero"), 60);
        Assert.Equal((Outcome.Exited, 52428800L, 0L, 2), (exit.Outcome, bytes, sum, ends));
    }

    [RootFact]
    public void A_client_that_takes_nothing_holds_the_job_back_at_the_window_and_loses_nothing()
    {
        _world.Host.Launch(_world.Srun(62, "seq 1 200000; echo done > wrote"));
        long Sent() => _world.Reports.All.Where(m => m.Output is not null).Sum(m => m.Output.Data.Length);
        World.Until(() => Sent() == StepStreams.WindowBytes, "the window is not full");
        _world.Run(_world.Batch(63, "true"));
        Assert.Equal(StepStreams.WindowBytes, Sent());
        Assert.False(File.Exists(_world.Public + "/wrote"));
        Assert.DoesNotContain(_world.Reports.All, m => m.StepExited?.Key.JobId == 62);
        _world.Reports.OnMessage = m => { if (m.Output is { } o) _world.Host.OutputTaken(new StepOutputTaken { Key = Key(62), Bytes = (ulong)o.Data.Length }); };
        _world.Host.OutputTaken(new StepOutputTaken { Key = Key(62), Bytes = StepStreams.WindowBytes });
        _world.Reports.Exited(62, 0);
        Assert.Equal(string.Concat(Enumerable.Range(1, 200000).Select(i => i + "\n")), _world.Reports.Output());
    }

    [RootFact]
    public void Ending_a_job_does_not_wait_for_a_client_that_takes_nothing()
    {
        _world.Host.Launch(_world.Srun(64, "seq 1 2000000"));
        World.Until(() => _world.Reports.All.Where(m => m.Output is not null).Sum(m => m.Output.Data.Length) == StepStreams.WindowBytes, "the window is not full");
        _world.Host.EndJob(new EndJob { JobId = 64, Attempt = 1, Reason = EndReason.EndCancelled, GraceMs = 1000 });
        Assert.Equal(Outcome.Ended, _world.Reports.Exited(64, 0).Outcome);
    }

    [RootFact]
    public void Input_goes_to_all_tasks_or_one_and_its_end_closes_it()
    {
        _world.Host.Launch(_world.Srun(65, "cat", s => s.TaskIds.Add(1)));
        _world.Host.Input(new StepInput { Key = Key(65), Data = ByteString.CopyFromUtf8("both\n") });
        _world.Host.Input(new StepInput { Key = Key(65), Data = ByteString.CopyFromUtf8("one\n"), Task = 1 });
        _world.Host.Input(new StepInput { Key = Key(65), End = true });
        var exit = _world.Reports.Exited(65, 0);
        Assert.Equal((0, "both\n", "both\none\n"), (exit.ExitCode, _world.Reports.Output(0), _world.Reports.Output(1)));
        Assert.Equal(9ul, _world.Reports.All.Where(m => m.InputTaken is not null).Aggregate(0ul, (sum, m) => sum + m.InputTaken.Bytes));
    }

    [RootFact]
    public void Input_that_nobody_reads_neither_blocks_the_node_nor_grows()
    {
        _world.Host.Launch(_world.Srun(66, "sleep 100"));
        for (var i = 0; i < 100; i++) _world.Host.Input(new StepInput { Key = Key(66), Data = ByteString.CopyFrom(new byte[100_000]) });
        Assert.Equal(Outcome.Exited, _world.Run(_world.Batch(67, "true")).Outcome);
        _world.Host.EndJob(new EndJob { JobId = 66, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(66, 0);
    }

    [RootFact]
    public void A_terminal_has_its_size_and_is_the_controlling_one()
    {
        _world.Host.Launch(_world.Srun(68, "stty size; tty -s && echo tty; read x; echo got $x; until [ \"$(stty size)\" = '44 99' ]; do sleep 0.01; done; ps -o tpgid= -p $$ | tr -d ' ' | grep -vc '^-1'", s => { s.Io = IoMode.IoPty; s.PtyRows = 33; s.PtyColumns = 101; }));
        World.Until(() => _world.Reports.Output().Contains("tty\r\n", StringComparison.Ordinal), "no terminal");
        _world.Host.Resize(new ResizePty { Key = Key(68), Rows = 44, Columns = 99 });
        _world.Host.Input(new StepInput { Key = Key(68), Data = ByteString.CopyFromUtf8("hello\n") });
        Assert.Equal(0, _world.Reports.Exited(68, 0).ExitCode);
        Assert.Equal("33 101\r\ntty\r\nhello\r\ngot hello\r\n1\r\n", _world.Reports.Output());
    }

    [RootFact]
    public void Output_written_while_no_agent_was_there_is_not_lost()
    {
        _world.Host.Launch(_world.Srun(69, "echo before; while [ ! -e go ]; do sleep 0.01; done; echo between; echo error >&2"));
        World.Until(() => _world.Reports.Output() == "before\n", "before");
        _world.Die();
        File.WriteAllText(_world.Public + "/go", "");
        World.Until(() => _world.Shepherds().Count == 0, "the shepherd is not done");
        _world.Start();
        Assert.Equal(0, _world.Reports.Exited(69, 0).ExitCode);
        Assert.Equal(("between\n", "error\n"), (_world.Reports.Output(), _world.Reports.Output(error: true)));
    }

    [RootFact]
    public void A_new_agent_takes_over_the_pipes_of_a_running_step()
    {
        _world.Host.Launch(_world.Srun(70, "echo one; cat; echo three"));
        World.Until(() => _world.Reports.Output() == "one\n", "one");
        _world.Die();
        _world.Start();
        _world.Host.Input(new StepInput { Key = Key(70), Data = ByteString.CopyFromUtf8("two\n"), End = true });
        Assert.Equal(0, _world.Reports.Exited(70, 0).ExitCode);
        Assert.Equal("two\nthree\n", _world.Reports.Output());
    }
}
