namespace Stint.SystemTests;

/// <summary>Heterogeneous steps, and what an administrator changes while the cluster runs.</summary>
public sealed class AdminTests(FourNodes nodes) : IClassFixture<FourNodes>
{
    private TestCluster Cluster => nodes.Cluster;

    private Task<TestCluster.Result> AsAlice(string program, params string[] arguments) => Cluster.RunAsAsync(Users.Alice, program, arguments);

    private static string Sorted(string lines) => string.Join('\n', lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

    [Fact]
    public async Task A_step_over_two_components_numbers_its_tasks_through_and_has_the_highest_exit_code()
    {
        const string say = "echo $SLURM_PROCID/$SLURM_NTASKS on $SLURMD_NODENAME; exit $SLURM_PROCID";
        var run = await AsAlice("srun", "--mem=50M", "-t5", "-w", "n1", "-n2", "sh", "-c", say, ":", "--mem=50M", "-t5", "-w", "n3", "-n1", "sh", "-c", say);
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("0/3 on n1\n1/3 on n1\n2/3 on n3", Sorted(run.Output));
    }

    [Fact]
    public async Task Inside_a_heterogeneous_job_steps_name_their_components()
    {
        var script = "srun -l --het-group=0,1 sh -c 'echo $SLURMD_NODENAME'; srun --het-group=1 sh -c 'echo only $SLURM_NTASKS'; srun --het-group=2 true || echo none; echo $SLURM_JOB_NODELIST_HET_GROUP_1";
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=50M", "-t5", "-w", "n1", "-o", "het-%j.out", ":", "--mem=50M", "-t5", "-w", "n3", "-n2", "--wrap", script);
        var job = await Cluster.EndedAsync(id, 60);
        var text = Cluster.ReadWork($"het-{id}.out");
        Assert.True(job.State == "COMPLETED", $"{job.State} {job.Cause}: {text}");
        foreach (var line in (string[])["0: n1\n", "1: n3\n", "2: n3\n", "only 2\n", "Invalid het group 2", "none\nn3\n"]) Assert.Contains(line, text, StringComparison.Ordinal);
        var sacct = await Cluster.RunAsync("sacct", "-a", "-n", "-P", "-j", $"{id},{id + 1}", "-o", "JobID,JobIDRaw,QOS,ReqTRES");
        Assert.Contains($"{id}+1|{id + 1}||billing=2,cpu=2,mem=50M,node=1", sacct.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Partitions_and_nodes_change_while_jobs_wait()
    {
        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "create", "partition=extra", "nodes=n[1-4]", "state=DOWN", "maxtime=10")).ExitCode);
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=50M", "-t2", "-p", "extra", "-C", "fast", "-o", "/dev/null", "--wrap", "true");
        await TestCluster.UntilAsync(async () => (await Cluster.JobAsync(id)).Reason == "PartitionDown", 20, () => $"{Cluster.RunAsync("squeue").Result}");
        var refused = await AsAlice("scontrol", "update", "partition=extra", "state=UP");
        Assert.Equal((1, "slurm_update error: Invalid user id\n"), (refused.ExitCode, refused.Error));
        Assert.Contains("in use by job", (await Cluster.RunAsync("scontrol", "delete", "partitionname=extra")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "update", "partition=extra", "state=UP", "maxtime=5")).ExitCode);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
        Assert.Contains("MaxTime=00:05:00", (await Cluster.RunAsync("scontrol", "show", "partition", "extra")).Output, StringComparison.Ordinal);

        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "update", "nodename=n4", "features=slow,fresh", "weight=3")).ExitCode);
        var on = await Cluster.SubmitAsync(Users.Alice, "--mem=50M", "-p", "extra", "-C", "fresh", "-o", "/dev/null", "--wrap", "true");
        Assert.Equal("n4", (await Cluster.EndedAsync(on)).NodeList);
        Assert.Equal(0, (await Cluster.RunAsync("scontrol", "delete", "partitionname=extra")).ExitCode);
        Assert.Contains("Invalid partition name", (await AsAlice("sbatch", "-p", "extra", "--wrap", "true")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_will_not_wait_is_told_at_once_and_leaves_nothing_behind()
    {
        var holder = await Cluster.SubmitAsync(Users.Alice, "--mem=50M", "-t5", "-w", "n2", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 60");
        await Cluster.RunningAsync(holder);
        var run = await AsAlice("srun", "-I1", "--mem=50M", "-t5", "-w", "n2", "--exclusive", "true");
        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("srun: error: Unable to allocate resources: Requested nodes are busy\n", run.Error, StringComparison.Ordinal);
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("squeue", "-h", "-t", "PD", "-w", "n2")).Output.Length == 0, 20, () => "a job waits still");
        await Cluster.RunAsync("scancel", $"{holder}");
        await Cluster.EndedAsync(holder);
    }
}
