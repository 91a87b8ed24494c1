using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Stint.Protocol.Api;

namespace Stint.SystemTests;

/// <summary>Nodes that are not fit for jobs: nothing is placed there, and everybody reads why.</summary>
[Collection("cluster")]
public sealed class NodeReasonTests(SharedCluster shared)
{
    private readonly SharedCluster _usersExist = shared;

    private static async Task<string> ReasonAsync(TestCluster cluster) => (await cluster.RunAsync("sinfo", "-h", "-R", "-o", "%E")).Output;

    /// <summary>The daemons live in a namespace without the pids hierarchy and without PSI: a real kernel, as it is started with cgroup_disable=pids psi=0. Needs cgroup v1, where a controller can be taken away.</summary>
    [NeedsFact("/sys/fs/cgroup/pids/cgroup.procs")]
    public async Task A_node_whose_kernel_lacks_a_controller_gets_no_job_and_says_which()
    {
        await using var cluster = await TestCluster.StartAsync(mounts: "umount /sys/fs/cgroup/pids; mount -t tmpfs none /proc/pressure");
        await GetsNoJobAsync(cluster, "this kernel cannot hold every limit (pids: controller pids is not mounted)");
        using var http = cluster.Http();
        var node = JsonSerializer.Deserialize(await http.GetStringAsync("http://stint/api/v1/nodes"), ApiJson.Default.NodeList)!.Nodes.Single();
        Assert.Contains(node.Capabilities, c => c is { Resource: "pids", Available: false });
        Assert.Contains(node.Capabilities, c => c is { Resource: "psi", Available: false } && c.Detail.Contains("psi=1", StringComparison.Ordinal));
    }

    /// <summary>On v2 what a group has is what the one above hands down: the daemons live below one that keeps pids to itself.</summary>
    [SystemdFact]
    public async Task A_node_that_is_handed_no_pids_controller_gets_no_job_and_says_which()
    {
        const string above = "/sys/fs/cgroup/stint-test-no-pids", group = above + "/daemons";
        Directory.CreateDirectory(group);
        try
        {
            File.WriteAllText("/sys/fs/cgroup/cgroup.subtree_control", "+cpu +cpuset +memory +pids");
            File.WriteAllText($"{above}/cgroup.subtree_control", "+cpu +cpuset +memory");
            await using var cluster = await TestCluster.StartAsync(group: group);
            await GetsNoJobAsync(cluster, $"this kernel cannot hold every limit (pids: controller pids is not in {group}/cgroup.controllers");
        }
        finally
        {
            foreach (var folder in Directory.EnumerateDirectories(above, "*", SearchOption.AllDirectories).OrderByDescending(static folder => folder.Length).Append(above)) Directory.Delete(folder);
        }
    }

    private static async Task GetsNoJobAsync(TestCluster cluster, string why)
    {
        await TestCluster.UntilAsync(async () => (await ReasonAsync(cluster)).Contains(why, StringComparison.Ordinal), 20, () => "the node is not drained");
        var id = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "/dev/null", "--wrap", "touch " + cluster.Work + "/it-ran");
        JobView job = null!;
        await TestCluster.UntilAsync(async () => (job = await cluster.JobAsync(id)).Reason.Contains("Node", StringComparison.Ordinal) || job.Reason.Contains("Resources", StringComparison.Ordinal), 20, () => $"{job.State} {job.Reason}");
        Assert.Equal("PENDING", job.State);
        Assert.False(File.Exists(cluster.Work + "/it-ran"));
        await cluster.RunAsync("scancel", $"{id}");
    }

    [Fact]
    public async Task A_node_without_psi_says_so_and_serves_all_the_same()
    {
        await using var cluster = await TestCluster.StartAsync(mounts: "mount -t tmpfs none /proc/pressure");
        var id = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "/dev/null", "--wrap", "true");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
        using var http = cluster.Http();
        var node = JsonSerializer.Deserialize(await http.GetStringAsync("http://stint/api/v1/nodes"), ApiJson.Default.NodeList)!.Nodes.Single();
        Assert.Contains(node.Capabilities, c => c is { Resource: "psi", Available: false });
    }

    [Fact]
    public async Task A_process_that_holds_a_gpu_after_its_job_drains_the_node_and_the_next_job_waits()
    {
        await using var cluster = await TestCluster.StartAsync("n1", "cpus=4,memory=4000M", prepare: c =>
        {
            foreach (var unit in (int[])[0, 1])
            {
                using var mknod = Process.Start("mknod", ["-m", "666", $"{c.Work}/gpu{unit}", "c", "4", $"{44 + unit}"]);      // terminals nobody uses: they open
                mknod.WaitForExit();
            }
            File.WriteAllText($"{c.Home}/gres.conf", $"NodeName=n1 Name=gpu Type=test File={c.Work}/gpu[0-1]\n");
        });
        // What a container engine or a login would do for the user: a process outside of the job has the device.
        using var holder = cluster.Start(Users.Alice, "sh", ["-c", $"exec 7<>{cluster.Work}/gpu0 8<>{cluster.Work}/gpu1; echo up; exec sleep 1000"]);
        try
        {
            Assert.Equal("up", await holder.StandardOutput.ReadLineAsync());
            var first = await cluster.SubmitAsync(Users.Alice, "--gres=gpu:1", "--mem=64M", "-o", "/dev/null", "--wrap", "true");
            Assert.Equal("COMPLETED", (await cluster.EndedAsync(first)).State);
            await TestCluster.UntilAsync(async () => (await ReasonAsync(cluster)).Contains($"is still open in process {holder.Id} (sleep)", StringComparison.Ordinal), 20, () => "the node is not drained");
            var second = await cluster.SubmitAsync(Users.Bob, "--gres=gpu:1", "--mem=64M", "-o", "/dev/null", "--wrap", "true");
            Assert.Equal("PENDING", (await cluster.JobAsync(second)).State);
            holder.Kill(entireProcessTree: true);
            Assert.Equal(0, (await cluster.RunAsync("scontrol", "update", "NodeName=n1", "State=RESUME")).ExitCode);
            Assert.Equal("COMPLETED", (await cluster.EndedAsync(second)).State);
        }
        finally
        {
            if (!holder.HasExited) holder.Kill(entireProcessTree: true);
        }
    }

    /// <summary>--signal, the time limit, over_time_limit, TERM, the grace, KILL: each within a second of its time, of a job that ignores all of it.</summary>
    [Fact]
    public async Task Warning_over_time_TERM_and_KILL_come_in_this_order_each_within_a_second()
    {
        await using var cluster = await TestCluster.StartAsync(config: "over_time_limit: 2s\n");
        await File.WriteAllTextAsync(cluster.Work + "/stubborn", "#!/bin/bash\nnow() { read up rest < /proc/uptime; echo $up; }\ntrap 'now > warned' USR1; trap 'now > term' TERM; now > start\nwhile :; do sleep 0.05; done\n");
        using var http = cluster.Http();
        var request = new SubmitRequest
        {
            Name = "stubborn", Script = await File.ReadAllBytesAsync(cluster.Work + "/stubborn"), MemoryPerNodeBytes = 64 << 20, WorkDir = cluster.Work, StdOut = "/dev/null", TimeLimitMs = 3_000,
            Signal = "B:USR1@1", Environment = "PATH=/usr/bin:/bin\0"u8.ToArray(),
        };
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.SubmitRequest));
        using var answer = await http.PostAsync("http://stint/api/v1/jobs", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        var id = JsonSerializer.Deserialize(text, ApiJson.Default.SubmitResponse)!.JobId;
        var job = await cluster.EndedAsync(id, 40);
        Assert.Equal("TIMEOUT", job.State);
        double At(string file) => double.Parse(cluster.ReadWork(file), CultureInfo.InvariantCulture);
        var start = At("start");
        Assert.InRange(At("warned") - start, 1.0, 3.0);       // a second before the limit of 3
        Assert.InRange(At("term") - start, 4.0, 6.0);         // the limit and 2 s beyond it
        Assert.InRange((job.EndMs - job.StartMs) / 1000.0 - (At("term") - start), 1.0, 3.5 * Patience.Factor);      // kill_wait of 2 s, and the report
        Assert.Contains("processes left after the grace were killed", job.Cause, StringComparison.Ordinal);
    }
}
