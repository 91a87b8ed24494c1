using System.Diagnostics;

namespace Stint.SystemTests;

/// <summary>The commands end to end, by the formats and exit codes that scripts rely on.</summary>
[Collection("cluster")]
public sealed class CommandTests(SharedCluster shared)
{
    private TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task Sbatch_prints_Slurms_sentence_and_the_default_output_file_is_Slurms()
    {
        var result = await Cluster.RunAsAsync(Users.Alice, "sbatch", ["--mem=32M"], input: "#!/bin/bash\n#SBATCH -J piped\n#SBATCH -t 2\necho from $SLURM_JOB_NAME\n");
        Assert.Matches(@"^Submitted batch job \d+\n$", result.Output);
        var id = uint.Parse(result.Output.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
        Assert.Equal("from piped\n", Cluster.ReadWork($"slurm-{id}.out"));
    }

    [Theory]
    [InlineData("-p|nosuch", "sbatch: error: Batch job submission failed: Invalid partition name specified", 1)]
    [InlineData("--mem=90000G", "sbatch: error: Batch job submission failed: Requested node configuration is not available", 1)]
    [InlineData("--bogus", "sbatch: unrecognized option '--bogus'", 255)]
    [InlineData("--time=garbage", "sbatch: error: Invalid --time specification", 255)]
    public async Task Sbatch_refuses_as_Slurm_does(string option, string sentence, int exit)
    {
        var result = await Cluster.RunAsAsync(Users.Alice, "sbatch", [.. option.Split('|'), "--wrap", "true"]);
        Assert.Equal(exit, result.ExitCode);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_array_runs_every_task_once_with_its_variables()
    {
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=32M", "--array=1-9:2%2", "-o", "arr_%A_%a.out", "--wrap", "echo $SLURM_ARRAY_JOB_ID $SLURM_ARRAY_TASK_ID $SLURM_ARRAY_TASK_COUNT $SLURM_ARRAY_TASK_MAX");
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("squeue", "-h", "-r", "-j", $"{id}")).Output.Trim().Length == 0, 30, () => "tasks are left");
        foreach (var task in (int[])[1, 3, 5, 7, 9]) Assert.Equal($"{id} {task} 5 9\n", Cluster.ReadWork($"arr_{id}_{task}.out"));
        Assert.False(File.Exists(Path.Combine(Cluster.Work, $"arr_{id}_2.out")));
    }

    [Fact]
    public async Task Afterok_waits_and_hold_holds_until_released()
    {
        var first = await Cluster.SubmitAsync(Users.Alice, "--mem=32M", "-H", "-o", "/dev/null", "--wrap", "true");
        var second = await Cluster.SubmitAsync(Users.Alice, "--mem=32M", $"--dependency=afterok:{first}", "-o", "/dev/null", "--wrap", "true");
        var reasons = (await Cluster.RunAsync("squeue", "-h", "-j", $"{first},{second}", "-o", "%i %t %r")).Output;
        Assert.Contains($"{first} PD JobHeldUser", reasons, StringComparison.Ordinal);
        Assert.Contains($"{second} PD Dependency", reasons, StringComparison.Ordinal);
        Assert.Equal(0, (await Cluster.RunAsAsync(Users.Alice, "scontrol", ["release", $"{first}"])).ExitCode);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(second)).State);
    }

    [Fact]
    public async Task Srun_forwards_streams_and_the_highest_exit_code()
    {
        var echo = await Cluster.RunAsAsync(Users.Alice, "srun", ["--mem=32M", "cat"], input: "to and fro\n");
        Assert.Equal((0, "to and fro\n"), (echo.ExitCode, echo.Output));
        var codes = await Cluster.RunAsAsync(Users.Alice, "srun", ["--mem=64M", "-n2", "sh", "-c", "echo out $SLURM_PROCID; echo err $SLURM_PROCID >&2; exit $((SLURM_PROCID + 3))"]);
        Assert.Equal(4, codes.ExitCode);
        Assert.Contains("out 0\n", codes.Output, StringComparison.Ordinal);
        Assert.Contains("err 1\n", codes.Error, StringComparison.Ordinal);
        Assert.Contains("task 1: Exited with exit code 4", codes.Error, StringComparison.Ordinal);
        var killed = await Cluster.RunAsAsync(Users.Alice, "srun", ["--mem=32M", "sh", "-c", "kill -9 $$"]);
        Assert.Equal(137, killed.ExitCode);
        var missing = await Cluster.RunAsAsync(Users.Alice, "srun", ["--mem=32M", "nosuchcommand"]);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("execve(): nosuchcommand: No such file or directory", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Srun_inside_a_batch_job_is_a_step_of_it()
    {
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=64M", "-n2", "-o", "steps-%j.out", "--wrap", "srun -n1 sh -c 'echo step $SLURM_JOB_ID.$SLURM_STEP_ID'; srun -n1 sh -c 'echo step $SLURM_JOB_ID.$SLURM_STEP_ID'");
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
        Assert.Equal($"step {id}.0\nstep {id}.1\n", Cluster.ReadWork($"steps-{id}.out"));
    }

    [Fact]
    public async Task Srun_output_of_many_megabytes_arrives_whole()
    {
        var result = await Cluster.RunAsAsync(Users.Alice, "bash", ["-c", "srun --mem=64M sh -c 'head -c 30000000 /dev/zero | tr \"\\0\" x' | wc -c"]);
        Assert.Equal("30000000", result.Output.Trim());
    }

    [Fact]
    public async Task Ctrl_C_twice_ends_srun_and_its_job()
    {
        using var srun = Cluster.Start(Users.Alice, "srun", ["--mem=32M", "-J", "interrupted", "sh", "-c", "echo on; exec sleep 300"]);
        Assert.Equal("on", await srun.StandardOutput.ReadLineAsync());
        var job = (await Cluster.RunAsync("squeue", "-h", "-n", "interrupted", "-o", "%i")).Output.Trim();
        await Cluster.RunningAsync(uint.Parse(job, System.Globalization.CultureInfo.InvariantCulture));
        // The word that it started is on its way to srun; an interrupt before it arrives cancels the job at once.
        await Task.Delay(200);
        await Cluster.RunAsync("kill", "-INT", $"{srun.Id}");
        await Task.Delay(200); // two separate key presses
        await Cluster.RunAsync("kill", "-INT", $"{srun.Id}");
        using var deadline = new CancellationTokenSource(Patience.Seconds(20));
        await srun.WaitForExitAsync(deadline.Token);
        Assert.NotEqual(0, srun.ExitCode);
        Assert.Contains("interrupt (one more within 1 sec to abort)", await srun.StandardError.ReadToEndAsync(deadline.Token), StringComparison.Ordinal);
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("squeue", "-h", "-n", "interrupted")).Output.Trim().Length == 0, 20, () => "the job is left");
    }

    [Fact]
    public async Task Sinfo_scontrol_and_sacct_know_the_cluster()
    {
        Assert.Matches(@"^PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST\n\S+\* +up +infinite +1 +(idle|mix|alloc) n1\n$", (await Cluster.RunAsync("sinfo")).Output);
        Assert.Contains("NodeName=n1 Arch=x86_64", (await Cluster.RunAsync("scontrol", "show", "node", "n1")).Output, StringComparison.Ordinal);
        Assert.Contains("SlurmctldHost[0]", (await Cluster.RunAsync("scontrol", "show", "config")).Output, StringComparison.Ordinal);
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=32M", "-J", "accounted", "-o", "/dev/null", "--wrap", "exit 3");
        await Cluster.EndedAsync(id);
        await TestCluster.UntilAsync(async () => (await Cluster.RunAsync("sacct", "-n", "-P", "-j", $"{id}", "-o", "JobID,JobName,State,ExitCode")).Output == $"{id}|accounted|FAILED|3:0\n{id}.batch|batch|FAILED|3:0\n", 10, () => "sacct does not know the job");
    }

    [Fact]
    public async Task One_sbatch_is_quick()
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            await Cluster.SubmitAsync(Users.Alice, "-H", "--mem=32M", "--wrap", "true");
            if (clock.Elapsed < best) best = clock.Elapsed;
        }
        Assert.True(best < TimeSpan.FromMilliseconds(500), $"the best of five took {best.TotalMilliseconds:0} ms");
        await Cluster.RunAsAsync(Users.Alice, "scancel", ["-u", Users.Alice, "-t", "PD"]);
    }
}
