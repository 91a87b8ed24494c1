using System.Diagnostics;
using Stint.Agent.Launch;
using Stint.Agent.Tests.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Launch;

public sealed class EndTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    private const string Stubborn = "trap '' TERM INT HUP; echo ready > ready-$SLURM_JOB_ID$1; while :; do sleep 0.05; done";

    private static bool Alive(int pid) => File.Exists($"/proc/{pid}/status") && !File.ReadAllText($"/proc/{pid}/status").Contains("State:\tZ", StringComparison.Ordinal);

    [RootFact]
    public void A_daemon_that_double_forks_and_ignores_signals_is_gone_when_its_job_ends()
    {
        var exit = _world.Run(_world.Batch(31, "(setsid bash -c \"trap '' TERM HUP INT; echo \\$BASHPID > daemon; while :; do sleep 0.05; done\" </dev/null >/dev/null 2>&1 &) ; while [ ! -s daemon ]; do sleep 0.01; done"));
        Assert.Equal((Outcome.Exited, true), (exit.Outcome, exit.JobReleased));
        World.Until(() => !Alive(int.Parse(_world.Read("daemon"))), "the daemon lives");
        Assert.DoesNotContain(_world.Tree.Left(), g => g.Contains("/j31", StringComparison.Ordinal));
    }

    [RootFact]
    public void At_the_limit_TERM_then_KILL_after_the_grace_each_within_a_second_with_no_agent_there()
    {
        _world.Host.Launch(_world.Batch(32, "trap 'date +%s%N > term' TERM; date +%s%N > start; while :; do sleep 0.02; done", s => { s.WallLimitMs = 1000; s.GraceMs = 700; }));
        _world.Reports.Started(32);
        _world.Die();
        World.Until(() => _world.Shepherds().Count == 0, "the shepherd is not done");
        _world.Start();
        var exit = _world.Reports.Exited(32);
        Assert.Equal((Outcome.TimeLimit, 9, true), (exit.Outcome, exit.Signal, exit.Started));
        var started = long.Parse(_world.Read("start")) / 1e9;
        Assert.InRange(long.Parse(_world.Read("term")) / 1e9 - started, Patience.Factor > 1 ? 0 : 0.8, 2.0 * Patience.Factor);
        Assert.InRange(exit.AtMs / 1e3 - started, Patience.Factor > 1 ? 0.5 : 1.5, 2.7 * Patience.Factor);
        Assert.Matches(@"^slurmstepd: error: \*\*\* JOB 32 ON n1 CANCELLED AT \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d DUE TO TIME LIMIT \*\*\*\n", _world.Read("out-32.txt"));
    }

    [RootFact]
    public void A_warning_signal_comes_before_the_limit_to_the_batch_shell_alone()
    {
        var exit = _world.Run(_world.Batch(33, "trap 'echo warned; exit 3' USR1; while :; do sleep 0.02; done", s =>
        { s.WallLimitMs = 5000 * Patience.Factor; s.WarnBeforeMs = s.WallLimitMs - 500 * Patience.Factor; s.WarnSignal = 10; s.WarnBatchOnly = true; }));
        Assert.Equal((Outcome.Exited, 3, "warned\n"), (exit.Outcome, exit.ExitCode, _world.Read("out-33.txt")));
    }

    [RootFact]
    public void A_process_past_its_CPU_time_is_killed_even_when_it_ignores_the_warning()
    {
        var exit = _world.Run(_world.Batch(36, "trap '' XCPU; ulimit -S -t 100 2>/dev/null; while :; do :; done", s => s.Payload.Rlimits.Add(new Rlimit { Name = "CPU", Soft = 1 })), 60);
        Assert.Equal((Outcome.Exited, 9), (exit.Outcome, exit.Signal));
        Assert.InRange((exit.Measured.CpuUserUs + exit.Measured.CpuSystemUs) / 1e6, 1, 4 + Patience.Factor);
    }

    [RootFact]
    public void Ending_a_job_terminates_kills_after_the_grace_and_writes_Slurms_line()
    {
        _world.Host.Launch(_world.Batch(34, Stubborn));
        World.Until(() => File.Exists(_world.Public + "/ready-"), "the job is not ready");
        var began = Stopwatch.GetTimestamp();
        _world.Host.EndJob(new EndJob { JobId = 34, Attempt = 1, Reason = EndReason.EndCancelled, GraceMs = 300 });
        var exit = _world.Reports.Exited(34);
        Assert.Equal((Outcome.Ended, 9, true), (exit.Outcome, exit.Signal, exit.JobReleased));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 290, 1500 * Patience.Factor);
        Assert.Matches(@"^slurmstepd: error: \*\*\* JOB 34 ON n1 CANCELLED AT [0-9T:-]+ \*\*\*\n", _world.Read("out-34.txt"));
        Assert.DoesNotContain(_world.Reports.All, m => m.JobReleased is not null);
    }

    [RootFact]
    public void Ending_a_job_ends_all_its_steps_and_an_unknown_job_is_released_at_once()
    {
        _world.Host.EndJob(new EndJob { JobId = 999, Attempt = 1 });
        Assert.Equal(1u, _world.Reports.Wait(all => all.FirstOrDefault(m => m.JobReleased?.JobId == 999), "release").JobReleased.Attempt);
        _world.Host.Launch(_world.Batch(35, "sleep 100"));
        _world.Host.Launch(_world.Srun(35, "sleep 100"));
        _world.Reports.Wait(all => all.Count(m => m.StepStarted is not null) == 2 ? all : null, "starts");
        _world.Host.EndJob(new EndJob { JobId = 35, Attempt = 1, Reason = EndReason.EndCancelled, GraceMs = 2000 });
        StepExitedReport[] exits = [_world.Reports.Exited(35, 0), _world.Reports.Exited(35)];
        Assert.All(exits, e => Assert.Equal((Outcome.Ended, 15), (e.Outcome, e.Signal)));
        Assert.Contains(exits, e => e.JobReleased);
        Assert.True(_world.Groups.IsJobGone(35, World.Nobody));
    }

    [RootFact]
    public void An_order_to_end_that_overtakes_the_start_is_not_lost()
    {
        for (var job = 40u; job < 50; job++)
        {
            _world.Host.Launch(_world.Batch(job, "sleep 100"));
            _world.Host.EndJob(new EndJob { JobId = job, Attempt = 1, Reason = EndReason.EndCancelled, GraceMs = 1000 });
        }
        for (var job = 40u; job < 50; job++) Assert.Equal(Outcome.Ended, _world.Reports.Exited(job).Outcome);
    }

    [RootFact]
    public void A_stopped_job_ends_all_the_same()
    {
        _world.Host.Launch(_world.Batch(51, "kill -STOP $$; echo went on"));
        _world.Reports.Started(51);
        _world.Host.EndJob(new EndJob { JobId = 51, Attempt = 1, Reason = EndReason.EndCancelled, GraceMs = 5000 });
        Assert.Equal(15, _world.Reports.Exited(51, seconds: 4).Signal);
    }

    [RootFact]
    public void A_job_over_its_memory_is_out_of_memory_with_limit_peak_and_remedy()
    {
        var exit = _world.Run(_world.Batch(52, "head -c 200M /dev/zero | tail -c 190M > /dev/null; exit 0", s => s.Limits.MemoryBytes = 32 << 20));
        Assert.Equal(Outcome.OutOfMemory, exit.Outcome);
        Assert.Matches(@"^memory: limit 32 MiB \((job|step) group\), peak (3[12]) MiB, 1 process killed by the kernel( \(tail, pid \d+\))?; ask for more with --mem$", exit.Cause);
        World.Until(() => _world.Read("out-52.txt").Contains("slurmstepd: error: Detected 1 oom_kill event in StepId=52.batch. Some of the step tasks have been OOM Killed.\n", StringComparison.Ordinal), "the line");
    }

    [RootFact]
    public void Signals_reach_the_batch_shell_the_steps_or_all_of_them_as_asked()
    {
        const string Trap = "trap 'echo usr1 >> $F' USR1; echo ready >> $F; while :; do sleep 0.02; done";
        _world.Host.Launch(_world.Batch(53, "F=b; " + Trap));
        _world.Host.Launch(_world.Srun(53, "F=s; " + Trap));
        World.Until(() => File.Exists(_world.Public + "/b") && File.Exists(_world.Public + "/s"), "ready");
        _world.Host.Signal(new SignalStep { JobId = 53, Signal = 10 });
        World.Until(() => _world.Read("s") == "ready\nusr1\n", "steps");
        Assert.Equal("ready\n", _world.Read("b"));
        _world.Host.Signal(new SignalStep { JobId = 53, Signal = 10, BatchOnly = true });
        World.Until(() => _world.Read("b") == "ready\nusr1\n", "batch");
        _world.Host.Signal(new SignalStep { JobId = 53, Signal = 10, StepId = StepId.Batch });
        World.Until(() => _world.Read("b") == "ready\nusr1\nusr1\n", "by id");
        Assert.Equal("ready\nusr1\n", _world.Read("s"));
        _world.Host.EndJob(new EndJob { JobId = 53, Attempt = 1, GraceMs = 0 });
        Assert.Equal(9, _world.Reports.Exited(53).Signal);
    }

    [RootFact]
    public void The_worst_tasks_exit_is_the_steps()
    {
        var exit = _world.Run(_world.Srun(54, "exit $((SLURM_PROCID+3))", s => s.TaskIds.Add([1, 2])));
        Assert.Equal((5, 0), (exit.ExitCode, exit.Signal));
        Assert.Equal([(0u, 3), (1u, 4), (2u, 5)], exit.Tasks.Select(t => (t.Task, t.ExitCode)));
        exit = _world.Run(_world.Srun(55, "kill -9 $$"));
        Assert.Equal((0, 9), (exit.ExitCode, exit.Signal));
    }
}
