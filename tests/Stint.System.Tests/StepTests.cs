using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Stint.SystemTests;

/// <summary>Steps inside jobs with the real programs: what they take of their job, where their tasks run, and allocations of salloc.</summary>
[Collection("cluster")]
public sealed partial class StepTests(SharedCluster shared)
{
    private const int Major = 195, FirstMinor = 230;
    private readonly SharedCluster _usersExist = shared;

    private static Task<TestCluster> StartAsync(string? declare = null, string nodes = "n1", int gpus = 0) => TestCluster.StartAsync(nodes, declare, prepare: cluster =>
    {
        for (var unit = 0; unit < gpus; unit++)
        {
            using var mknod = Process.Start("mknod", ["-m", "666", $"{cluster.Work}/gpu{unit}", "c", $"{Major}", $"{FirstMinor + unit}"]);
            mknod.WaitForExit();
        }
        if (gpus > 0) File.WriteAllText($"{cluster.Home}/gres.conf", $"Name=gpu Type=test File={cluster.Work}/gpu[0-{gpus - 1}]\n");
    });

    private const string Where = "echo $SLURM_PROCID $(grep Cpus_allowed_list /proc/self/status | cut -f2) $SLURM_CPU_BIND_TYPE$SLURM_CPU_BIND_LIST";

    private static string[] Sorted(string text) => [.. text.Trim().Split('\n').Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Each_task_runs_on_its_own_core_and_the_receipt_shows_where()
    {
        if (Environment.ProcessorCount < 2) return;
        await using var cluster = await StartAsync();
        var run = await cluster.RunAsAsync(Users.Alice, "srun", ["-n2", "--mem=100M", "--cpu-bind=verbose,cores", "bash", "-c", Where]);
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(["0 0 mask_cpu:0x1,0x2", "1 1 mask_cpu:0x1,0x2"], Sorted(run.Output));
        for (var task = 0; task < 2; task++) Assert.Matches($@"cpu-bind=MASK - n1, task  {task}  {task} \[\d+\]: mask 0x{1 << task} set", run.Error);
        var row = Assert.Single((await cluster.ExplainAsync(1)).Steps).Rows.Single(r => r.Resource == "cpu bind");
        Assert.Equal(("task 0: 0; task 1: 1", "0x1,0x2", "0x1,0x2", true), (row.Allocated, row.Written, row.ReadBack, row.Enforced));
        Assert.Contains("0x1,0x2", (await cluster.RunAsync("scontrol", "show", "job", "-d", "1")).Output, StringComparison.Ordinal);

        var map = await cluster.RunAsAsync(Users.Alice, "srun", ["-n2", "--mem=100M", "--cpu-bind=map_cpu:1,0", "bash", "-c", Where]);
        Assert.Equal(["0 1 map_cpu:1,0", "1 0 map_cpu:1,0"], Sorted(map.Output));
        var outside = await cluster.RunAsAsync(Users.Alice, "srun", ["-n1", "--mem=100M", "--cpu-bind=map_cpu:7", "true"]);
        Assert.True(outside.ExitCode != 0, outside.ToString());
        Assert.Contains("CPU binding outside of job step allocation, allocated CPUs are: 0x1.", outside.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_side_by_side_open_different_gpus_and_the_third_waits_for_one()
    {
        await using var cluster = await StartAsync("sockets=2,cores=4,memory=8000M", gpus: 4);
        const string One = "srun --exact -n1 --gres=gpu:1 --mem=50M bash -c";
        var show = "g=$SLURM_STEP_GPUS; for i in 0 1 2 3; do if (exec 3<>$W/gpu$i) 2>&1 | grep -q \"No such device or address\"; then o=\"$o$i\"; fi; done; echo $SLURM_STEP_ID $SLURM_JOB_GPUS $g $o; touch $W/in.$SLURM_STEP_ID; ";
        var script = $$"""
            export W={{cluster.Work}}
            {{One}} '{{show}} while [ ! -e $W/go ]; do sleep 0.05; done' &
            {{One}} '{{show}} while [ ! -e $W/go ]; do sleep 0.05; done' &
            until [ -e $W/in.0 -a -e $W/in.1 ]; do sleep 0.05; done
            {{One}} '{{show}}' & last=$!
            until grep -q disabled wait.out; do sleep 0.05; done
            touch $W/go
            wait
            srun -n1 --gres=none bash -c '{{show}}'
            srun -n1 bash -c '{{show}}'
            """.Replace("& last", "2> wait.out & last", StringComparison.Ordinal);
        var id = await cluster.SubmitAsync(Users.Alice, "-n4", "--gres=gpu:2", "--mem=400M", "-o", "steps.out", "--wrap", script);
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
        var lines = cluster.ReadWork("steps.out").Trim().Split('\n').OrderBy(l => int.Parse(l.Split(' ')[0], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(["0,1", "0,1", "0,1"], lines[..3].Select(l => l.Split(' ')[1]));
        Assert.Equal(["0", "1"], lines[..2].Select(l => l.Split(' ')[2]).Order());
        Assert.All(lines[..3], line => Assert.Equal(line.Split(' ')[2], line.Split(' ')[3]));
        Assert.Equal("3", lines[3].Trim());
        Assert.Equal("4 0,1 0,1 01", lines[4]);
        var waited = cluster.ReadWork("wait.out");
        Assert.Contains($"srun: Job {id} step creation temporarily disabled, retrying (Requested nodes are busy)", waited, StringComparison.Ordinal);
        Assert.Contains("srun: Step created for ", waited, StringComparison.Ordinal);
    }

    /// <summary>Of the memory of the process that asks, on either version.</summary>
    private static string LimitFile => Directory.Exists("/sys/fs/cgroup/memory")
        ? "/sys/fs/cgroup/memory$(grep :memory: /proc/self/cgroup | cut -d: -f3)/memory.limit_in_bytes" : "/sys/fs/cgroup$(grep ^0:: /proc/self/cgroup | cut -d: -f3)/memory.max";

    [Fact]
    public async Task A_step_has_the_nodes_cpus_and_memory_that_it_asks_for_out_of_its_job()
    {
        await using var cluster = await StartAsync("sockets=2,cores=4,threads=2,memory=4000M", nodes: "n1,n2");
        const string Show = "echo $SLURM_PROCID $SLURMD_NODENAME $SLURM_CPUS_ON_NODE $SLURM_GTIDS $SLURM_TASKS_PER_NODE $SLURM_DISTRIBUTION";
        string[] steps =
        [
            $"srun -n6 -m cyclic bash -c '{Show}'", $"srun -n6 -m plane=2 bash -c '{Show}'", $"srun -N1 -r1 -n2 --exact bash -c '{Show}'", $"srun -N1 -n1 -w n2 bash -c '{Show}'",
            $"srun -n2 -c3 bash -c '{Show}'", $"srun -N1 -n1 --mem=77M bash -c 'cat {LimitFile}'",
        ];
        var id = await cluster.SubmitAsync(Users.Alice, "-N2", "-n16", "--ntasks-per-node=8", "--mem=300M", "-o", "nodes.out", "--wrap", string.Join("; echo --; ", steps));
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
        var outputs = cluster.ReadWork("nodes.out").Split("--\n").Select(Sorted).ToArray();
        Assert.Equal(["0 n1 8 0,2,4 3(x2) cyclic", "1 n2 8 1,3,5 3(x2) cyclic", "2 n1 8 0,2,4 3(x2) cyclic", "3 n2 8 1,3,5 3(x2) cyclic", "4 n1 8 0,2,4 3(x2) cyclic", "5 n2 8 1,3,5 3(x2) cyclic"], outputs[0]);
        Assert.Equal(["0 n1 8 0,1,4,5 4,2 plane", "1 n1 8 0,1,4,5 4,2 plane", "2 n2 8 2,3 4,2 plane", "3 n2 8 2,3 4,2 plane", "4 n1 8 0,1,4,5 4,2 plane", "5 n1 8 0,1,4,5 4,2 plane"], outputs[1]);
        Assert.Equal(["0 n2 2 0,1 2 block", "1 n2 2 0,1 2 block"], outputs[2]);
        Assert.Equal(["0 n2 8 0 1 block"], outputs[3]);
        Assert.Equal(["0 n1 4 0 1(x2) block", "1 n2 4 1 1(x2) block"], outputs[4]);
        Assert.Equal([$"{77 << 20}"], outputs[5]);
    }

    [Fact]
    public async Task An_allocation_of_salloc_lives_as_long_as_its_command_and_ends_with_its_code()
    {
        await using var cluster = await StartAsync("cpus=4,memory=1000M");
        var fine = await cluster.RunAsAsync(Users.Alice, "salloc", ["-n2", "--mem=100M", "bash", "-c", "srun hostname | sort | uniq -c | tr -s ' '; echo job $SLURM_JOB_ID $SLURM_NTASKS; exit 3"]);
        var id = uint.Parse(GrantedId().Match(fine.Error).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal((3, $" 2 {Environment.MachineName}\njob {id} 2\n"), (fine.ExitCode, fine.Output));
        Assert.Equal($"salloc: Granted job allocation {id}\nsalloc: Relinquishing job allocation {id}\n", fine.Error);
        var job = await cluster.EndedAsync(id);
        Assert.Equal(("FAILED", 3, "interactive"), (job.State, job.ExitCode, job.Name));

        var missing = await cluster.RunAsAsync(Users.Alice, "salloc", ["-n1", "--mem=100M", "nosuchcommand"]);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("salloc: error: _fork_command: Unable to find command \"nosuchcommand\"\n", missing.Error, StringComparison.Ordinal);

        var kept = await cluster.RunAsAsync(Users.Alice, "salloc", ["-n1", "--mem=100M", "--no-shell"]);
        Assert.Equal(0, kept.ExitCode);
        var left = GrantedId().Match(kept.Error).Groups[1].Value;
        var inside = await cluster.RunAsAsync(Users.Alice, "srun", [$"--jobid={left}", "-n1", "echo", "inside"]);
        Assert.Equal((0, "inside\n"), (inside.ExitCode, inside.Output));
        Assert.Equal("RUNNING", (await cluster.JobAsync(uint.Parse(left, CultureInfo.InvariantCulture))).State);
        await cluster.RunAsAsync(Users.Alice, "scancel", [left]);
        Assert.Equal("CANCELLED", (await cluster.EndedAsync(uint.Parse(left, CultureInfo.InvariantCulture))).State);
    }

    [Fact]
    public async Task A_command_of_salloc_ends_with_its_allocation()
    {
        await using var cluster = await StartAsync("cpus=4,memory=1000M");
        var cancelled = await cluster.RunAsAsync(Users.Alice, "salloc", ["-n1", "--mem=100M", "bash", "-c", "scancel $SLURM_JOB_ID; exec sleep 100"]);
        Assert.Equal(128 + 15, cancelled.ExitCode);
        Assert.Matches(@"salloc: Job allocation \d+ has been revoked\.\n", cancelled.Error);
        Assert.DoesNotContain("Relinquishing", cancelled.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"Granted job allocation (\d+)")]
    private static partial Regex GrantedId();
}
