using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Protocol.Api;

namespace Stint.Cli.Host;

/// <summary>
/// <c>stint down</c>: no process and no kernel group of this cluster is left afterwards. Running batch jobs go back to the queue (they start
/// again after the next <c>stint up</c>), interactive and non-requeueable ones are cancelled; pending jobs stay.
/// </summary>
internal static class Down
{
    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        if (!UpOptions.TryRead(context, line, out var options)) return 2;
        if (context.Uid != 0)
        {
            await context.Error.WriteLineAsync("stint: down must be run as root. Try: sudo stint down");
            return 1;
        }
        var home = options.Home;
        var server = Daemon.Find(home.ServerPid, "stint-server");
        var agents = home.KnownNodes().Select(n => (Node: n, Pid: Daemon.Find(home.AgentPid(n), "stint-agent"))).Where(a => a.Pid is not null).ToList();
        var resident = Daemon.Find(home.ResidentPid, Resident.ResidentMain.Name);
        if (server is null && agents.Count == 0 && resident is null && Leftovers.Roots(options.CgroupRoot).Count == 0)
        {
            await context.Out.WriteLineAsync($"down: nothing was running ({home.Path})");
            return 0;
        }
        if (server is not null && agents.Count > 0) await EndJobsAsync(context, new ApiClient(home.Socket), [.. agents.Select(a => a.Node)]);
        var forced = new List<string>();
        foreach (var (node, pid) in agents)
        {
            if (!await Daemon.StopAsync(pid!.Value, TimeSpan.FromSeconds(15), context.Cancellation)) forced.Add($"agent {node}");
            File.Delete(home.AgentPid(node));
        }
        if (resident is not null && !await Daemon.StopAsync(resident.Value, TimeSpan.FromSeconds(10), context.Cancellation)) forced.Add("resident");
        File.Delete(home.ResidentPid);
        File.Delete(home.FrontSocket);
        if (server is not null && !await Daemon.StopAsync(server.Value, TimeSpan.FromSeconds(30), context.Cancellation)) forced.Add("server");
        File.Delete(home.ServerPid);
        var left = await Leftovers.RemoveAsync(options.CgroupRoot, TimeSpan.FromSeconds(20), context.Cancellation);
        if (forced.Count > 0) await context.Error.WriteLineAsync($"stint: had to kill: {string.Join(", ", forced)}");
        foreach (var group in left) await context.Error.WriteLineAsync($"stint: could not remove {group}: processes in it do not end; see its cgroup.procs");
        await context.Out.WriteLineAsync($"down: stopped {(server is null ? "" : "the server and ")}{agents.Count} agent{(agents.Count == 1 ? "" : "s")}; state stays in {home.Path}");
        return left.Count == 0 ? 0 : 1;
    }

    /// <summary>Drains the nodes first, so that what goes back to the queue does not start again at once.</summary>
    private static async Task EndJobsAsync(CommandContext context, ApiClient api, string[] nodes)
    {
        try
        {
            foreach (var node in nodes)
                await api.PostAsync($"/api/v1/nodes/{node}/state", new NodeStateRequest("DRAIN", Up.DownReason), ApiJson.Default.NodeStateRequest, ApiJson.Default.SelectionResult, context.Cancellation);
            var jobs = await ActiveAsync(api, context.Cancellation);
            if (jobs.Length == 0) return;
            var back = jobs.Where(j => j is { IsBatch: true, Requeue: true, State: "RUNNING" }).Select(Id).ToArray();
            var end = jobs.Where(j => j is not { IsBatch: true, Requeue: true } && j.State == "RUNNING").Select(Id).ToArray();
            if (back.Length > 0) await PostAsync(api, "requeue", back, context.Cancellation);
            if (end.Length > 0) await PostAsync(api, "cancel", end, context.Cancellation);
            await context.Out.WriteLineAsync($"down: {back.Length} jobs go back to the queue, {end.Length} are cancelled");
            var limit = Environment.TickCount64 + 60_000;
            while ((await ActiveAsync(api, context.Cancellation)).Length > 0 && Environment.TickCount64 < limit) await Task.Delay(50, context.Cancellation);
        }
        catch (Exception e) when (e is ApiUnreachableException or ApiRefusedException)
        {
            await context.Error.WriteLineAsync($"stint: jobs were not ended through the server ({e.Message}); they are killed with their groups");
        }
    }

    private static string Id(JobView job) => job.JobId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<JobView[]> ActiveAsync(ApiClient api, CancellationToken cancellation) =>
        (await api.GetAsync("/api/v1/jobs?state=RUNNING,COMPLETING,SUSPENDED", ApiJson.Default.JobList, cancellation)).Jobs;

    private static Task<SelectionResult> PostAsync(ApiClient api, string verb, string[] jobs, CancellationToken cancellation) =>
        api.PostAsync($"/api/v1/jobs/{verb}", new JobSelection { Jobs = jobs }, ApiJson.Default.JobSelection, ApiJson.Default.SelectionResult, cancellation);
}
