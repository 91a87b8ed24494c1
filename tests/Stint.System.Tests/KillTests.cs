using System.Globalization;

namespace Stint.SystemTests;

/// <summary>Whatever is killed when: nothing acknowledged is lost, nothing runs twice, nothing runs on unwatched. Counts side effects, not records.</summary>
public sealed class KillTests
{
    [Fact]
    public async Task Server_killed_in_the_middle_of_2000_submissions_loses_and_doubles_nothing()
    {
        await using var cluster = await TestCluster.StartAsync("n1", "cpus=16,memory=20000M");
        var ran = Path.Combine(cluster.Work, "ran");
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<uint>();
        var left = 2000;
        var kills = 0;
        var clients = Enumerable.Range(0, 4).Select(async _ =>
        {
            using var submission = new Submission(cluster);
            while (Interlocked.Decrement(ref left) >= 0)
                if (await submission.TryAsync($"echo $SLURM_JOB_ID >> {ran}") is { } id) acknowledged.Add(id);
                else await Task.Delay(20);
        });
        var killer = async () =>
        {
            foreach (var mark in (int[])[1500, 700])
            {
                await TestCluster.UntilAsync(() => Task.FromResult(Volatile.Read(ref left) < mark), 120, () => $"submissions stand still at {left}");
                TestCluster.KillNow(cluster.Pid("server"));
                kills++;
                await cluster.UpAsync();
            }
        };
        await Task.WhenAll([.. clients, killer()]);
        Assert.Equal(2, kills);
        Assert.True(acknowledged.Count > 500, $"only {acknowledged.Count} submissions were acknowledged");
        Assert.Equal(acknowledged.Count, acknowledged.Distinct().Count());
        await DrainAsync(cluster, 180);
        await AssertEachOnceAsync(cluster, ran, acknowledged);
    }

    [Fact]
    public async Task Fifty_random_kills_of_server_agent_and_shepherd_lose_nothing()
    {
        const int rounds = 50;
        var seed = int.Parse(Environment.GetEnvironmentVariable("STINT_SEED") ?? "20261122", CultureInfo.InvariantCulture);
        var random = new Random(seed);
        await using var cluster = await TestCluster.StartAsync("n1", "cpus=8,memory=8000M");
        var ran = Path.Combine(cluster.Work, "ran");
        var acknowledged = new List<uint>();
        var shepherdKills = 0;
        for (var round = 0; round < rounds; round++)
        {
            using var submission = new Submission(cluster);
            for (var i = 0; i < 6; i++)
                if (await submission.TryAsync($"echo $SLURM_JOB_ID >> {ran}; sleep 0.{random.Next(1, 9)}") is { } id) acknowledged.Add(id);
            await Task.Delay(random.Next(0, 300));
            switch (random.Next(3))
            {
                case 0: TestCluster.KillNow(cluster.Pid("server")); break;
                case 1: TestCluster.KillNow(cluster.Pid($"agent-{cluster.Node}")); break;
                default: TestCluster.KillNow(cluster.Pid("server")); TestCluster.KillNow(cluster.Pid($"agent-{cluster.Node}")); break;
            }
            if (round % 5 == 4) shepherdKills += await KillAShepherdAsync(cluster);
            await cluster.UpAsync();
        }
        await DrainAsync(cluster, 120);
        await AssertEachOnceAsync(cluster, ran, acknowledged, shepherdKills, $"seed {seed}");
        Assert.True(acknowledged.Count > rounds * 3, $"only {acknowledged.Count} submissions were acknowledged");
        Assert.True(shepherdKills >= 5, $"only {shepherdKills} shepherds were killed");
    }

    [Fact]
    public async Task Agent_killed_with_jobs_running_they_go_on_and_their_ends_are_not_lost()
    {
        await using var cluster = await TestCluster.StartAsync("n1", "cpus=4,memory=4000M");
        using var submission = new Submission(cluster);
        var quick = await submission.TryAsync($"sleep 1; echo $SLURM_JOB_ID >> {cluster.Work}/ran; exit 7");
        var slow = await submission.TryAsync($"sleep 4; echo $SLURM_JOB_ID >> {cluster.Work}/ran");
        await cluster.RunningAsync(quick!.Value);
        await cluster.RunningAsync(slow!.Value);
        TestCluster.KillNow(cluster.Pid("agent-n1"));
        await TestCluster.UntilAsync(() => Task.FromResult(File.Exists($"{cluster.Work}/ran")), 10, () => "the job did not go on without its agent");
        await cluster.UpAsync();
        var ended = await cluster.EndedAsync(quick.Value);
        Assert.Equal(("FAILED", 7), (ended.State, ended.ExitCode));
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(slow.Value)).State);
        await AssertEachOnceAsync(cluster, $"{cluster.Work}/ran", [quick.Value, slow.Value]);
    }

    [Fact]
    public async Task Time_limit_is_kept_while_the_agent_is_dead()
    {
        await using var cluster = await TestCluster.StartAsync("n1", "cpus=4,memory=4000M");
        using var submission = new Submission(cluster);
        var id = (await submission.TryAsync($"trap 'date +%s.%N > {cluster.Work}/term' TERM\necho $$ > {cluster.Work}/pid\ndate +%s.%N > {cluster.Work}/start\nwhile :; do sleep 0.1; done", limitMs: 3_000))!.Value;
        await TestCluster.UntilAsync(() => Task.FromResult(File.Exists($"{cluster.Work}/start") && new FileInfo($"{cluster.Work}/start").Length > 5), 20, () => "the job did not start");
        TestCluster.KillNow(cluster.Pid("agent-n1"));
        var pid = cluster.ReadWork("pid").Trim();
        await TestCluster.UntilAsync(() => Task.FromResult(!Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal)), 15, () => "nobody ended the job");
        var gone = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var start = double.Parse(cluster.ReadWork("start"), CultureInfo.InvariantCulture);
        var term = double.Parse(cluster.ReadWork("term"), CultureInfo.InvariantCulture);
        Assert.InRange(term - start, 2.0, 4.0);
        Assert.InRange(gone - term, 1.0, 3.5);
        await cluster.UpAsync();
        Assert.Equal("TIMEOUT", (await cluster.EndedAsync(id)).State);
    }

    [Fact]
    public async Task Shepherd_killed_its_job_is_ended_as_a_node_side_failure_and_nothing_survives()
    {
        await using var cluster = await TestCluster.StartAsync("n1", "cpus=4,memory=4000M");
        using var submission = new Submission(cluster);
        var id = (await submission.TryAsync($"sleep 600 & setsid sleep 601 & echo $$ > {cluster.Work}/pid; sleep 602", requeue: false))!.Value;
        await TestCluster.UntilAsync(() => Task.FromResult(File.Exists($"{cluster.Work}/pid")), 20, () => "the job did not start");
        Assert.Equal(1, await KillAShepherdAsync(cluster));
        var job = await cluster.EndedAsync(id);
        Assert.Equal("NODE_FAIL", job.State);
        Assert.Contains("shepherd", job.Cause, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(cluster.JobGroups());
        var left = await cluster.RunAsync("pgrep", "-f", "^sleep 60[012]$");
        Assert.Equal("", left.Output);
    }

    /// <summary>Kills one live shepherd of this cluster, on a job of its own. Returns 1 when it did.</summary>
    private static Task<int> KillAShepherdAsync(TestCluster cluster)
    {
        foreach (var pid in cluster.Shepherds())
        {
            TestCluster.KillNow(pid);
            return Task.FromResult(1);
        }
        return Task.FromResult(0);
    }

    private static async Task DrainAsync(TestCluster cluster, int secondsMax)
    {
        string? left = null;
        await TestCluster.UntilAsync(async () => (left = (await cluster.RunAsync("squeue", "-h", "-r", "-o", "%i %T %R")).Output).Trim().Length == 0, secondsMax, () => "the queue does not empty:\n" + left);
    }

    /// <param name="shepherdKills">Jobs that may have ended before they did anything, and say so: their shepherd was killed that early, and they are not to be run again.</param>
    private static async Task AssertEachOnceAsync(TestCluster cluster, string file, IReadOnlyCollection<uint> acknowledged, int shepherdKills = 0, string note = "")
    {
        var runs = File.ReadAllLines(file).Select(l => uint.Parse(l, CultureInfo.InvariantCulture)).GroupBy(i => i).ToDictionary(g => g.Key, g => g.Count());
        var twice = runs.Where(r => r.Value > 1).Select(r => r.Key).ToList();
        var lost = new List<string>();
        foreach (var id in acknowledged.Where(i => !runs.ContainsKey(i)))
            if (await cluster.JobAsync(id) is var job && (job.State != "NODE_FAIL" || !job.Cause.Contains("shepherd", StringComparison.OrdinalIgnoreCase) || shepherdKills-- <= 0)) lost.Add($"{id} ({job.State}: {job.Cause})");
        Assert.True(twice.Count == 0, $"ran twice: {string.Join(' ', twice)} {note}");
        Assert.True(lost.Count == 0, $"acknowledged and never ran: {string.Join(' ', lost)} {note}");
    }
}
