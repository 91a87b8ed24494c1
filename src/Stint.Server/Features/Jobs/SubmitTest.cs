using System.Globalization;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Agents;
using Stint.Server.Engine;

namespace Stint.Server.Features.Jobs;

/// <summary>
/// <c>sbatch --test-only</c>: the same fold answers what would happen, on a copy of the state that is then dropped. Long queues are
/// not copied: there the answer says what is sure without it.
/// </summary>
internal static class SubmitTest
{
    private const int JobsMax = 2_000;

    public static (Refusal? Refusal, SubmitResponse? Answer) Decide(Batch batch, JobSpec spec)
    {
        var decision = batch.Cluster.Decide(new SubmitJob(spec), batch.Now);
        if (decision.Refusal is { } refusal) return (refusal, null);
        var id = decision.Id;
        if (batch.Cluster.Jobs.Count > JobsMax || decision.Records.Count == 0) return (null, new SubmitResponse(id, $"Job {id} would be accepted in partition {spec.Partition}"));
        var copy = Cluster.FromSnapshot(batch.Cluster.ToSnapshot(0));
        foreach (var record in decision.Records) copy.Apply(record);
        foreach (var record in copy.Decide(new Schedule(), batch.Now).Records) copy.Apply(record);
        return (null, new SubmitResponse(id, Sentence(copy, id)));
    }

    private static string Sentence(Cluster copy, uint id)
    {
        foreach (var job in copy.JobsOf(id))
            if (job.State == JobState.Running) return Starts(job, job.Started);
        var waiting = copy.FindJob(id)!;
        return string.Create(CultureInfo.InvariantCulture, $"Job {id} would wait in partition {waiting.Spec.Partition} ({waiting.Reason}){(waiting.ReasonDetail.Length > 0 ? ": " : "")}{waiting.ReasonDetail}");
    }

    private static string Starts(Job job, Instant at)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(at.Milliseconds).ToLocalTime();
        return string.Create(CultureInfo.InvariantCulture,
            $"Job {job.Id} to start at {time:yyyy-MM-ddTHH:mm:ss} using {JobViews.Allocated(job.Shares).Cpus} processors on nodes {JobEnvironment.NodeList(job.Shares)} in partition {job.Spec.Partition}");
    }
}
