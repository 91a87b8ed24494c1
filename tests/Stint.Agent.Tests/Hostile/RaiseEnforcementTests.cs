using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>A job that wants more than it was given: as its user it can write none of its limits; as root what it raises below its job's group raises nothing.</summary>
public sealed class RaiseEnforcementTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    private string Memory => TestTree.IsV2 ? "memory.max" : "memory.limit_in_bytes";

    [RootFact]
    public void A_user_can_write_no_file_of_the_jobs_groups()
    {
        var tree = _world.Tree.Layout;
        var job = $"{tree.Base}/u{World.Nobody}/j1";
        var exit = _world.Run(_world.Batch(1, $"""
            for g in {string.Join(' ', tree.Hierarchies.Select(h => $"{h.Mount}/{job} {h.Mount}/{job}/s{Agent.Launch.StepId.Batch} {h.Mount}/{tree.Base}/u{World.Nobody}"))}; do
              for f in $g/*; do [ -f $f ] && [ -w $f ] && echo writable $f; done
              mkdir $g/mine 2>/dev/null && echo made $g/mine
              rmdir $g 2>/dev/null && echo removed $g
            done
            echo done
            """));
        Assert.Equal((Outcome.Exited, "done\n"), (exit.Outcome, _world.Read("out-1.txt")));
    }

    /// <summary>root in the job, with every file within reach: a group of its own below the step's, with all limits off, is still below the job's.</summary>
    [RootFact]
    public void A_group_that_a_root_job_makes_below_its_own_and_gives_more_stays_within_the_jobs_limit()
    {
        var tree = _world.Tree.Layout;
        var step = $"{tree.Base}/u0/j2/s{Agent.Launch.StepId.Batch}";
        var memory = tree.File("memory", step, "mine")!;
        var pids = tree.File("pids", step, "mine")!;
        // On v2 a group with processes hands no controller down: the processes move first, as any container engine does.
        var open = TestTree.IsV2 ? $"mkdir {memory}/../inner; echo $$ > {memory}/../inner/cgroup.procs; echo '+memory +pids' > {memory}/../cgroup.subtree_control; " : "";
        File.WriteAllText(_world.Public + "/fork.py", "import os, signal, time\npids = []\ntry:\n  for i in range(100):\n    pid = os.fork()\n    if pid == 0: time.sleep(30); os._exit(0)\n    pids.append(pid)\nexcept OSError as e: print('forks', len(pids), e.errno)\nfor p in pids: os.kill(p, 9); os.wait()\n");
        var exit = _world.Run(_world.Batch(2, $"""
            {open}mkdir -p {memory} {pids}
            echo {(TestTree.IsV2 ? "max" : "-1")} > {memory}/{Memory}; echo max > {pids}/pids.max
            echo $$ > {memory}/cgroup.procs; echo $$ > {pids}/cgroup.procs
            cat {memory}/{Memory}
            /usr/bin/python3 fork.py
            head -c 300M /dev/zero | tail -c 200M > /dev/null; echo {"${PIPESTATUS[1]}"}
            """, s => (s.Uid, s.Gid, s.Limits.PidsMax) = (0, 0, 40)), 60);
        Assert.True(exit.Outcome == Outcome.OutOfMemory, $"{exit.Outcome} {exit.Cause} {_world.Read("out-2.txt")}");
        Assert.Equal(("job", 64UL << 20), (exit.Measured.OomLevel, exit.Measured.MemoryLimitBytes));
        Assert.Matches(@"(?s)forks 3\d 11\n.*\n137\n", _world.Read("out-2.txt"));
        Assert.True(exit.Measured.PidsPeak <= 40);
        Assert.True(exit.JobReleased);
        Assert.DoesNotContain(_world.Tree.Left(), g => g.Contains("/j2", StringComparison.Ordinal));
    }

    [RootFact]
    public void Nobody_starts_with_the_daemons_score_and_a_user_cannot_lower_theirs()
    {
        // The agent's own score is not the job's: 0, whatever the daemon has.
        var exit = _world.Run(_world.Batch(3, "cat /proc/self/oom_score_adj; (echo -500 > /proc/self/oom_score_adj) 2>/dev/null && echo lowered; (echo -1 > /proc/$$/oom_score_adj) 2>/dev/null && echo lowered; echo 300 > /proc/self/oom_score_adj && cat /proc/$$/oom_score_adj"));
        Assert.Equal((Outcome.Exited, "0\n300\n"), (exit.Outcome, _world.Read("out-3.txt")));
        // Even the least score does not save a process from its own group's limit.
        var greedy = _world.Run(_world.Batch(4, "echo -1000 > /proc/self/oom_score_adj; head -c 300M /dev/zero | tail -c 200M > /dev/null; exit 0"));
        Assert.Equal(Outcome.OutOfMemory, greedy.Outcome);
    }

    [RootFact]
    public void The_daemons_score_is_not_inherited()
    {
        var before = File.ReadAllText("/proc/self/oom_score_adj").Trim();
        File.WriteAllText("/proc/self/oom_score_adj", "500");          // what shepherds inherit from here on
        try
        {
            _world.Run(_world.Batch(5, "cat /proc/self/oom_score_adj"));
            Assert.Equal("0\n", _world.Read("out-5.txt"));
        }
        finally
        {
            File.WriteAllText("/proc/self/oom_score_adj", before);
        }
    }
}
