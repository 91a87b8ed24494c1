using System.Diagnostics;
using Stint.Protocol.Api;

namespace Stint.SystemTests;

/// <summary>
/// Four GPUs of a test kind on a node: real device nodes without a driver (opening one that is allowed is ENXIO, one that is not is EPERM), named to
/// the agent by a gres.conf, and real jobs of a real user that try to get at each other's.
/// </summary>
[Collection("cluster")]
public sealed class DeviceTests(SharedCluster shared)
{
    private const int Major = 195, FirstMinor = 210;
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
        print(*[attempt(f'{work}/gpu{i}', 0) for i in range(4)], *[attempt('', 210 + i) for i in range(4)], attempt('/dev/null', 0), attempt('/dev/urandom', 0), attempt(f'{work}/gpuctl', 0), attempt(f'{work}/copy', 0))
        """;

    private static Task<TestCluster> StartAsync() => TestCluster.StartAsync("n1", "cpus=8,memory=8000M", prepare: cluster =>
    {
        for (var unit = 0; unit < 4; unit++)
        {
            using var mknod = Process.Start("mknod", ["-m", "666", $"{cluster.Work}/gpu{unit}", "c", $"{Major}", $"{FirstMinor + unit}"]);
            mknod.WaitForExit();
        }
        // A control node that no unit was given, and the number of unit 0 under another name.
        foreach (var (name, minor) in new[] { ("gpuctl", FirstMinor + 8), ("copy", FirstMinor) })
        {
            using var mknod = Process.Start("mknod", ["-m", "666", $"{cluster.Work}/{name}", "c", $"{Major}", $"{minor}"]);
            mknod.WaitForExit();
        }
        File.WriteAllText($"{cluster.Home}/gres.conf", $"NodeName=n1 Name=gpu Type=test File={cluster.Work}/gpu[0-3]\n");
        File.WriteAllText($"{cluster.Work}/probe.py", Probe);
    });

    private static string Attempts(TestCluster cluster) => $"P='/usr/bin/python3 {cluster.Work}/probe.py {cluster.Work}'; $P; (exec $P); env -i $P; env CUDA_VISIBLE_DEVICES=0,1,2,3 $P; unshare -U -r -m $P";

    [Fact]
    public async Task A_job_that_asked_for_no_gpu_opens_none_of_four_and_its_receipt_says_so()
    {
        await using var cluster = await StartAsync();
        var id = await cluster.SubmitAsync(Users.Alice, "--mem=100M", "-o", "none-%j.out", "--wrap", Attempts(cluster));
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
        Assert.Equal(string.Concat(Enumerable.Repeat("EPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM ok ok EPERM EPERM\n", 5)), cluster.ReadWork($"none-{id}.out"));
        var devices = Assert.Single((await cluster.ExplainAsync(id)).Steps).Rows.Single(r => r.Resource == "devices");
        Assert.True(devices.Enforced, devices.WhyNot);
        // v1 reads the list back; v2 which program the kernel has there, and its tag.
        Assert.True(devices.ReadBack == devices.Written || devices.ReadBack.StartsWith("program id ", StringComparison.Ordinal), devices.ReadBack);
    }

    [Fact]
    public async Task A_job_that_asked_for_one_gpu_of_four_opens_exactly_its_own()
    {
        await using var cluster = await StartAsync();
        var first = await cluster.SubmitAsync(Users.Alice, "--gres=gpu:1", "--mem=100M", "-o", "first-%j.out", "--wrap", $"echo $SLURM_JOB_GPUS; {Attempts(cluster)}; while [ ! -e go ]; do sleep 0.05; done");
        await cluster.RunningAsync(first);
        var second = await cluster.SubmitAsync(Users.Bob, "--gres=gpu:test:1", "--mem=100M", "-o", "second-%j.out", "--wrap", $"echo $SLURM_JOB_GPUS; {Attempts(cluster)}");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(second)).State);
        await File.WriteAllTextAsync($"{cluster.Work}/go", "");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(first)).State);
        var (one, two) = (Check(cluster.ReadWork($"first-{first}.out")), Check(cluster.ReadWork($"second-{second}.out")));
        Assert.NotEqual(one, two);
        var row = Assert.Single((await cluster.ExplainAsync(first)).Steps).Rows.Single(r => r.Resource == "gpu");
        Assert.True(row.Enforced, row.WhyNot);
        Assert.Equal(row.Written, row.ReadBack);
        Assert.Contains($"{Major}:{FirstMinor + one}", row.ReadBack, StringComparison.Ordinal);

        // The same through srun.
        var step = await cluster.RunAsAsync(Users.Alice, "srun", ["--gres=gpu:1", "--mem=100M", "bash", "-c", $"echo $SLURM_STEP_GPUS; {Attempts(cluster)}"]);
        Assert.True(step.ExitCode == 0, step.ToString());
        Check(step.Output);
    }

    /// <summary>The granted index, when each of the attempts opened that one and nothing else.</summary>
    private static int Check(string output)
    {
        var lines = output.Trim().Split('\n');
        var granted = int.Parse(lines[0], global::System.Globalization.CultureInfo.InvariantCulture);
        var expected = string.Join(' ', Enumerable.Range(0, 4).Select(i => i == granted ? "ENXIO" : "EPERM")) + $" EPERM EPERM EPERM EPERM ok ok EPERM {(granted == 0 ? "ENXIO" : "EPERM")}";
        Assert.Equal(Enumerable.Repeat(expected, 5), lines[1..]);
        return granted;
    }
}
