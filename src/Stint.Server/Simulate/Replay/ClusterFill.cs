using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Traces;

namespace Stint.Server.Simulate.Replay;

/// <summary>What a cluster that only fills up gave out.</summary>
/// <param name="GpuMilli">Thousandths of GPUs there are.</param>
/// <param name="ArrivedMilli">Asked for until the end.</param>
/// <param name="AllocatedMilli">Given out.</param>
/// <param name="Placed">Jobs that fitted.</param>
/// <param name="Dropped">Jobs that did not.</param>
public sealed record FillResult(long GpuMilli, long ArrivedMilli, long AllocatedMilli, int Placed, int Dropped)
{
    public double Allocation => GpuMilli == 0 ? 0 : (double)AllocatedMilli / GpuMilli;
}

/// <summary>
/// Fills a cluster with the jobs of a trace in an order drawn from a seed, none ever ending, until what arrived equals its GPUs: the
/// measure of the FGD paper, with the engine's own placement, which has seen the workload before. A job that does not fit at once is dropped. Where the trace is too short,
/// jobs are drawn from it again.
/// </summary>
public static class ClusterFill
{
    private static readonly Actor Operator = new(0, IsOperator: true);

    public static FillResult Run(IReadOnlyList<TraceJob> trace, ClusterDescription description, ReplaySettings settings, int seed, Action<double>? progress = null)
    {
        var random = new Random(seed);
        var order = trace.ToArray();
        random.Shuffle(order);
        var requests = new JobRequests(description, static job => Math.Max(job.EstimateMs, 1), settings.KeepNodes);
        var cluster = new Cluster();
        var now = new Instant(1_000_000_000_000);
        ClusterReplay.SetUp(cluster, description, settings, now);
        foreach (var job in order) MakeKnown(cluster, requests.Of(job), now);
        long total = description.Capacity.Gpus * TraceJob.WholeGpu, arrived = 0, allocated = 0;
        var (placed, dropped) = (0, 0);
        if (order.Length == 0) return new FillResult(total, 0, 0, 0, 0);
        for (var i = 0; arrived < total; i++)
        {
            var job = i < order.Length ? order[i] : order[random.Next(order.Length)];
            arrived += job.GpuMilli;
            if (TryPlace(cluster, requests.Of(job), now)) { allocated += job.GpuMilli; placed++; }
            else dropped++;
            if ((i & 0x3F) == 0) progress?.Invoke((double)arrived / total);
            if (i >= order.Length && arrived == 0) break; // nobody asks for GPUs
        }
        return new FillResult(total, arrived, allocated, placed, dropped);
    }

    /// <summary>As in the published measure the workload is no surprise: every kind of job was submitted here before.</summary>
    private static void MakeKnown(Cluster cluster, JobSpec spec, Instant now)
    {
        spec.Held = true;
        var decision = Do(cluster, new SubmitJob(spec), now);
        if (decision.Refusal is null) Do(cluster, new CancelJob(decision.Id, null, Operator), now);
    }

    private static bool TryPlace(Cluster cluster, JobSpec spec, Instant now)
    {
        var decision = Do(cluster, new SubmitJob(spec), now);
        if (decision.Refusal is not null) return false;
        while (cluster.NeedsSchedule) Do(cluster, new Schedule(), now);
        if (cluster.FindJob(decision.Id) is { State: JobState.Running }) return true;
        Do(cluster, new CancelJob(decision.Id, null, Operator), now);
        return false;
    }

    private static Decision Do(Cluster cluster, Command command, Instant now)
    {
        var decision = cluster.Decide(command, now);
        foreach (var record in decision.Records) cluster.Apply(record);
        return decision;
    }
}
