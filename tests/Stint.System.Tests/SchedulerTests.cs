using System.Text.RegularExpressions;
using Stint.Protocol.Api;

namespace Stint.SystemTests;

/// <summary>Four agents with declared hardware and GPUs that are no real devices, two partitions of which one preempts the other.</summary>
public sealed class FourNodes : IAsyncLifetime
{
    private const string Declared = "cpus=8,sockets=2,cores=4,threads=1,memory=4000M,gres=gpu:a100:2:cores=0-3,gres=gpu:h100:2:cores=4-7";
    private const string Policy = """
        preempt: { by: partition, mode: requeue }
        licenses: { matlab: 2 }
        nodes:
          - { nodes: "n[1-2]", features: [fast] }
          - { nodes: "n[3-4]", features: [slow], weight: 10 }
        partitions:
          - { name: main, nodes: ALL, default: true, max_time: 1h }
          - { name: urgent, nodes: ALL, max_time: 1h, priority_tier: 10, preempt_mode: off }
        """;

    private readonly Users _users = new();
    public TestCluster Cluster { get; private set; } = null!;
    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync("n1,n2,n3,n4", Declared, Policy);

    public async Task DisposeAsync()
    {
        try { await Cluster.DisposeAsync(); }
        finally { _users.Dispose(); }
    }
}

/// <summary>The scheduler's rules in a real run: what is asked for, where it lands, and what squeue says of what waits.</summary>
public sealed class SchedulerTests(FourNodes nodes) : IClassFixture<FourNodes>
{
    private TestCluster Cluster => nodes.Cluster;

    private Task<uint> Submit(params string[] arguments) => Cluster.SubmitAsync(Users.Alice, ["--mem=50M", "-t", "5", .. arguments]);

    private async Task<string> Reason(uint id) => (await Cluster.RunAsync("squeue", "-h", "-j", $"{id}", "-o", "%R")).Output.Trim();

    private Task Waits(uint id, string reason) => TestCluster.UntilAsync(async () => await Reason(id) == reason, 20, () => $"job {id} does not wait as {reason}: {Cluster.RunAsync("squeue").Result}");

    private async Task Cancel(params uint[] ids)
    {
        await Cluster.RunAsync("scancel", [.. ids.Select(id => $"{id}")]);
        foreach (uint id in ids) await Cluster.EndedAsync(id);
    }

    [Fact]
    public async Task A_gang_of_four_nodes_starts_as_one_and_its_steps_run_on_each()
    {
        var id = await Submit("-N4", "--ntasks-per-node=1", "-o", "gang-%j.out", "--wrap", "echo nodes=$SLURM_JOB_NODELIST; srun sh -c 'echo on $SLURMD_NODENAME'");
        var job = await Cluster.EndedAsync(id);
        var text = Cluster.ReadWork($"gang-{id}.out");
        Assert.True(job.State == "COMPLETED", $"{job.State} {job.Cause}: {text}");
        Assert.Contains("nodes=n[1-4]", text, StringComparison.Ordinal);
        foreach (var node in (string[])["n1", "n2", "n3", "n4"]) Assert.Contains($"on {node}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Typed_GPUs_come_with_the_CPUs_near_them()
    {
        var id = await Submit("-w", "n3", "--gres=gpu:h100:2", "--gres-flags=enforce-binding", "-c2", "-o", "gpu-%j.out", "--wrap", "echo gpus=$SLURM_JOB_GPUS on=$SLURM_GPUS_ON_NODE; sleep 60");
        var job = await Cluster.RunningAsync(id);
        var share = Assert.Single(job.Shares);
        Assert.Equal("gpu:h100:2(IDX:2-3)", share.Gres);
        Assert.All(share.Cpus, cpu => Assert.InRange(cpu, 4, 7));
        await TestCluster.UntilAsync(() => Task.FromResult(Cluster.ReadWork($"gpu-{id}.out").Contains("gpus=2,3 on=2", StringComparison.Ordinal)), 10, () => Cluster.ReadWork($"gpu-{id}.out"));
        Assert.Contains("GresUsed=gpu:a100:0(IDX:N/A),gpu:h100:2(IDX:2-3)", (await Cluster.RunAsync("scontrol", "-d", "show", "node", "n3")).Output, StringComparison.Ordinal);
        Assert.Contains("gres/gpu=2,gres/gpu:h100=2", (await Cluster.RunAsync("scontrol", "show", "job", $"{id}")).Output, StringComparison.Ordinal);

        var second = await Submit("-w", "n3", "--gres=gpu:h100:1", "-o", "/dev/null", "--wrap", "true");
        await Waits(second, "(Resources)");
        await Cancel(id);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(second)).State);

        var refused = await Cluster.RunAsAsync(Users.Alice, "sbatch", ["--gres=gpu:v100:1", "--mem=50M", "--wrap", "true"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("sbatch: error: Batch job submission failed: Requested node configuration is not available", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_array_keeps_its_throttle()
    {
        var id = await Submit("-a", "0-3%1", "-o", "arr-%A_%a.out", "--wrap", "date +%s%N; sleep 1; date +%s%N");
        var line = new Regex($@"\b{id}_\[[0-9,\-]+%1\] .* PD .*\(JobArrayTaskLimit\)");
        await TestCluster.UntilAsync(async () => line.IsMatch((await Cluster.RunAsync("squeue", "-j", $"{id}")).Output), 20, () => "squeue does not show the throttle");
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("squeue", "-h", "-j", $"{id}", "-t", "PD,R,CG")).Output.Length == 0, 40, () => "the array does not end");
        var times = Enumerable.Range(0, 4).Select(task => Cluster.ReadWork($"arr-{id}_{task}.out").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse).ToArray()).OrderBy(t => t[0]).ToList();
        for (var i = 1; i < times.Count; i++) Assert.True(times[i][0] >= times[i - 1][1], "two tasks ran at once");
    }

    [Fact]
    public async Task A_chain_of_dependencies_runs_in_order()
    {
        var first = await Submit("-o", "/dev/null", "--wrap", "sleep 1");
        var second = await Submit("-d", $"afterok:{first}", "-o", "/dev/null", "--wrap", "exit 3");
        var third = await Submit("-d", $"afternotok:{second}", "-o", "/dev/null", "--wrap", "true");
        await Waits(third, "(Dependency)");
        var (one, two, three) = (await Cluster.EndedAsync(first), await Cluster.EndedAsync(second), await Cluster.EndedAsync(third));
        Assert.Equal(("COMPLETED", "FAILED", "COMPLETED"), (one.State, two.State, three.State));
        Assert.True(two.StartMs >= one.EndMs && three.StartMs >= two.EndMs);
    }

    [Fact]
    public async Task A_job_of_a_higher_tier_takes_the_place_of_another_which_runs_again()
    {
        var victim = await Submit("-w", "n4", "--exclusive", "--requeue", "-o", "/dev/null", "--wrap", "sleep 60");
        await Cluster.RunningAsync(victim);
        var urgent = await Submit("-p", "urgent", "-w", "n4", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 1");
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(urgent, 40)).State);
        JobView? again = null;
        await TestCluster.UntilAsync(async () => (again = await Cluster.JobAsync(victim)) is { State: "RUNNING", Restarts: 1 }, 40, () => $"the victim is {again?.State} ({again?.Reason}), restarts {again?.Restarts}");
        await Cancel(victim);
    }

    [Fact]
    public async Task A_reservation_keeps_a_node_for_those_it_names()
    {
        var made = await Cluster.RunAsync("scontrol", "create", "reservation", "ReservationName=kept", "StartTime=now", "Duration=10", $"Users={Users.Bob}", "Nodes=n2");
        Assert.True(made is { ExitCode: 0, Output: "Reservation created: kept\n" }, made.ToString());
        var outside = await Submit("-w", "n2", "-o", "/dev/null", "--wrap", "true");
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("sinfo", "-h", "-n", "n2", "-p", "main", "-o", "%t")).Output == "resv\n", 10, () => "n2 is not shown as reserved");
        Assert.Contains("ReservationName=kept", (await Cluster.RunAsync("scontrol", "show", "res")).Output, StringComparison.Ordinal);
        var inside = await Cluster.SubmitAsync(Users.Bob, "--mem=50M", "-t", "2", "--reservation=kept", "-o", "/dev/null", "--wrap", "true");
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(inside)).State);
        Assert.Equal("PENDING", (await Cluster.JobAsync(outside)).State);
        Assert.DoesNotContain("(None)", await Reason(outside), StringComparison.Ordinal);
        var denied = await Cluster.RunAsAsync(Users.Alice, "sbatch", ["--mem=50M", "--reservation=kept", "--wrap", "true"]);
        Assert.True(denied.ExitCode == 1 && denied.Error.Contains("Access denied to requested reservation", StringComparison.Ordinal), denied.ToString());
        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "delete", "reservation", "kept")).ExitCode);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(outside)).State);
    }

    [Fact]
    public async Task A_drained_node_takes_no_job_and_the_reason_names_it()
    {
        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "update", "node=n1", "state=drain", "reason=bad fan")).ExitCode);
        var id = await Submit("-w", "n1", "-o", "/dev/null", "--wrap", "true");
        await Waits(id, "(ReqNodeNotAvail, UnavailableNodes:n1)");
        Assert.Contains("Reason=ReqNodeNotAvail,_UnavailableNodes:n1", (await Cluster.RunAsync("scontrol", "show", "job", $"{id}")).Output, StringComparison.Ordinal);
        Assert.Equal("drain\n", (await Cluster.RunAsync("sinfo", "-h", "-n", "n1", "-p", "main", "-o", "%t")).Output);
        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "update", "node=n1", "state=resume")).ExitCode);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
    }

    [Fact]
    public async Task A_suspended_job_stands_still_until_it_is_resumed()
    {
        var id = await Submit("-w", "n3", "-o", "ticks-%j.out", "--wrap", "while sleep 0.05; do echo tick; done");
        await Cluster.RunningAsync(id);
        await TestCluster.UntilAsync(() => Task.FromResult(Length(id) > 0), 10, () => "it does not tick");
        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "suspend", $"{id}")).ExitCode);
        Assert.Equal("S\n", (await Cluster.RunAsync("squeue", "-h", "-j", $"{id}", "-o", "%t")).Output);
        long before = -1;
        await TestCluster.UntilAsync(async () =>
        {
            var now = Length(id);
            await Task.Delay(400);
            before = Length(id);
            return before == now;
        }, 20, () => "it goes on ticking");
        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "resume", $"{id}")).ExitCode);
        await TestCluster.UntilAsync(() => Task.FromResult(Length(id) > before), 20, () => "it does not go on");
        await Cancel(id);
    }

    private long Length(uint id) => new FileInfo(Path.Combine(Cluster.Work, $"ticks-{id}.out")) is { Exists: true } file ? file.Length : 0;

    [Fact]
    public async Task Features_and_licences_are_waited_for_or_refused()
    {
        var fast = await Submit("-C", "fast", "-L", "matlab:2", "-o", "/dev/null", "--wrap", "sleep 60");
        Assert.Contains((await Cluster.RunningAsync(fast)).NodeList, (string[])["n1", "n2"]);
        Assert.Contains("LicenseName=matlab\n    Total=2 Used=2 Free=0", (await Cluster.RunAsync("scontrol", "show", "licenses")).Output, StringComparison.Ordinal);
        var second = await Submit("-L", "matlab", "-o", "/dev/null", "--wrap", "true");
        await Waits(second, "(Licenses)");
        await Cancel(fast);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(second)).State);
        var refused = await Cluster.RunAsAsync(Users.Alice, "sbatch", ["--mem=50M", "-C", "v100", "--wrap", "true"]);
        Assert.True(refused.ExitCode == 1 && refused.Error.Contains("Invalid feature specification", StringComparison.Ordinal), refused.ToString());
    }

    [Fact]
    public async Task Why_a_job_waits_is_explained_with_numbers()
    {
        var holder = await Submit("-w", "n2", "--gres=gpu:a100:2", "-o", "/dev/null", "--wrap", "sleep 60");
        await Cluster.RunningAsync(holder);
        var id = await Submit("-w", "n2", "--gres=gpu:a100:1", "-o", "/dev/null", "--wrap", "true");
        await Waits(id, "(Resources)");
        var pending = (await Cluster.ExplainAsync(id)).Pending;
        Assert.Equal("Resources", pending!.Reason);
        Assert.NotEmpty(pending.Sentence);
        var text = await Cluster.RunAsync("stint", "explain", $"{id}");
        Assert.True(text.ExitCode == 0 && text.Output.Contains("Resources", StringComparison.Ordinal), text.ToString());
        await Cancel(holder, id);
    }
}
