using System.Diagnostics;
using Stint.Protocol.Api;

namespace Stint.SystemTests;

/// <summary>Runs where systemd runs the host and the controllers are on cgroup v2: in the guest of the vm tier.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SystemdFactAttribute : FactAttribute
{
    public SystemdFactAttribute() => Skip = !Directory.Exists("/run/systemd/system") ? "not run: systemd does not run this host; see ./test --tier vm"
        : !File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "not run: this host has its controllers on cgroup v1" : null;
}

/// <summary>
/// A node whose agent is a unit of systemd's, with real device nodes, and what an administrator does to a host while jobs run. The units are those that
/// <c>stint systemd install</c> writes.
/// </summary>
[Collection("cluster")]
public sealed class SystemdTests(SharedCluster shared)
{
    private const int Major = 195, FirstMinor = 220;
    private readonly SharedCluster _usersExist = shared;

    private const string Probe = """
        import errno, os, stat, sys
        def attempt(path, minor):
            try:
                if path: os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))
                else: os.mknod(f'/tmp/stint-test-{os.getpid()}', 0o600 | stat.S_IFCHR, os.makedev(195, minor))
                return 'ok'
            except OSError as e: return errno.errorcode[e.errno]
        work = sys.argv[1]
        print(*[attempt(f'{work}/gpu{i}', 0) for i in range(4)], *[attempt('', 220 + i) for i in range(4)], attempt(f'{work}/gpuctl', 0), attempt('/dev/null', 0))
        """;

    /// <summary>From a child, without an environment, with other variables, and from inside namespaces of its own.</summary>
    private const string Attempts = "$P; (exec $P); env -i $P; env CUDA_VISIBLE_DEVICES=0,1,2,3 $P; unshare -U -r -m $P";
    private const int Ways = 5;

    [SystemdFact]
    public async Task Limits_and_device_filter_survive_daemon_reload_set_property_and_a_restart_of_the_agents_unit()
    {
        await using var node = await SystemdNode.StartAsync(Prepare);
        var cluster = node.Cluster;
        var id = await cluster.SubmitAsync(Users.Alice, "--gres=gpu:1", "--mem=64M", "-c", "1", "-o", "job-%j.out", "--wrap",
            $"P='/usr/bin/python3 {cluster.Work}/probe.py {cluster.Work}'; echo $SLURM_JOB_GPUS > granted; n=0; while [ ! -e hog ]; do if [ -e go-$n ]; then ({Attempts}) > now-$n; mv now-$n out-$n; n=$((n+1)); fi; sleep 0.05; done; "
            + "python3 -c 'b = bytearray(200 * 1024 * 1024)'");
        await cluster.RunningAsync(id);
        var unit = node.JobsGroup();
        Assert.Equal("/stint.slice/stint-jobs.service", unit);
        var group = Directory.EnumerateDirectories($"/sys/fs/cgroup{unit}", $"j{id}", SearchOption.AllDirectories).Single();
        await TestCluster.UntilAsync(() => Task.FromResult(File.Exists($"{cluster.Work}/granted")), 20, () => "the job does not run");
        var granted = int.Parse(cluster.ReadWork("granted"), global::System.Globalization.CultureInfo.InvariantCulture);
        var expected = string.Join(' ', Enumerable.Range(0, 4).Select(i => i == granted ? "ENXIO" : "EPERM")) + " EPERM EPERM EPERM EPERM EPERM ok";
        var limits = Limits(group);
        Assert.Equal("67108864", limits["memory.max"]);
        var processes = File.ReadAllText(Directory.EnumerateDirectories(group).Single() + "/cgroup.procs").Split('\n')[0];

        var at = 0;
        async Task StillHolds(string after)
        {
            Assert.Equal(limits, Limits(group));
            File.WriteAllText($"{cluster.Work}/go-{at}", "");
            await TestCluster.UntilAsync(() => Task.FromResult(File.Exists($"{cluster.Work}/out-{at}")), 30, () => $"no answer after {after}");
            Assert.True(string.Concat(Enumerable.Repeat(expected + "\n", Ways)) == cluster.ReadWork($"out-{at}"), $"after {after}: {cluster.ReadWork($"out-{at}")}");
            Assert.Equal(processes, File.ReadAllText(Directory.EnumerateDirectories(group).Single() + "/cgroup.procs").Split('\n')[0]);
            at++;
        }

        await StillHolds("the start");
        foreach (var command in (string[])
        [
            "daemon-reload", "set-property stint-jobs.service CPUWeight=50", "set-property stint-agent.service MemoryMax=1500M TasksMax=4000", "set-property --runtime stint.slice MemoryHigh=1500M DeviceAllow=",
            "set-property --runtime stint-jobs.service DevicePolicy=auto", "restart stint-agent.service", "daemon-reexec", "daemon-reload",
        ])
        {
            SystemdNode.Systemctl(command.Split(' '));
            if (command.StartsWith("restart", StringComparison.Ordinal)) await node.AgentIsUpAsync();
            await StillHolds(command);
        }
        File.WriteAllText($"{cluster.Work}/hog", "");
        var job = await cluster.EndedAsync(id, 60);
        Assert.Equal("OUT_OF_MEMORY", job.State);
        var step = (await cluster.ExplainAsync(id)).Steps[0];
        Assert.Equal(("job", true), (step.OomLevel, step.Rows.Single(r => r.Resource == "gpu").Enforced));
        Assert.False(Directory.Exists(group));
    }

    [SystemdFact]
    public async Task Stopping_the_jobs_unit_ends_all_jobs_and_starting_the_agent_brings_it_back()
    {
        await using var node = await SystemdNode.StartAsync(Prepare);
        var cluster = node.Cluster;
        var id = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "--no-requeue", "-o", "/dev/null", "--wrap", "sleep 1000");
        await cluster.RunningAsync(id);
        SystemdNode.Systemctl("stop", "stint-jobs.service");
        Assert.Equal("inactive", SystemdNode.Ask("show", "-p", "ActiveState", "--value", "stint-agent.service").Trim());
        Assert.False(Directory.Exists($"/sys/fs/cgroup/stint.slice/stint-jobs.service/{cluster.CgroupRoot}/n1"));
        SystemdNode.Systemctl("start", "stint-agent.service");
        await node.AgentIsUpAsync();
        Assert.NotEqual("COMPLETED", (await cluster.EndedAsync(id, 60)).State);
        var next = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "next.out", "--wrap", "cat /proc/self/cgroup");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(next)).State);
        Assert.Contains($"/stint.slice/stint-jobs.service/{cluster.CgroupRoot}/n1/u", cluster.ReadWork("next.out"), StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Limits(string group) =>
        ((string[])["memory.max", "memory.swap.max", "cpuset.cpus", "cpuset.cpus.effective", "pids.max", "cgroup.subtree_control"]).ToDictionary(f => f, f => File.ReadAllText($"{group}/{f}").Trim());

    private static void Prepare(TestCluster cluster)
    {
        // Four units, and a control node that none of them has.
        foreach (var (name, minor) in new[] { ("gpu0", FirstMinor), ("gpu1", FirstMinor + 1), ("gpu2", FirstMinor + 2), ("gpu3", FirstMinor + 3), ("gpuctl", FirstMinor + 8) })
        {
            using var mknod = Process.Start("mknod", ["-m", "666", $"{cluster.Work}/{name}", "c", $"{Major}", $"{minor}"]);
            mknod.WaitForExit();
        }
        File.WriteAllText($"{cluster.Home}/gres.conf", $"NodeName=n1 Name=gpu Type=test File={cluster.Work}/gpu[0-3]\n");
        File.WriteAllText($"{cluster.Work}/probe.py", Probe);
    }
}

/// <summary>A cluster whose node n1 has its agent as a unit: joined by <c>stint up</c>, then handed over to systemd.</summary>
internal sealed class SystemdNode : IAsyncDisposable
{
    public required TestCluster Cluster { get; init; }

    public static async Task<SystemdNode> StartAsync(Action<TestCluster> prepare)
    {
        var cluster = await TestCluster.StartAsync("n1", "cpus=2,memory=1500M", prepare: prepare);
        var node = new SystemdNode { Cluster = cluster };
        // As an administrator would, so that it takes its groups away.
        await cluster.RunAsync("kill", $"{cluster.Pid("agent-n1")}");
        await TestCluster.UntilAsync(() => Task.FromResult(!File.Exists($"/proc/{cluster.Pid("agent-n1")}/exe")), 10, () => "the first agent does not go");
        await File.WriteAllTextAsync($"{cluster.Home}/agent.env", $"STINT_AGENT_OPTIONS=--cgroup-root {cluster.CgroupRoot} --declare cpus=2,memory=1500M\nDOTNET_ROOT={Environment.GetEnvironmentVariable("DOTNET_ROOT")}\nDOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1\n");
        var installed = await cluster.RunAsync("stint", "systemd", "install", "--node", "n1", "--home", cluster.Home);
        Assert.True(installed.ExitCode == 0, installed.ToString());
        Assert.Contains("nothing to change", (await cluster.RunAsync("stint", "systemd", "install", "--node", "n1", "--home", cluster.Home)).Output, StringComparison.Ordinal);
        Systemctl("start", "stint-agent.service");
        await node.AgentIsUpAsync();
        return node;
    }

    /// <summary>Its group, in systemd's own words.</summary>
    public string JobsGroup() => Ask("show", "-p", "ControlGroup", "--value", "stint-jobs.service").Trim();

    public async Task AgentIsUpAsync()
    {
        var pid = Ask("show", "-p", "MainPID", "--value", "stint-agent.service").Trim();
        Assert.NotEqual("0", pid);
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("sinfo", "-h", "-N", "-o", "%T")).Output.Trim() is "idle" or "mixed" or "allocated", 60,
            () => $"the node is not up: {Ask("status", "--no-pager", "-l", "stint-agent.service")}");
    }

    public static void Systemctl(params string[] arguments) => Ask(arguments);

    public static string Ask(params string[] arguments) => Run("systemctl", arguments);

    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 || arguments[0] == "status", $"{program} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        var removed = await Cluster.RunAsync("stint", "systemd", "remove");
        await Cluster.DisposeAsync();
        Assert.True(removed.ExitCode == 0, removed.ToString());
        Assert.False(File.Exists("/etc/systemd/system/stint-agent.service"));
        Assert.False(Directory.Exists("/sys/fs/cgroup/stint.slice/stint-jobs.service"), "the jobs' unit has a group although it is removed");
    }
}
