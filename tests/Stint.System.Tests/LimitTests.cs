namespace Stint.SystemTests;

/// <summary>Every limit exceeded on purpose, on the real kernel.</summary>
[Collection("cluster")]
public sealed class LimitTests(SharedCluster shared)
{
    private TestCluster Cluster => shared.Cluster;

    private const string Allocate200 = "python3 -c 'b = bytearray(200 * 1024 * 1024); print(\"survived\", len(b))'";

    [Fact]
    public async Task A_job_over_its_memory_limit_ends_OUT_OF_MEMORY_and_the_receipt_explains_it()
    {
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "hog-%j.out", "--wrap", Allocate200);
        var job = await Cluster.EndedAsync(id);
        Assert.Equal("OUT_OF_MEMORY", job.State);
        Assert.DoesNotContain("survived", Cluster.ReadWork($"hog-{id}.out"), StringComparison.Ordinal);

        var step = Assert.Single((await Cluster.ExplainAsync(id)).Steps);
        var memory = step.Rows.First(r => r.Resource == "memory");
        Assert.True(memory.Enforced, memory.WhyNot);
        Assert.Contains("64", memory.Requested, StringComparison.Ordinal);
        Assert.Equal("67108864", memory.Written);
        Assert.Equal("67108864", memory.ReadBack);
        Assert.StartsWith("/sys/fs/cgroup/", memory.File, StringComparison.Ordinal);
        Assert.InRange(step.PeakMemoryBytes, 50UL << 20, 64UL << 20);
        Assert.Equal("job", step.OomLevel);
        Assert.True(step.OomKills >= 1);

        var text = await Cluster.RunAsAsync(Users.Alice, "stint", ["explain", $"{id}"]);
        Assert.Equal(0, text.ExitCode);
        foreach (var word in (string[])["64", "memory", "67108864", "OUT_OF_MEMORY", "--mem"]) Assert.Contains(word, text.Output, StringComparison.Ordinal);
        var show = await Cluster.RunAsync("scontrol", "show", "job", $"{id}");
        Assert.Contains("JobState=OUT_OF_MEMORY Reason=OutOfMemory", show.Output, StringComparison.Ordinal);
        Assert.Contains("ExitCode=0:125", show.Output, StringComparison.Ordinal);
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("sacct", "-X", "-n", "-P", "-j", $"{id}", "-o", "State,ExitCode")).Output.Trim() == "OUT_OF_MEMORY|0:125",
            10, () => "sacct does not say OUT_OF_MEMORY|0:125");
    }

    [Fact]
    public async Task Pages_of_a_tmpfs_count_as_the_jobs_memory()
    {
        var file = $"/dev/shm/stint-test-{Guid.NewGuid():N}";
        try
        {
            var id = await Cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "/dev/null", "--wrap", $"head -c 200M /dev/zero > {file}; echo $?");
            Assert.Equal("OUT_OF_MEMORY", (await Cluster.EndedAsync(id)).State);
            Assert.InRange(new FileInfo(file).Length, 0, 64L << 20);
        }
        finally { File.Delete(file); }
    }

    [Fact]
    public async Task A_job_under_its_limit_is_untouched()
    {
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=400M", "-o", "fine-%j.out", "--wrap", Allocate200);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
        Assert.Contains("survived", Cluster.ReadWork($"fine-{id}.out"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_cpu_asked_is_one_cpu_for_all_threads()
    {
        const string threads = """
            import threading, os, time
            seen = set()
            def spin():
                end = time.monotonic() + 0.5
                while time.monotonic() < end:
                    seen.add(open(f'/proc/self/task/{threading.get_native_id()}/status').read().split('Cpus_allowed_list:')[1].split()[0])
            ts = [threading.Thread(target=spin) for _ in range(4)]
            [t.start() for t in ts]; [t.join() for t in ts]
            print('allowed', sorted(seen), 'affinity', len(os.sched_getaffinity(0)))
            """;
        await File.WriteAllTextAsync(Path.Combine(Cluster.Work, "threads.py"), threads);
        var id = await Cluster.SubmitAsync(Users.Alice, "-c", "1", "--mem=100M", "-o", "cpu-%j.out", "--wrap", "python3 threads.py");
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
        Assert.Matches(@"^allowed \['\d+'\] affinity 1", Cluster.ReadWork($"cpu-{id}.out"));
    }

    [Fact]
    public async Task A_fork_bomb_is_bounded_and_gone_at_the_end()
    {
        var id = await Cluster.SubmitAsync(Users.Bob, "-c", "1", "--mem=1G", "-t", "1", "-o", "/dev/null", "-J", "bomb", "--wrap", "b() { b | b & }; b; sleep 60");
        await Cluster.RunningAsync(id);
        await Task.Delay(500); // let it grow to its bound; there is no event to wait for
        var alive = await Cluster.RunAsync("squeue", "-h", "-j", $"{id}", "-o", "%T");
        Assert.Equal(0, alive.ExitCode);
        Assert.Equal(0, (await Cluster.RunAsAsync(Users.Bob, "scancel", [$"{id}"])).ExitCode);
        Assert.Equal("CANCELLED", (await Cluster.EndedAsync(id)).State);
        Assert.Empty(Cluster.JobGroups().Where(g => g.EndsWith($"/j{id}", StringComparison.Ordinal)));
        Assert.Equal("", (await Cluster.RunAsync("pgrep", "-u", Users.Bob)).Output);
        var step = (await Cluster.ExplainAsync(id)).Steps[0];
        var pids = step.Rows.First(r => r.Resource == "pids");
        Assert.True(pids.Enforced);
        Assert.True(step.PidsLimitHits > 0 || step.PidsPeak > 0, "the bound was not reached");
    }

    [Fact]
    public async Task A_daemon_that_hides_is_gone_when_its_job_ends()
    {
        const string daemon = """
            import os, signal, time
            for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(s, signal.SIG_IGN)
            if os.fork(): os._exit(0)
            os.setsid()
            if os.fork(): os._exit(0)
            open('daemon.pid', 'w').write(str(os.getpid()))
            time.sleep(600)
            """;
        await File.WriteAllTextAsync(Path.Combine(Cluster.Work, "daemon.py"), daemon);
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "/dev/null", "--wrap", "python3 daemon.py; while [ ! -s daemon.pid ]; do sleep 0.05; done");
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
        var pid = Cluster.ReadWork("daemon.pid");
        await TestCluster.UntilAsync(() => Task.FromResult(!Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal)), 5, () => $"the daemon {pid} lives on");
        Assert.Empty(Cluster.JobGroups().Where(g => g.EndsWith($"/j{id}", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_limit_that_the_kernel_refuses_stops_the_step_and_names_file_and_errno()
    {
        // The node's cpuset is narrowed behind the agent's back to a CPU that the job does not get: the kernel refuses the job's list.
        var cpuset = $"/sys/fs/cgroup/cpuset/{Cluster.CgroupRoot}/{Cluster.Node}/cpuset.cpus";
        if (!File.Exists(cpuset)) return; // cgroup v2: shown by the agent's own tests
        var before = (await File.ReadAllTextAsync(cpuset)).Trim();
        RemoveIdleUsers(cpuset);
        try
        {
            await File.WriteAllTextAsync(cpuset, "1");
            var id = await Cluster.SubmitAsync(Users.Alice, "-c", "1", "--mem=64M", "--no-requeue", "-o", "refused-%j.out", "--wrap", "touch it-ran");
            var job = await Cluster.EndedAsync(id);
            Assert.NotEqual("COMPLETED", job.State);
            Assert.Contains("cpuset.cpus", job.Cause, StringComparison.Ordinal);
            Assert.Matches("E[A-Z]+", job.Cause);
            Assert.False(File.Exists(Path.Combine(Cluster.Work, "it-ran")));
        }
        finally
        {
            await File.WriteAllTextAsync(cpuset, before);
            RemoveIdleUsers(cpuset);
        }
    }

    /// <summary>The agent keeps a user's level for some seconds; the kernel narrows a level only while nothing below it asks for more.</summary>
    private static void RemoveIdleUsers(string cpuset)
    {
        foreach (var user in Directory.EnumerateDirectories(Path.GetDirectoryName(cpuset)!, "u*"))
            if (!Directory.EnumerateDirectories(user).Any()) Directory.Delete(user);
    }

    [Fact]
    public async Task The_time_limit_sends_TERM_and_then_KILL_within_a_second()
    {
        // Slurm rounds --time up to whole minutes, and so does sbatch here; the API is exact to the millisecond.
        const string stubborn = "trap 'date +%s.%N > term-$SLURM_JOB_ID' TERM; date +%s.%N > start-$SLURM_JOB_ID; while :; do sleep 0.1; done";
        using var submission = new Submission(Cluster);
        var id = (await submission.TryAsync(stubborn, limitMs: 3_000))!.Value;
        var job = await Cluster.EndedAsync(id);
        Assert.Equal("TIMEOUT", job.State);
        var started = double.Parse(Cluster.ReadWork($"start-{id}"), global::System.Globalization.CultureInfo.InvariantCulture);
        var term = double.Parse(Cluster.ReadWork($"term-{id}"), global::System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(term - started, 2.0, 4.0);                        // 3 s, ± 1 s
        Assert.InRange(job.EndMs / 1000.0 - term, 1.0, 3.5);             // grace 2 s, ± 1 s, and the report
    }
}
