using System.Diagnostics;
using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Too many processes and threads, and processes that do not want to end.</summary>
public sealed class ProcessEnforcementTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [RootFact]
    public void Ten_thousand_threads_are_bounded_and_gone_at_the_end_and_others_are_served_meanwhile()
    {
        const string threads = """
            import threading, time
            made = 0
            threading.stack_size(65536)
            while made < 10000:
                try: threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); made += 1
                except RuntimeError: break
            open('made', 'w').write(str(made))
            time.sleep(60)
            """;
        File.WriteAllText(_world.Public + "/threads.py", threads);
        _world.Host.Launch(_world.Batch(1, "exec /usr/bin/python3 threads.py", s => (s.Limits.PidsMax, s.Limits.MemoryBytes, s.Uid, s.Gid) = (200, 512 << 20, World.Stranger, World.Stranger)));
        World.Until(() => File.Exists(_world.Public + "/made") && _world.Read("made").Length > 0, "the threads", 60);
        Assert.InRange(int.Parse(_world.Read("made")), 150, 199);
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(Outcome.Exited, _world.Run(_world.Batch(2, "true")).Outcome);
        Assert.True(Stopwatch.GetElapsedTime(began) < Patience.Seconds(10), "the node hardly answers");
        _world.Host.EndJob(new EndJob { JobId = 1, Attempt = 1, Reason = EndReason.EndCancelled, GraceMs = 100 });
        var exit = _world.Reports.Exited(1);
        Assert.True(exit.JobReleased);
        Assert.True(exit.Measured.PidsLimitHits > 0);
        Assert.InRange(exit.Measured.PidsPeak, 150u, 200u);
        World.Until(() => ProcessesOf(World.Stranger).Count == 0, "the threads are left");
    }

    /// <summary>nohup, setsid, a terminal multiplexer: none of them leaves its group.</summary>
    [RootTheory]
    [InlineData("nohup", "nohup sh -c 'trap \"\" TERM HUP INT; while :; do sleep 0.1; done' >/dev/null 2>&1 & echo $! > left")]
    [InlineData("disown", "bash -c 'trap \"\" HUP TERM; while :; do sleep 0.1; done' & echo $! > left; disown -a")]
    [InlineData("double fork", "(setsid bash -c 'trap \"\" TERM HUP INT; echo $BASHPID > left; while :; do sleep 0.1; done' </dev/null >/dev/null 2>&1 &); while [ ! -s left ]; do sleep 0.02; done")]
    public void What_wants_to_outlive_its_job_is_gone_at_the_end(string how, string script)
    {
        var exit = _world.Run(_world.Batch(3, script, s => (s.Uid, s.Gid, s.Limits.PidsMax) = (World.Stranger, World.Stranger, 200)));
        Assert.Equal((Outcome.Exited, true), (exit.Outcome, exit.JobReleased));
        var pid = int.Parse(_world.Read("left"));
        World.Until(() => !IsRunning(pid) && ProcessesOf(World.Stranger).Count == 0, $"{how}: {pid} lives on");
        Assert.DoesNotContain(_world.Tree.Left(), g => g.Contains("/j3", StringComparison.Ordinal));
    }

    [NeedsFact("/usr/bin/tmux")]
    public void A_terminal_multiplexer_that_a_job_left_running_is_gone_at_the_end() =>
        What_wants_to_outlive_its_job_is_gone_at_the_end("tmux", "TERM=linux tmux -S $PWD/tmux-socket -f /dev/null new-session -d 'echo $$ > left; exec sleep 1000'; while [ ! -s left ]; do sleep 0.02; done");

    [NeedsFact("/dev/fuse", "/usr/bin/unshare")]
    public void A_process_that_cannot_be_killed_drains_the_node_with_its_name_and_the_job_is_released_when_it_is_gone()
    {
        using var hang = new HangingFile();
        _world.Die();
        _world.KillDeadline = Patience.Seconds(1);
        _world.Expects = static e => e is Agent.Cgroups.CgroupException;
        _world.Start();
        // root's job, because a user's may not look into the namespace that has the file system.
        _world.Host.Launch(_world.Batch(4, $"stat {hang.Path} & echo $! > stuck; wait", s => (s.Uid, s.Gid) = (0, 0)));
        World.Until(() => File.Exists(_world.Public + "/stuck") && hang.IsEntered, "the process hangs");
        _world.Host.EndJob(new EndJob { JobId = 4, Attempt = 1, Reason = EndReason.EndCancelled, GraceMs = 50 });
        var exit = _world.Reports.Exited(4, seconds: 90);
        Assert.False(exit.JobReleased);
        Assert.Contains("job 4 cannot be ended: group ", exit.DrainReason, StringComparison.Ordinal);
        Assert.Matches($@"still there: .*{_world.Read("stuck").Trim()}.*stat", exit.DrainReason);
        Assert.Contains("D", exit.DrainReason, StringComparison.Ordinal);
        hang.Release();
        _world.Reports.Wait(all => all.FirstOrDefault(m => m.JobReleased?.JobId == 4), "the release", 60);
    }

    private static bool IsRunning(int pid)
    {
        try { return File.ReadAllText($"/proc/{pid}/stat") is var stat && stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X'); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    /// <summary>Those that run; a zombie waits for its parent only.</summary>
    private static List<int> ProcessesOf(uint uid) => [.. Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0).Where(p => p > 0 && IsOf(p, uid) && IsRunning(p))];

    private static bool IsOf(int pid, uint uid)
    {
        try { return File.ReadAllLines($"/proc/{pid}/status").Any(l => l.StartsWith($"Uid:\t{uid}\t", StringComparison.Ordinal)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }
}
