using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Launch;

public sealed class RecoveryTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [RootFact]
    public void A_running_step_is_found_again_and_reported_as_started_and_exited()
    {
        _world.Host.Launch(_world.Batch(71, "while [ ! -e go ]; do sleep 0.01; done; exit 5"));
        var pid = _world.Reports.Started(71).Pid;
        _world.Die();
        _world.Start();
        Assert.Equal(pid, _world.Reports.Started(71).Pid);
        Assert.False(Assert.Single(_world.Host.Holdings).Exited);
        File.WriteAllText(_world.Public + "/go", "");
        var exit = _world.Reports.Exited(71);
        Assert.Equal((Outcome.Exited, 5, true, true), (exit.Outcome, exit.ExitCode, exit.Started, exit.JobReleased));
        Assert.Contains(exit.Receipt.Rows, r => r.Enforced);
    }

    [RootFact]
    public void A_step_that_ended_while_no_agent_was_there_is_reported()
    {
        _world.Host.Launch(_world.Batch(72, "sleep 0.2; exit 6"));
        _world.Reports.Started(72);
        _world.Die();
        World.Until(() => _world.Shepherds().Count == 0, "the shepherd is not done");
        _world.Start();
        var exit = _world.Reports.Exited(72);
        Assert.Equal((Outcome.Exited, 6, true, true), (exit.Outcome, exit.ExitCode, exit.Started, exit.JobReleased));
        Assert.NotNull(exit.Measured);
    }

    [RootFact]
    public void A_step_whose_shepherd_is_killed_is_ended_and_a_node_failure()
    {
        _world.Host.Launch(_world.Batch(73, "sleep 100 & echo $! > child; wait"));
        World.Until(() => File.Exists(_world.Public + "/child") && _world.Read("child").Length > 1, "child");
        World.Until(() => _world.Shepherds().Count == 1, "the shepherd");      // a walk through /proc misses a process now and then
        World.Kill(Assert.Single(_world.Shepherds()));
        var exit = _world.Reports.Exited(73);
        Assert.Equal((Outcome.NodeFailure, true, true), (exit.Outcome, exit.Started, exit.JobReleased));
        World.Until(() => !File.Exists($"/proc/{_world.Read("child").Trim()}/fd/0"), "the child lives");
    }

    [RootFact]
    public void A_shepherd_that_died_without_an_agent_is_found_dead_and_nothing_survives()
    {
        _world.Host.Launch(_world.Batch(74, "sleep 100"));
        _world.Reports.Started(74);
        _world.Die();
        World.Kill(Assert.Single(_world.Shepherds()));
        _world.Start();
        Assert.Equal((Outcome.NodeFailure, true), (_world.Reports.Exited(74).Outcome, _world.Reports.Exited(74).JobReleased));
        Assert.True(_world.Groups.IsJobGone(74, World.Nobody));
    }

    [RootFact]
    public void A_report_is_repeated_until_it_is_acknowledged_and_then_the_directory_goes()
    {
        _world.Run(_world.Batch(75, "exit 4"));
        _world.Die();
        _world.Start();
        Assert.Equal(4, _world.Reports.Exited(75).ExitCode);
        Assert.True(Assert.Single(_world.Host.Holdings).Exited);
        foreach (var report in _world.Host.Unacknowledged) _world.Host.Acknowledged(report.ReportId);
        World.Until(() => _world.Host.Holdings.Count == 0, "still held");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_world.Spool));
        _world.Die();
        _world.Start();
        Assert.Empty(_world.Reports.All);
    }

    [RootFact]
    public void Half_made_directories_and_strangers_are_no_steps()
    {
        _world.Die();
        Directory.CreateDirectory(_world.Spool + "/76.0.1");
        Directory.CreateDirectory(_world.Spool + "/77.0.1");
        File.WriteAllText(_world.Spool + "/77.0.1/spec", "garbage");
        Directory.CreateDirectory(_world.Spool + "/notes");
        _world.Start();
        Assert.Empty(_world.Host.Holdings);
        Assert.Equal([_world.Spool + "/notes"], Directory.EnumerateDirectories(_world.Spool));
    }

    [RootTheory]
    [InlineData("spec")]
    [InlineData("group")]
    [InlineData("files")]
    [InlineData("spawned")]
    [InlineData("report")]
    [InlineData("removed")]
    public void An_agent_that_dies_between_any_two_acts_loses_no_step_and_starts_none_twice(string point)
    {
        var dead = new ManualResetEventSlim();
        _world.Checkpoint = reached => { if (reached == point) { dead.Set(); throw new AgentDied(); } };
        var spec = _world.Batch(78, "echo x >> ran; exit 3");
        _world.Host.Launch(spec);
        Assert.True(dead.Wait(Patience.Seconds(10)));
        _world.Checkpoint = null;
        _world.Die();
        _world.Start();
        OrderAgain(spec);
        var exit = _world.Reports.Exited(78);
        Assert.Equal((Outcome.Exited, 3, true, true), (exit.Outcome, exit.ExitCode, exit.Started, exit.JobReleased));
        Assert.Equal("x\n", _world.Read("ran"));
    }

    /// <summary>As the server does for a step that the node neither holds nor has reported.</summary>
    private void OrderAgain(LaunchSpec spec)
    {
        if (!_world.Host.Holdings.Any(h => h.Key.Equals(spec.Key)) && !_world.Reports.All.Any(m => m.StepExited?.Key.Equals(spec.Key) == true)) _world.Host.Launch(spec);
    }

    [RootFact]
    public void Fifty_random_deaths_of_agents_and_shepherds_lose_no_step_and_start_none_twice()
    {
        const int Seed = 20261122, Rounds = 50;
        var random = new Random(Seed);
        string[] points = ["spec", "group", "files", "spawned", "report", "removed"];
        for (var round = 0; round < Rounds; round++)
        {
            var job = (uint)(1000 + round);
            var what = random.Next(3);
            var point = points[random.Next(points.Length)];
            if (what == 0) _world.Checkpoint = reached => { if (reached == point) throw new AgentDied(); };
            var spec = _world.Batch(job, $"echo {job} >> ran; sleep 0.0{random.Next(10)}; exit 3");
            _world.Host.Launch(spec);
            World.Until(() => File.Exists($"{_world.Spool}/{job}.{4294967291}.1/spec") || _world.Reports.All.Any(m => m.StepExited?.Key.JobId == job), "nothing begins");
            Thread.Sleep(random.Next(30));      // not a wait for something: the moment of death is what is random
            var killed = what == 2;
            if (killed) foreach (var pid in _world.Shepherds()) World.Kill(pid);
            if (what != 2) _world.Die();
            _world.Checkpoint = null;
            if (what != 2) _world.Start();
            OrderAgain(spec);
            var exit = _world.Reports.Exited(job);
            Assert.True(exit.JobReleased, $"round {round}");
            if (killed) Assert.True(exit.Outcome is Outcome.NodeFailure or Outcome.Exited, $"round {round}: {exit}");
            else Assert.Equal((round, Outcome.Exited, 3, ""), (round, exit.Outcome, exit.ExitCode, exit.Cause));
            foreach (var report in _world.Host.Unacknowledged) _world.Host.Acknowledged(report.ReportId);
        }
        var ran = _world.Read("ran").Trim().Split('\n');
        Assert.Equal(ran.Distinct(), ran);
        World.Until(() => _world.Host.Holdings.Count == 0, "still held");
        World.Until(() => _world.Shepherds().Count == 0, "a shepherd does not end");
    }
}
