using System.Diagnostics;
using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Agent.Watch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Ways out of a job's groups: by writing into others, and by having somebody else start a process.</summary>
public sealed class EscapeEnforcementTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    private static void AsStranger(LaunchSpec spec) => (spec.Uid, spec.Gid) = (World.Stranger, World.Stranger);

    /// <summary>Every hierarchy's own top, the user's level, the job above, another job of the same user, and the node's: all of them refuse.</summary>
    [RootFact]
    public void A_job_cannot_write_its_pid_into_any_other_group()
    {
        _world.Host.Launch(_world.Batch(1, "sleep 100", AsStranger));
        _world.Reports.Started(1);
        var tree = _world.Tree.Layout;
        var targets = tree.Hierarchies.SelectMany(h => new[] { "", $"/{tree.Root}", $"/{tree.Base}", $"/{tree.Base}/u{World.Stranger}", $"/{tree.Base}/u{World.Stranger}/j1", $"/{tree.Base}/u{World.Stranger}/j1/s{Agent.Launch.StepId.Batch}" }
            .SelectMany(g => new[] { $"{h.Mount}{g}/cgroup.procs", $"{h.Mount}{g}/tasks", $"{h.Mount}{g}/cgroup.threads" })).Where(File.Exists).ToList();
        Assert.True(targets.Count > 6);
        File.WriteAllLines(_world.Public + "/targets", targets);
        var exit = _world.Run(_world.Batch(2, "cat /proc/self/cgroup > before; while read f; do (echo $$ > $f) 2>/dev/null && echo joined $f; done < targets; cat /proc/self/cgroup > after; true", AsStranger));
        Assert.Equal((Outcome.Exited, ""), (exit.Outcome, _world.Read("out-2.txt")));
        Assert.Equal(_world.Read("before"), _world.Read("after"));
        // A group of its own below its step's needs a right that nobody gave it; nor can it be made where its user may write.
        Assert.Equal("refused\n", Run(3, "mkdir $(awk -F: '/pids/ || /^0::/ {print $3}' /proc/self/cgroup | head -1 | sed 's,^,/sys/fs/cgroup/pids,')/mine 2>/dev/null && echo made || echo refused"));
        _world.Host.EndJob(new EndJob { JobId = 1, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(1);
    }

    private string Run(uint job, string script)
    {
        _world.Run(_world.Batch(job, script, AsStranger));
        return _world.Read($"out-{job}.txt");
    }

    /// <summary>What cron, at, sshd, systemd --user or a container engine would start for the user: outside every job's groups.</summary>
    private static Process Outside() => Process.Start(new ProcessStartInfo("setpriv", [$"--reuid={World.Stranger}", $"--regid={World.Stranger}", "--clear-groups", "sleep", "1000"]))!;

    [RootFact]
    public async Task A_process_that_others_started_for_a_user_with_jobs_is_reported_once_with_its_group()
    {
        using var outside = Outside();
        try
        {
            var watch = _world.Watch();
            await watch.LookAsync();
            Assert.Empty(Told());                                  // the user has no job here: whose processes run is not our business
            _world.Host.Launch(_world.Batch(4, "sleep 100", AsStranger));
            _world.Reports.Started(4);
            World.Until(() => Field(outside.Id, "Uid:").StartsWith($"{World.Stranger}", StringComparison.Ordinal), "setpriv");
            await watch.LookAsync();
            await watch.LookAsync();
            var told = Assert.Single(Told());
            Assert.StartsWith($"1 process of uid {World.Stranger} ran outside of the user's jobs, where no job's limit holds: {outside.Id} (sleep) in /", told.Sentence, StringComparison.Ordinal);
            Assert.Equal((4u, World.Stranger, ""), (told.Key.JobId, told.Uid, told.DrainReason));
            End(4);
        }
        finally
        {
            outside.Kill();
        }
    }

    [RootFact]
    public async Task Where_so_ordered_it_is_adopted_into_the_users_newest_job_and_ends_with_it()
    {
        using var outside = Outside();
        try
        {
            _world.Host.Launch(_world.Batch(5, "sleep 100", AsStranger));
            _world.Reports.Started(5);
            World.Until(() => Field(outside.Id, "Uid:").StartsWith($"{World.Stranger}", StringComparison.Ordinal), "setpriv");
            var watch = _world.Watch(new WatchOptions { Outside = OutsideAction.Adopt });
            await watch.LookAsync();
            Assert.EndsWith("; adopted into job 5", Assert.Single(Told()).Sentence, StringComparison.Ordinal);
            Assert.Contains($"/u{World.Stranger}/j5/s", File.ReadAllText($"/proc/{outside.Id}/cgroup"), StringComparison.Ordinal);
            await watch.LookAsync();
            Assert.Single(Told());
            End(5);
            await outside.WaitForExitAsync().WaitAsync(Patience.Seconds(20));
            Assert.Equal(128 + 9, outside.ExitCode);
        }
        finally
        {
            if (!outside.HasExited) outside.Kill();
        }
    }

    private void End(uint job)
    {
        _world.Host.EndJob(new EndJob { JobId = job, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(job);
    }

    private NodeEvent[] Told() => [.. _world.Reports.All.Where(m => m.NodeEvent?.Kind == NodeEventKind.EventOutside).Select(m => m.NodeEvent)];

    private static string Field(int pid, string name) => File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() ?? "";
}
