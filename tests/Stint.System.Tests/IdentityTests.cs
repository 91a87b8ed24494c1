namespace Stint.SystemTests;

/// <summary>Jobs are their users', and users are kept apart.</summary>
[Collection("cluster")]
public sealed class IdentityTests(SharedCluster shared)
{
    private TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task A_job_runs_as_its_user_with_all_groups_and_its_files_are_theirs()
    {
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "id-%j.out", "--wrap", "id -un; id -Gn; umask; touch made-$SLURM_JOB_ID");
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
        var lines = Cluster.ReadWork($"id-{id}.out").Split('\n');
        Assert.Equal(Users.Alice, lines[0]);
        Assert.Contains(Users.Team, lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("root", lines[1], StringComparison.Ordinal);
        foreach (var file in (string[])[$"id-{id}.out", $"made-{id}"])
            Assert.Equal($"{Users.Alice} {Users.Alice}", (await Cluster.RunAsync("stat", "-c", "%U %G", file)).Output.Trim());
    }

    [Theory]
    [InlineData("symlink", "Permission denied"), InlineData("fifo", "FIFO"), InlineData("directory", "directory"),
     InlineData("unwritable", "Permission denied"), InlineData("deleted", "No such file or directory")]
    public async Task A_hostile_output_path_fails_the_job_with_path_and_reason(string kind, string reason)
    {
        var folder = Path.Combine(Cluster.Work, $"hostile-{kind}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        var target = Path.Combine(folder, "out");
        var secret = Path.Combine(Cluster.Home, "server", "root-owned");
        await File.WriteAllTextAsync(secret, "untouched");
        List<string> arguments = ["--mem=64M", "--no-requeue", "-o", target, "--wrap", "echo it ran > /dev/null; touch " + Path.Combine(Cluster.Work, $"ran-{kind}")];
        if (kind == "symlink") File.CreateSymbolicLink(target, secret);
        if (kind == "fifo") await Cluster.RunAsync("mkfifo", "-m", "666", target);
        if (kind == "directory") Directory.CreateDirectory(target);
        if (kind == "unwritable") File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        if (kind == "deleted") { arguments.InsertRange(0, ["-H", "-D", folder]); }
        var id = await Cluster.SubmitAsync(Users.Alice, [.. arguments]);
        if (kind == "deleted")
        {
            Directory.Delete(folder, true);
            Assert.Equal(0, (await Cluster.RunAsAsync(Users.Alice, "scontrol", ["release", $"{id}"])).ExitCode);
        }
        var job = await Cluster.EndedAsync(id);
        Assert.NotEqual("COMPLETED", job.State);
        Assert.Contains(kind == "deleted" ? folder : target, job.Cause, StringComparison.Ordinal);
        Assert.Contains(reason, job.Cause, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("untouched", await File.ReadAllTextAsync(secret));
        Assert.False(File.Exists(Path.Combine(Cluster.Work, $"ran-{kind}")), "the job ran all the same");
        await AssertAliveAsync();
    }

    [Fact]
    public async Task An_output_that_cannot_take_bytes_is_the_jobs_own_error()
    {
        var id = await Cluster.SubmitAsync(Users.Alice, "--mem=64M", "--no-requeue", "-o", "/dev/full", "--wrap", "echo x");
        Assert.Equal("FAILED", (await Cluster.EndedAsync(id)).State);
        await AssertAliveAsync();
    }

    [Fact]
    public async Task Another_users_script_is_out_of_reach_and_so_is_their_job()
    {
        var submitted = await Cluster.RunAsAsync(Users.Alice, "env", ["SECRET=swordfish", "sbatch", "--parsable", "--mem=64M", "-H"], input: "#!/bin/sh\necho secret-script $SECRET\n");
        var id = uint.Parse(submitted.Output.Trim(), System.Globalization.CultureInfo.InvariantCulture);
        foreach (var arguments in (string[][])[["scontrol", "show", "job", "-d", $"{id}"], ["stint", "explain", $"{id}"], ["squeue", "-h", "-o", "%all"], ["scontrol", "write", "batch_script", $"{id}", "-"]])
        {
            var result = await Cluster.RunAsAsync(Users.Bob, arguments[0], arguments[1..]);
            Assert.DoesNotContain("swordfish", result.Output + result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("secret-script", result.Output + result.Error, StringComparison.Ordinal);
        }
        var cancel = await Cluster.RunAsAsync(Users.Bob, "scancel", [$"{id}"]);
        Assert.Equal(210, cancel.ExitCode);
        Assert.Contains($"scancel: error: Kill job error on job id {id}: Access/permission denied", cancel.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, (await Cluster.RunAsAsync(Users.Bob, "scontrol", ["release", $"{id}"])).ExitCode);
        var join = await Cluster.RunAsAsync(Users.Bob, "srun", ["--jobid", $"{id}", "true"]);
        Assert.NotEqual(0, join.ExitCode);
        Assert.Equal("PENDING", (await Cluster.JobAsync(id)).State);
        Assert.Equal(0, (await Cluster.RunAsAsync(Users.Alice, "scancel", [$"{id}"])).ExitCode);
    }

    [Fact]
    public async Task State_folders_are_closed_to_users()
    {
        foreach (var path in (string[])["server/journal.db", "server/ca.key", "server/signing.key", $"agent-{Cluster.Node}/node.key"])
            Assert.NotEqual(0, (await Cluster.RunAsAsync(Users.Alice, "cat", [Path.Combine(Cluster.Home, path)])).ExitCode);
        var token = await Cluster.RunAsAsync(Users.Alice, "stint", ["token"]);
        Assert.NotEqual(0, token.ExitCode);
    }

    private async Task AssertAliveAsync()
    {
        var ping = await Cluster.RunAsync("scontrol", "ping");
        Assert.Contains("is UP", ping.Output, StringComparison.Ordinal);
        var id = await Cluster.SubmitAsync(Users.Bob, "--mem=64M", "-o", "/dev/null", "--wrap", "true");
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
    }
}
