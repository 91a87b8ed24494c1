using Stint.Agent.Launch;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Ends;

public sealed class HookTests : IDisposable
{
    private readonly World _world = new(hookDeadline: Patience.Seconds(20));

    public void Dispose() => _world.Dispose();

    private string Log => _world.Public + "/hooks.log";
    private string Note(string what) => $"echo {what} $SLURM_JOB_ID $SLURM_SCRIPT_CONTEXT $SLURM_JOB_USER $(id -u) >> {Log}";

    [RootFact]
    public void The_prolog_runs_as_root_before_the_first_step_and_the_epilog_after_the_last()
    {
        _world.Program("prolog.d/10-first", Note("first"));
        _world.Program("prolog.d/20-second", Note("second"));
        _world.Program("epilog.d/clean", Note("after"));
        File.WriteAllText(_world.Home + "/prolog.d/README", "no program");
        File.WriteAllText(Log, "");
        File.SetUnixFileMode(Log, (UnixFileMode)0b110_110_110);
        var exit = _world.Run(_world.Batch(70, $"echo script >> {Log}"));
        Assert.Equal((Outcome.Exited, true, ""), (exit.Outcome, exit.JobReleased, exit.DrainReason));
        Assert.Equal(["first 70 prolog_slurmd nobody 0", "second 70 prolog_slurmd nobody 0", "script", "after 70 epilog_slurmd nobody 0"], File.ReadAllLines(Log));
        Assert.Empty(Directory.GetFiles(_world.Home + "/hooks"));
    }

    [RootFact]
    public void A_prolog_that_fails_starts_nothing_holds_the_job_and_drains_the_node()
    {
        _world.Program("prolog.d/p", "echo the scratch disk is not mounted; exit 3");
        var exit = _world.Run(_world.Batch(71, "touch ran"));
        Assert.Equal((Outcome.NodeFailure, false, true, true), (exit.Outcome, exit.Started, exit.HoldJob, exit.JobReleased));
        Assert.Equal($"prolog of job 71: {_world.Home}/prolog.d/p ended with exit code 3: the scratch disk is not mounted", exit.DrainReason);
        Assert.Equal(exit.DrainReason, exit.Cause);
        Assert.False(File.Exists(_world.Public + "/ran"));
    }

    [RootFact]
    public void A_program_that_others_could_have_written_is_not_run_and_counts_as_failed()
    {
        File.SetUnixFileMode(_world.Program("prolog.d/p", "touch " + _world.Public + "/hacked"), (UnixFileMode)0b111_111_111);
        Assert.EndsWith("can be written by others than its owner; it is not run", _world.Run(_world.Batch(72, "true")).DrainReason, StringComparison.Ordinal);
        Assert.False(File.Exists(_world.Public + "/hacked"));
    }

    [RootFact]
    public void An_epilog_that_fails_drains_the_node_and_the_job_is_what_it_was()
    {
        _world.Program("epilog.d/e", "exit 1");
        var exit = _world.Run(_world.Batch(73, "exit 4"));
        Assert.Equal((Outcome.Exited, 4, true), (exit.Outcome, exit.ExitCode, exit.JobReleased));
        Assert.Equal($"epilog of job 73: {_world.Home}/epilog.d/e ended with exit code 1", exit.DrainReason);
    }

    [RootFact]
    public void An_interactive_jobs_epilog_waits_for_the_jobs_end_and_runs_once()
    {
        _world.Program("prolog.d/p", Note("prolog"));
        _world.Program("epilog.d/e", Note("epilog"));
        foreach (var step in new[] { 0u, 1u })
        {
            var spec = _world.Srun(74, "true", s => s.Key.StepId = step);
            Assert.False(_world.Run(spec).JobReleased);
        }
        Assert.Equal(["prolog"], File.ReadAllLines(Log).Select(l => l.Split(' ')[0]));
        for (var again = 0; again < 2; again++) _world.Host.EndJob(new EndJob { JobId = 74, Attempt = 1, Reason = EndReason.EndOver });
        _world.Reports.Wait(all => all.Count(m => m.JobReleased?.JobId == 74) == 2 ? all : null, "released");
        Assert.Equal(["prolog", "epilog"], File.ReadAllLines(Log).Select(l => l.Split(' ')[0]));
    }

    [RootFact]
    public void An_agent_that_starts_again_does_not_run_the_prolog_twice_and_still_owes_the_epilog()
    {
        _world.Program("prolog.d/p", Note("prolog"));
        _world.Program("epilog.d/e", Note("epilog"));
        _world.Host.Launch(_world.Batch(75, "while [ ! -e go ]; do sleep 0.05; done"));
        _world.Reports.Started(75);
        _world.Die();
        _world.Start();
        File.WriteAllText(_world.Public + "/go", "");
        Assert.True(_world.Reports.Exited(75).JobReleased);
        Assert.Equal(["prolog", "epilog"], File.ReadAllLines(Log).Select(l => l.Split(' ')[0]));
    }

    [RootFact]
    public void A_health_check_that_fails_says_what_it_found()
    {
        var told = new List<NodeEvent>();
        var path = _world.Program("health", "[ -e " + _world.Public + "/broken ] && { echo fan 2 stands still; exit 1; }; exit 0");
        var check = new Agent.Ends.HealthCheck(path, TimeSpan.FromHours(1), TimeSpan.FromSeconds(20), _world.Programs, "n1", TimeProvider.System, told.Add);
        Assert.Null(check.Look());
        Assert.Empty(told);
        File.WriteAllText(_world.Public + "/broken", "");
        check.Look();
        Assert.Equal($"health check: {path} ended with exit code 1: fan 2 stands still", Assert.Single(told).DrainReason);
    }

    [RootFact]
    public void The_time_of_the_prolog_counts_against_the_jobs_limit()
    {
        var tenths = 6 * Patience.Factor;
        _world.Program("prolog.d/p", $"sleep {tenths / 10}.{tenths % 10}");
        var exit = _world.Run(_world.Batch(76, "date +%s%N > start; sleep 100", s => { s.WallLimitMs = 1600 * (uint)Patience.Factor; s.GraceMs = 100; }));
        Assert.Equal(Outcome.TimeLimit, exit.Outcome);
        Assert.InRange(exit.AtMs - long.Parse(_world.Read("start")) / 1_000_000, 0, 1400 * Patience.Factor);
    }
}

public sealed class HookDeadlineTests : IDisposable
{
    private readonly World _world = new(hookDeadline: TimeSpan.FromMilliseconds(700));

    public void Dispose() => _world.Dispose();

    [RootFact]
    public void A_prolog_past_its_deadline_is_killed_with_all_that_it_started()
    {
        _world.Program("prolog.d/p", "(setsid bash -c \"trap '' TERM HUP; echo \\$BASHPID > " + _world.Public + "/child; while :; do sleep 0.05; done\" &); sleep 1000");
        var exit = _world.Run(_world.Batch(77, "true"));
        Assert.Contains("did not end within 0.7 s and was killed", exit.DrainReason, StringComparison.Ordinal);
        if (!File.Exists(_world.Public + "/child")) return;      // killed before it wrote its number: gone all the same
        var pid = _world.Read("child").Trim();
        World.Until(() => pid.Length == 0 || !Directory.Exists("/proc/" + pid) || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal), "the child lives");
        Assert.DoesNotContain(_world.Tree.Left(), g => g.Contains("hooks", StringComparison.Ordinal));
    }
}
