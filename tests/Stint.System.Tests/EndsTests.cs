using System.Text.Json;
using Stint.Protocol.Api;

namespace Stint.SystemTests;

/// <summary>What happens around a job: prolog, epilog, what it uses while it runs, and limits that somebody changes behind the agent's back.</summary>
[Collection("cluster")]
public sealed class EndsTests(SharedCluster shared)
{
    private readonly SharedCluster _usersExist = shared;

    private static void Program(TestCluster cluster, string name, string script)
    {
        var path = Path.Combine(cluster.Home, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    [Fact]
    public async Task A_failing_prolog_holds_the_job_and_drains_the_node_until_somebody_repairs_it()
    {
        await using var cluster = await TestCluster.StartAsync(prepare: c =>
        {
            Program(c, "prolog.d/scratch", $"test -e {c.Work}/scratch || {{ echo no scratch disk; exit 7; }}\necho prolog $SLURM_JOB_USER >> {c.Work}/log");
            Program(c, "epilog.d/clean", $"echo epilog $SLURM_JOB_ID >> {c.Work}/log");
        });
        var id = await cluster.SubmitAsync(Users.Alice, "--mem=100M", "-o", "/dev/null", "--wrap", $"echo job >> {cluster.Work}/log");
        await TestCluster.UntilAsync(async () => (await cluster.JobAsync(id)) is { State: "PENDING", Reason: var reason } && reason.Contains("Held", StringComparison.OrdinalIgnoreCase), 30, () => "the job is not held");
        var node = await cluster.RunAsync("sinfo", "-h", "-R", "-o", "%E");
        Assert.Contains($"prolog of job {id}: {cluster.Home}/prolog.d/scratch ended with exit code 7: no scratch disk", node.Output, StringComparison.Ordinal);

        File.WriteAllText(Path.Combine(cluster.Work, "scratch"), "");
        File.WriteAllText(Path.Combine(cluster.Work, "log"), "");
        File.SetUnixFileMode(Path.Combine(cluster.Work, "log"), (UnixFileMode)0b110_110_110);
        await cluster.RunAsync("scontrol", "update", $"NodeName={cluster.Node}", "State=RESUME");
        await cluster.RunAsync("scontrol", "release", $"{id}");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(id, 90)).State);
        Assert.Equal([$"prolog {Users.Alice}", "job", $"epilog {id}"], cluster.ReadWork("log").TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Usage_of_a_running_job_comes_from_its_node_and_a_changed_limit_is_put_back()
    {
        await using var cluster = await TestCluster.StartAsync();
        var id = await cluster.SubmitAsync(Users.Alice, "--mem=100M", "-o", "/dev/null", "--wrap", $"x=$(head -c 8000000 /dev/zero | tr '\\0' x); touch {cluster.Work}/ready; sleep 300");
        await TestCluster.UntilAsync(() => Task.FromResult(File.Exists(cluster.Work + "/ready")), 30, () => "the job is not ready");
        var stat = await cluster.RunAsAsync(Users.Alice, "sstat", ["-nP", "-o", "JobID,MaxRSS,NTasks", "-j", $"{id}"]);
        Assert.Matches($@"^{id}\.batch\|\d{{4,6}}K\|1\n$", stat.Output);

        var row = (await cluster.ExplainAsync(id)).Steps.Single().Rows.Single(r => r.Resource == "pids");
        File.WriteAllText(row.File, "77777");
        using var http = cluster.Http();
        (await http.PostAsync($"http://stint/api/v1/nodes/{cluster.Node}/audit", null)).EnsureSuccessStatusCode();
        await TestCluster.UntilAsync(() => Task.FromResult(File.ReadAllText(row.File).Trim() == row.Written), 30, () => "the limit is not back");
        NodeEventView[] events = [];
        await TestCluster.UntilAsync(async () => (events = JsonSerializer.Deserialize(await http.GetStringAsync($"http://stint/api/v1/nodes/events?job={id}"), ApiJson.Default.NodeEventList)!.Events).Length > 0, 30, () => "no event");
        Assert.Equal(("drift", $"{row.File} was 77777; it is {row.Written} again"), (events[0].Kind, events[0].Sentence));
        await cluster.RunAsync("scancel", $"{id}");
        Assert.Equal("CANCELLED", (await cluster.EndedAsync(id)).State);
    }
}
