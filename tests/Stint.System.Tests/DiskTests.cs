using System.Diagnostics;
using System.Globalization;

namespace Stint.SystemTests;

/// <summary>Disks that are full or broken: real file systems of some megabytes in a namespace of the daemons alone. What becomes of a job is defined, and every daemon lives.</summary>
[Collection("cluster")]
public sealed class DiskTests(SharedCluster shared)
{
    private readonly SharedCluster _usersExist = shared;

    private static void Fill(string file)
    {
        using var dd = Process.Start(new ProcessStartInfo("dd", ["if=/dev/zero", $"of={file}", "bs=64k"]) { RedirectStandardError = true })!;
        dd.WaitForExit();
        Assert.Equal(1, dd.ExitCode);      // ENOSPC
    }

    private static string WaitsFor(string file) => $"while [ ! -e {file} ]; do sleep 0.05; done";

    [Fact]
    public async Task A_full_state_folder_takes_nothing_new_records_every_end_and_goes_on_when_there_is_space()
    {
        await using var cluster = await TestCluster.StartAsync(mounts: "mkdir -p $1/server; mount -t tmpfs -o size=48M,mode=700 none $1/server");
        var (server, agent) = (cluster.Pid("server"), cluster.Pid("agent-n1"));
        var running = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "/dev/null", "--wrap", WaitsFor(cluster.Work + "/go") + "; exit 3");
        await cluster.RunningAsync(running);
        Fill(cluster.Inside(cluster.Home + "/server/fill"));
        TestCluster.Result refused = null!;
        await TestCluster.UntilAsync(async () => (refused = await cluster.RunAsAsync(Users.Alice, "sbatch", ["--mem=64M", "-o", "/dev/null", "--wrap", "true"])).ExitCode != 0, 20, () => $"submissions are still taken: {refused}");
        Assert.Contains($"the file system of {cluster.Home}/server is full", refused.Error, StringComparison.Ordinal);
        using (var http = cluster.Http()) Assert.Contains("STATE_FULL", await http.GetStringAsync("http://stint/api/v1/ping"), StringComparison.Ordinal);
        await File.WriteAllTextAsync(cluster.Work + "/go", "");
        var job = await cluster.EndedAsync(running);
        Assert.Equal(("FAILED", 3), (job.State, job.ExitCode));
        Assert.Equal(0, (await cluster.RunAsync("squeue")).ExitCode);
        Assert.Equal((server, agent), (cluster.Pid("server"), cluster.Pid("agent-n1")));

        File.Delete(cluster.Inside(cluster.Home + "/server/fill"));
        uint after = 0;
        await TestCluster.UntilAsync(async () => (await cluster.RunAsAsync(Users.Alice, "sbatch", ["--parsable", "--mem=64M", "-o", "/dev/null", "--wrap", "true"])) is { ExitCode: 0 } taken && uint.TryParse(taken.Output.Trim(), out after), 20, () => "nothing is taken although there is space");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(after)).State);
        Assert.Equal((server, agent), (cluster.Pid("server"), cluster.Pid("agent-n1")));
        // And what was told during that time is true after a restart.
        TestCluster.KillNow(server);
        await cluster.UpAsync();
        Assert.Equal(("FAILED", 3), ((await cluster.JobAsync(running)).State, (await cluster.JobAsync(running)).ExitCode));
    }

    [Fact]
    public async Task A_full_spool_and_log_send_jobs_back_drain_the_node_with_the_reason_and_lose_no_end()
    {
        await using var cluster = await TestCluster.StartAsync(mounts: "mkdir -p $1/agent-n1; mount -t tmpfs -o size=12M,mode=711 none $1/agent-n1");
        var agent = cluster.Pid("agent-n1");
        var running = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "/dev/null", "--wrap", WaitsFor(cluster.Work + "/go") + "; exit 3");
        await cluster.RunningAsync(running);
        Fill(cluster.Inside(cluster.Home + "/agent-n1/fill"));
        await File.WriteAllTextAsync(cluster.Work + "/go", "");
        var job = await cluster.EndedAsync(running, 60);
        Assert.Equal(("FAILED", 3), (job.State, job.ExitCode));

        var refused = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "/dev/null", "--wrap", "touch " + cluster.Work + "/it-ran", "-J", new string('n', 1000));
        // A directory that was used before may have room for a small order; a script of some size has none.
        var large = await cluster.RunAsAsync(Users.Alice, "sbatch", ["--parsable", "--mem=64M", "-o", "/dev/null"], input: "#!/bin/sh\n" + string.Concat(Enumerable.Repeat("# a line that takes some space\n", 30_000)) + "exit 0\n");
        Assert.True(large.ExitCode == 0, large.ToString());
        var id = uint.Parse(large.Output.Trim(), CultureInfo.InvariantCulture);
        var reason = "";
        await TestCluster.UntilAsync(async () => (reason = (await cluster.RunAsync("sinfo", "-h", "-R", "-o", "%E")).Output).Contains("No space left on device", StringComparison.Ordinal), 30, () => $"the node is not drained: {reason}");
        Assert.Equal("PENDING", (await cluster.JobAsync(id)).State);
        Assert.Equal(agent, cluster.Pid("agent-n1"));

        File.Delete(cluster.Inside(cluster.Home + "/agent-n1/fill"));
        Assert.Equal(0, (await cluster.RunAsync("scontrol", "update", "NodeName=n1", "State=RESUME")).ExitCode);
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(id, 90)).State);
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(refused, 90)).State);
        Assert.Equal(agent, cluster.Pid("agent-n1"));
    }

    /// <summary>A file system whose writes fail with EDQUOT or EIO, by the name of the file.</summary>
    private const string BrokenDisk = """
        import ctypes, errno, os, stat, struct, sys
        libc = ctypes.CDLL(None, use_errno=True)
        where = sys.argv[1]; os.makedirs(where, exist_ok=True)
        fd = os.open('/dev/fuse', os.O_RDWR)
        if libc.mount(b'broken', where.encode(), b'fuse.broken', 0, f'fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other'.encode()): sys.exit(os.strerror(ctypes.get_errno()))
        names = {b'edquot': (2, errno.EDQUOT), b'eio': (3, errno.EIO)}
        attr = lambda ino: struct.pack('<QQQQQQIIIIIIIIII', ino, 0, 0, 0, 0, 0, 0, 0, 0, (stat.S_IFDIR | 0o755) if ino == 1 else (stat.S_IFREG | 0o666), 1, 0, 0, 0, 4096, 0)
        if os.fork(): os._exit(0)
        while True:
            try: request = os.read(fd, 1 << 20)
            except OSError as e:
                if e.errno == errno.ENOENT: continue
                break
            size, op, unique, ino = struct.unpack_from('<IIQQ', request)
            body = request[40:]; error, out = 0, b''
            if op == 26: out = struct.pack('<IIIIHHI', 7, 31, 65536, 0, 12, 10, 65536) + bytes(40)          # INIT
            elif op == 1:                                                                                  # LOOKUP
                name = body.rstrip(b'\0')
                if name in names: out = struct.pack('<QQQQII', names[name][0], 0, 0, 0, 0, 0) + attr(names[name][0])
                else: error = errno.ENOENT
            elif op in (3, 4): out = struct.pack('<QII', 0, 0, 0) + attr(ino)                               # GETATTR, SETATTR
            elif op in (14, 27): out = struct.pack('<QII', 0, 1, 0)                                        # OPEN (direct), OPENDIR
            elif op == 16: error = next(e for i, e in names.values() if i == ino)                           # WRITE
            elif op in (2, 36, 42): continue                                                               # FORGET, INTERRUPT, BATCH_FORGET
            elif op in (18, 25, 29, 30): pass                                                              # FLUSH, RELEASE...
            else: error = errno.ENOSYS
            try: os.write(fd, struct.pack('<IiQ', 16 + (0 if error else len(out)), -error, unique) + (b'' if error else out))
            except OSError: pass
        """;

    [NeedsFact("/dev/fuse")]
    public async Task Output_that_a_disk_refuses_with_EDQUOT_or_EIO_is_the_jobs_own_error()
    {
        await using var cluster = await TestCluster.StartAsync(prepare: c => File.WriteAllText(c.Home + "/broken.py", BrokenDisk), mounts: "python3 $1/broken.py $1/work/broken </dev/null >/dev/null");
        foreach (var (file, says) in new[] { ("edquot", "Disk quota exceeded"), ("eio", "Input/output error") })
        {
            var id = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "--no-requeue", "-o", $"{cluster.Work}/broken/{file}", "-e", $"{file}-%j.err", "--wrap", "LC_ALL=C /bin/echo output");
            var job = await cluster.EndedAsync(id);
            Assert.Equal(("FAILED", 1), (job.State, job.ExitCode));
            Assert.Contains(says, cluster.ReadWork($"{file}-{id}.err"), StringComparison.Ordinal);
        }
        var fine = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "/dev/null", "--wrap", "true");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(fine)).State);
    }

    [Fact]
    public async Task Output_without_end_to_a_client_that_reads_nothing_fills_no_daemon_and_no_log()
    {
        await using var cluster = await TestCluster.StartAsync();
        long Kilobytes(string daemon) => long.Parse(File.ReadLines($"/proc/{cluster.Pid(daemon)}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        long Logs() => Directory.EnumerateFiles(cluster.Home, "*", SearchOption.AllDirectories).Where(f => f.Contains(".log", StringComparison.Ordinal)).Sum(f => new FileInfo(f).Length);
        var warm = await cluster.RunAsAsync(Users.Alice, "srun", ["--mem=64M", "head", "-c", "20M", "/dev/zero"]);
        Assert.Equal(0, warm.ExitCode);
        var (server, agent, logs) = (Kilobytes("server"), Kilobytes("agent-n1"), Logs());
        using var flood = cluster.Start(Users.Alice, "srun", ["--mem=64M", "yes", new string('y', 4000)]);
        try
        {
            await TestCluster.UntilAsync(async () => (await cluster.RunAsync("squeue", "-h", "-t", "R", "-o", "%i")).Output.Trim().Length > 0, 20, () => "the flood does not run");
            await Task.Delay(TimeSpan.FromSeconds(4));       // as much as it can put through meanwhile: gigabytes, if anybody took them
            var id = await cluster.SubmitAsync(Users.Bob, "--mem=64M", "-o", "/dev/null", "--wrap", "true");
            Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
            Assert.InRange(Kilobytes("server") - server, -1_000_000, 150_000);
            Assert.InRange(Kilobytes("agent-n1") - agent, -1_000_000, 150_000);
            Assert.InRange(Logs() - logs, 0, 1 << 20);
        }
        finally
        {
            flood.Kill(entireProcessTree: true);
        }
        await TestCluster.UntilAsync(async () => (await cluster.RunAsync("squeue", "-h")).Output.Trim().Length == 0, 60, () => "the flood's job goes on");
    }

    [Fact]
    public async Task A_gigabyte_of_output_reaches_a_client_that_reads_in_bounded_memory()
    {
        await using var cluster = await TestCluster.StartAsync();
        var began = Stopwatch.GetTimestamp();
        var result = await cluster.RunAsAsync(Users.Alice, "bash", ["-c", "srun --mem=64M head -c 1G /dev/zero | wc -c"], patience: TimeSpan.FromSeconds(180));
        Assert.Equal($"{1L << 30}", result.Output.Trim());
        var peak = long.Parse(File.ReadLines($"/proc/{cluster.Pid("agent-n1")}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        Assert.InRange(peak, 0, 400_000);
        Measured.Say($"1 GiB through srun in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, agent's peak {peak / 1024} MiB");
    }
}
