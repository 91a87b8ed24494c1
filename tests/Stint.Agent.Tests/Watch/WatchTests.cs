using Stint.Agent.Cgroups;
using Stint.Agent.Launch;
using Stint.Agent.Tests.Launch;
using Stint.Agent.Watch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Watch;

public sealed class WatchTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    private NodeEvent[] Events(NodeEventKind kind) => [.. _world.Reports.All.Where(m => m.NodeEvent?.Kind == kind).Select(m => m.NodeEvent)];

    [RootFact]
    public async Task What_a_step_uses_is_read_from_its_groups_and_its_processes()
    {
        _world.Host.Launch(_world.Batch(80, "x=$(head -c 8M /dev/zero | tr '\\0' x); i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; touch ready; sleep 100"));
        World.Until(() => File.Exists(_world.Public + "/ready"), "ready");
        var used = Assert.Single((await _world.Watch().UseAsync(new UsageRequest { RequestId = 7, JobId = 80 })).Steps);
        Assert.Equal((80u, 1u, 64UL << 20), (used.Key.JobId, used.Tasks, used.MemoryLimitBytes));
        Assert.InRange(used.MaxRssBytes, 8UL << 20, 60UL << 20);
        Assert.InRange(used.PeakMemoryBytes, 8UL << 20, 64UL << 20);
        Assert.True(used.CpuUserUs + used.CpuSystemUs > 1000);
        Assert.InRange(used.Processes, 1u, 3u);
        Assert.True(used.HasEnergyUj == new EnergyMeter().IsAvailable);
        Assert.Empty((await _world.Watch().UseAsync(new UsageRequest { JobId = 81 })).Steps);
        _world.Host.EndJob(new EndJob { JobId = 80, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(80);
    }

    [RootFact]
    public async Task A_kill_of_the_kernels_is_told_while_the_job_goes_on_with_its_victim()
    {
        _world.Host.Launch(_world.Batch(82, "head -c 200M /dev/zero | tail -c 190M > /dev/null; touch hit; sleep 100", s => s.Limits.MemoryBytes = 32 << 20));
        World.Until(() => File.Exists(_world.Public + "/hit"), "the kill");
        var watch = _world.Watch();
        await watch.LookAsync();
        await watch.LookAsync();
        var told = Assert.Single(Events(NodeEventKind.EventOutOfMemory));
        Assert.StartsWith("step 82.batch ran out of memory: limit 32 MiB of the job, peak 3", told.Sentence, StringComparison.Ordinal);
        // The kernel names ten victims in five seconds at most; other tests have theirs.
        if (_world.CanSeeKills) Assert.Matches(@"the kernel killed 1 process( \(tail, pid \d+\))?$", told.Sentence);
        _world.Host.EndJob(new EndJob { JobId = 82, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(82);
    }

    [RootFact]
    public async Task Forks_that_the_limit_refused_are_told()
    {
        _world.Host.Launch(_world.Batch(83, "for i in $(seq 60); do sleep 100 & done 2>/dev/null; touch hit; wait", s => s.Limits.PidsMax = 20));
        World.Until(() => File.Exists(_world.Public + "/hit") || _world.Reports.All.Any(m => m.StepExited is not null), "the limit");
        await _world.Watch().LookAsync();
        if (_world.Reports.All.Any(m => m.StepExited is not null)) return;      // bash gives up after some refusals on its own
        Assert.Contains("hit its limit of 20 processes and threads", Assert.Single(Events(NodeEventKind.EventPidsLimit)).Sentence, StringComparison.Ordinal);
        _world.Host.EndJob(new EndJob { JobId = 83, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(83);
    }

    [RootFact]
    public void A_job_that_the_node_itself_ends_says_why()
    {
        _world.Host.Launch(_world.Batch(84, "sleep 100"));
        _world.Reports.Started(84);
        _world.Host.EndJob(new EndJob { JobId = 84, Attempt = 1, Reason = EndReason.EndAdmin, GraceMs = 2000, Message = "stall: for 60 s nothing of job 84 did anything but wait for memory (full pressure)" });
        var exit = _world.Reports.Exited(84);
        Assert.Equal(Outcome.Ended, exit.Outcome);
        Assert.StartsWith("stall: for 60 s", exit.Cause, StringComparison.Ordinal);
        Assert.StartsWith("stall: for 60 s", _world.Read("out-84.txt"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stall_is_full_pressure_at_every_look_for_the_whole_time()
    {
        var clock = new StallClock();
        Pressure[] At(ulong fullUs) => [new Pressure { Scope = "job", Resource = "memory", FullUs = fullUs }];
        var limit = TimeSpan.FromSeconds(30);
        Assert.Null(clock.Look(At(0), 0, limit));
        Assert.Null(clock.Look(At(9_900_000), 10_000, limit));
        Assert.Null(clock.Look(At(19_900_000), 20_000, limit));
        Assert.Null(clock.Look(At(20_000_000), 30_000, limit));      // it worked for ten seconds: the clock begins anew
        Assert.Null(clock.Look(At(30_000_000), 40_000, limit));
        Assert.Null(clock.Look(At(40_000_000), 50_000, limit));
        Assert.Equal(("memory", TimeSpan.FromSeconds(30)), clock.Look(At(50_000_000), 60_000, limit));
    }

    [Fact]
    public void Pressure_is_read_as_the_kernel_writes_it()
    {
        var p = PressureFiles.Parse("some avg10=1.53 avg60=0.20 avg300=0.00 total=848329\nfull avg10=12.00 avg60=0.07 avg300=0.00 total=190435\n")!;
        Assert.Equal((153u, 20u, 1200u, 7u, 848329ul, 190435ul), (p.Some10S, p.Some60S, p.Full10S, p.Full60S, p.SomeUs, p.FullUs));
        Assert.Null(PressureFiles.Parse(""));
        Assert.Null(PressureFiles.Parse("nonsense"));
    }

    [Theory]
    [InlineData("4,9500,12480,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=j5,mems_allowed=0,oom_memcg=/a/n1/u1/j5,task_memcg=/a/n1/u1/j5/s0,task=python3,pid=4711,uid=1000\n", "/a/n1/u1/j5/s0", "/a/n1/u1/j5", "python3", 4711)]
    [InlineData("4,1,2,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/a/s0,task=x,pid=7,uid=0,pid=12,uid=1000\n", "/a/s0", "", "x,pid=7,uid=0", 12)]
    public void A_line_of_the_OOM_killer_names_group_limit_command_and_pid(string line, string group, string limit, string command, int pid) =>
        Assert.Equal(new OomKill(group, limit, command, pid), OomLog.Parse(line));

    [Fact]
    public void Energy_counters_that_wrap_go_on_and_a_machine_without_them_has_none()
    {
        var root = Directory.CreateTempSubdirectory("stint-test-rapl").FullName;
        try
        {
            Assert.False(new EnergyMeter(root).IsAvailable);
            foreach (var (name, value) in new[] { ("intel-rapl:0", "900"), ("intel-rapl:0:0", "5"), ("intel-rapl", "1") })
            {
                Directory.CreateDirectory($"{root}/{name}");
                File.WriteAllText($"{root}/{name}/energy_uj", value);
                File.WriteAllText($"{root}/{name}/max_energy_range_uj", "1000");
            }
            var meter = new EnergyMeter(root);
            Assert.True(meter.IsAvailable);
            File.WriteAllText($"{root}/intel-rapl:0/energy_uj", "950");
            Assert.Equal(50ul, meter.Take());
            File.WriteAllText($"{root}/intel-rapl:0/energy_uj", "30");
            Assert.Equal(80ul, meter.Take());
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
