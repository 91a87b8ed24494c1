using System.Globalization;
using System.Text;
using Stint.Protocol.Agents;
using Stint.Server.Agents;

namespace Stint.Server.Features.Metrics;

/// <summary>
/// GET /api/v1/metrics, to operators: pressure (PSI) of nodes, users and jobs, and what each running step uses, asked of the nodes at that moment; in the
/// Prometheus text format, version 0.0.4.
/// </summary>
internal static class Show
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, UsageQueries queries) =>
        routes.MapGet($"{Endpoints.Root}/metrics", context => HandleAsync(context, engine, queries)).Describe("showMetrics", "Pressure and usage in the Prometheus text format");

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, UsageQueries queries)
    {
        if (!context.User().IsOperator)
        {
            await Reply.RefuseAsync(context, 403, Stint.Core.RefusalCodes.AccessDenied, "metrics are of all users: operators see them");
            return;
        }
        var (ok, known) = await context.AskOrRefuseAsync(engine, static batch =>
        {
            var uids = new Dictionary<uint, uint>();
            foreach (var job in batch.Cluster.Jobs.Values) if (job.IsActive) uids[job.Id] = job.Spec.Uid;
            return (Nodes: (string[])[.. batch.Cluster.Nodes.Keys], Uids: uids);
        });
        if (!ok) return;
        var asked = new Task<UsageReport?>[known.Nodes.Length];
        for (var i = 0; i < asked.Length; i++) asked[i] = queries.AskAsync(known.Nodes[i], 0, context.RequestAborted);
        var text = new MetricText();
        for (var i = 0; i < asked.Length; i++) Add(text, known.Nodes[i], await asked[i], known.Uids);
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), context.RequestAborted);
    }

    private static void Add(MetricText text, string node, UsageReport? report, Dictionary<uint, uint> uids)
    {
        text.Add("stint_node_answers", "gauge", "1 when the node answered in time", $"node=\"{node}\"", report is null ? 0 : 1);
        if (report is null) return;
        foreach (var pressure in report.Pressure) Add(text, "stint_node_pressure", $"node=\"{node}\"", pressure);
        var (jobs, users) = (new HashSet<uint>(), new HashSet<uint>());
        foreach (var step in report.Steps)
        {
            if (step.Key is not { } key || !uids.TryGetValue(key.JobId, out var uid)) continue;
            var labels = string.Create(CultureInfo.InvariantCulture, $"node=\"{node}\",job=\"{key.JobId}\",uid=\"{uid}\"");
            var (newJob, newUser) = (jobs.Add(key.JobId), users.Add(uid));
            foreach (var pressure in step.Pressure)
            {
                if (pressure.Scope == "job" && newJob) Add(text, "stint_job_pressure", labels, pressure);
                if (pressure.Scope == "user" && newUser) Add(text, "stint_user_pressure", string.Create(CultureInfo.InvariantCulture, $"node=\"{node}\",uid=\"{uid}\""), pressure);
            }
            var of = string.Create(CultureInfo.InvariantCulture, $"{labels},step=\"{key.StepId}\"");
            text.Add("stint_step_memory_bytes", "gauge", "memory of the step's group", of, step.MemoryBytes);
            text.Add("stint_step_memory_peak_bytes", "gauge", "its highest so far", of, step.PeakMemoryBytes);
            text.Add("stint_step_memory_limit_bytes", "gauge", "its limit", of, step.MemoryLimitBytes);
            text.Add("stint_step_cpu_seconds_total", "counter", "CPU time of the step's group", of, (step.CpuUserUs + step.CpuSystemUs) / 1e6);
            text.Add("stint_step_processes", "gauge", "processes of the step", of, step.Processes);
            text.Add("stint_step_oom_kills_total", "counter", "processes that the kernel killed for want of memory", of, step.OomKills);
            text.Add("stint_step_pids_refused_total", "counter", "forks that the process limit refused", of, step.PidsLimitHits);
            if (step.HasEnergyUj) text.Add("stint_step_energy_joules_total", "counter", "of GPUs that the step has to itself, measured; of processors its share by CPU time, an estimate", of, step.EnergyUj / 1e6);
        }
    }

    private static void Add(MetricText text, string name, string labels, Pressure p)
    {
        foreach (var (kind, us, ten, sixty) in new[] { ("some", p.SomeUs, p.Some10S, p.Some60S), ("full", p.FullUs, p.Full10S, p.Full60S) })
        {
            var of = $"{labels},resource=\"{p.Resource}\",kind=\"{kind}\"";
            text.Add($"{name}_seconds_total", "counter", "time in which some, or all, waited for the resource (PSI)", of, us / 1e6);
            text.Add($"{name}_ratio", "gauge", "the same as a share of the last 10 s and 60 s", $"{of},window=\"10s\"", ten / 10_000.0);
            text.Add($"{name}_ratio", "gauge", "", $"{of},window=\"60s\"", sixty / 10_000.0);
        }
    }
}
