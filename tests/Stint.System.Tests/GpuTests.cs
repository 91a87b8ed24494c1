using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Stint.SystemTests;

/// <summary>Runs where the NVIDIA driver and a device node of one of its GPUs are; elsewhere it is "not run", never passed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GpuFactAttribute : FactAttribute
{
    public GpuFactAttribute()
    {
        if (!File.Exists("/proc/driver/nvidia/version")) Skip = "not run: no NVIDIA driver here (/proc/driver/nvidia/version)";
        else if (!GpuTests.Nodes().Any()) Skip = "not run: no device node of an NVIDIA GPU here (/dev/nvidia0 …)";
        else if (!File.Exists("/usr/bin/nvidia-smi")) Skip = "not run: /usr/bin/nvidia-smi is not there to compare with";
    }
}

/// <summary>Real GPUs, nothing declared: what the agent finds is what the driver's own tool lists, and a job opens what it was granted and nothing else.</summary>
[Collection("cluster")]
public sealed partial class GpuTests(SharedCluster shared)
{
    private readonly SharedCluster _usersExist = shared;

    private const string Probe = """
        import errno, glob, os, re
        def attempt(path):
            try:
                os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK)); return 'ok'
            except OSError as e: return errno.errorcode[e.errno]
        print(*[f'{path}={attempt(path)}' for path in sorted(glob.glob('/dev/nvidia*')) if re.fullmatch(r'/dev/nvidia(\d+|ctl)', path)])
        """;

    internal static IEnumerable<string> Nodes() => Directory.EnumerateFiles("/dev", "nvidia*").Where(f => Node().IsMatch(f));

    [GpuFact]
    public async Task All_that_the_driver_lists_can_be_asked_for_and_come_by_their_uuids()
    {
        var listed = Uuids(await SayAsync("nvidia-smi", "-L"));
        await using var cluster = await TestCluster.StartAsync();
        var id = await cluster.SubmitAsync(Users.Alice, $"--gres=gpu:{listed.Count}", "--mem=100M", "-o", "all-%j.out", "--wrap", "echo $CUDA_VISIBLE_DEVICES; echo $SLURM_GPUS_ON_NODE; nvidia-smi -L");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
        var lines = cluster.ReadWork($"all-{id}.out").Split('\n', 3);
        Assert.Equal(listed, lines[0].Split(',').ToHashSet(StringComparer.Ordinal));
        Assert.Equal($"{listed.Count}", lines[1]);
        Assert.Equal(listed, Uuids(lines[2]));
        var tooMany = await cluster.RunAsAsync(Users.Alice, "sbatch", [$"--gres=gpu:{listed.Count + 1}", "--wrap", "true"]);
        Assert.Contains("Requested node configuration is not available", tooMany.Error, StringComparison.Ordinal);
    }

    [GpuFact]
    public async Task A_job_without_a_gpu_opens_none_and_one_with_a_gpu_opens_its_own_in_every_way_it_may_try()
    {
        await using var cluster = await TestCluster.StartAsync(prepare: c => File.WriteAllText($"{c.Work}/probe.py", Probe));
        var attempts = $"P='/usr/bin/python3 {cluster.Work}/probe.py'; $P; (exec $P); env -i $P; env CUDA_VISIBLE_DEVICES=0,1,2,3 $P; unshare -U -r -m $P";
        var none = await cluster.SubmitAsync(Users.Alice, "--mem=100M", "-o", "none.out", "--wrap", $"echo ${{CUDA_VISIBLE_DEVICES-unset}}; {attempts}");
        var one = await cluster.SubmitAsync(Users.Alice, "--gres=gpu:1", "--mem=100M", "-o", "one.out", "--wrap", attempts);
        foreach (var id in (uint[])[none, one]) Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
        var denied = cluster.ReadWork("none.out").Trim().Split('\n');
        Assert.Equal("unset", denied[0]);
        Assert.Equal(6, denied.Length);
        Assert.All(denied.Skip(1).SelectMany(static l => l.Split(' ')), static attempt => Assert.EndsWith("=EPERM", attempt, StringComparison.Ordinal));
        var allowed = cluster.ReadWork("one.out").Trim().Split('\n');
        Assert.Equal(5, allowed.Length);
        Assert.Single(allowed.Distinct(StringComparer.Ordinal));
        Assert.Single(allowed[0].Split(' '), static attempt => attempt.EndsWith("=ok", StringComparison.Ordinal) && Node().IsMatch(attempt[..attempt.IndexOf('=', StringComparison.Ordinal)]));
        Assert.Contains("/dev/nvidiactl=ok", allowed[0], StringComparison.Ordinal);
        var row = Assert.Single((await cluster.ExplainAsync(one)).Steps).Rows.Single(r => r.Resource == "gpu");
        Assert.True(row.Enforced, row.WhyNot);
        Assert.Equal(row.Written, row.ReadBack);
    }

    [GpuFact]
    public async Task A_process_outside_that_still_holds_a_gpu_when_its_job_ends_drains_the_node()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var holder = cluster.Start(Users.Alice, "python3", ["-c", $"import os,sys\nheld = [os.open(p, os.O_RDWR) for p in {List(Nodes())}]\nprint('held', flush=True)\nsys.stdin.read()"], withInput: true);
        try
        {
            Assert.Equal("held", await holder.StandardOutput.ReadLineAsync());
            var id = await cluster.SubmitAsync(Users.Alice, "--gres=gpu:1", "--mem=100M", "-o", "/dev/null", "--wrap", "true");
            Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
            var node = "";
            await TestCluster.UntilAsync(async () => (node = (await cluster.RunAsync("scontrol", "show", "node", "n1")).Output).Contains("is still open in process", StringComparison.Ordinal), 20, () => node);
            Assert.Contains($"process {holder.Id.ToString(CultureInfo.InvariantCulture)} ", node, StringComparison.Ordinal);
            Assert.Contains("DRAIN", node, StringComparison.Ordinal);
        }
        finally
        {
            holder.StandardInput.Close();
            await holder.WaitForExitAsync();
        }
    }

    private static string List(IEnumerable<string> paths) => $"[{string.Join(", ", paths.Select(static p => $"'{p}'"))}]";

    /// <summary>Whole GPUs, and slices in place of a GPU that is cut into them.</summary>
    private static HashSet<string> Uuids(string list)
    {
        var uuids = new HashSet<string>(StringComparer.Ordinal);
        var gpu = "";
        foreach (Match match in Uuid().Matches(list))
        {
            var uuid = match.Groups[1].Value;
            if (uuid.StartsWith("MIG-", StringComparison.Ordinal)) uuids.Remove(gpu);
            else gpu = uuid;
            uuids.Add(uuid);
        }
        return uuids;
    }

    private static async Task<string> SayAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said;
    }

    [GeneratedRegex(@"^/dev/nvidia\d+$")]
    private static partial Regex Node();

    [GeneratedRegex(@"\(UUID: ([^)]+)\)")]
    private static partial Regex Uuid();
}
