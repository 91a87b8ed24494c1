using System.Globalization;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling.Offers;
using Stint.Protocol.Api;
using Stint.Server.Agents;

namespace Stint.Server.Features.Jobs;

/// <summary>
/// <c>sbatch --test-only</c> and <c>stint offer</c>: the same fold answers what would happen, on a copy of the state that is then dropped.
/// Only the copy is made on the engine's thread; looking ahead is one request at a time, so that such questions never take more than a core.
/// </summary>
internal static class SubmitTest
{
    private static readonly SemaphoreSlim One = new(1, 1);

    public static async Task AnswerAsync(HttpContext context, Engine.Engine engine, JobSpec spec)
    {
        await One.WaitAsync(context.RequestAborted);
        try
        {
            var (ok, copy) = await context.AskOrRefuseAsync(engine, static batch => (State: batch.Cluster.ToForecast(batch.Now, out var isCut), batch.Now, isCut));
            if (!ok) return;
            var offer = Cluster.Offer(copy.State, spec, copy.Now) with { QueueWasCut = copy.isCut };
            await (offer.Refusal is { } never ? Reply.RefuseAsync(context, never)
                : Reply.JsonAsync(context, new SubmitResponse(offer.JobId, Sentence(offer)) { Offer = View(offer, copy.Now) }, ApiJson.Default.SubmitResponse));
        }
        finally
        {
            One.Release();
        }
    }

    private static OfferView View(Offer offer, Instant now) => new()
    {
        JobId = offer.JobId, Partition = offer.Partition, NowMs = now.Milliseconds, StartMs = offer.Start.Milliseconds,
        Cpus = JobViews.Allocated(offer.Shares).Cpus, NodeList = offer.Shares.Count == 0 ? "" : JobEnvironment.NodeList(offer.Shares), Shares = JobViews.Shares(offer.Shares),
        LimitPolicy = offer.LimitPolicy == LimitPolicy.LimitCapacity ? "capacity" : "request",
        Reason = offer.Reason.ToString(), ReasonDetail = offer.ReasonDetail, Preempts = [.. offer.Preempts], QueueWasCut = offer.QueueWasCut,
        Nodes = [.. offer.Nodes.Select(node => new NodeOfferView(node.Node, node.TasksNow, node.TasksMax, node.From.Milliseconds))],
    };

    /// <summary>As Slurm words it, in the server's own time zone: clients say it in theirs.</summary>
    private static string Sentence(Offer offer)
    {
        if (!offer.Start.IsSet)
            return $"Job {offer.JobId} would wait in partition {offer.Partition} ({offer.Reason}){(offer.ReasonDetail.Length > 0 ? ": " : "")}{offer.ReasonDetail}";
        var time = DateTimeOffset.FromUnixTimeMilliseconds(offer.Start.Milliseconds).ToLocalTime();
        return string.Create(CultureInfo.InvariantCulture,
            $"Job {offer.JobId} to start at {time:yyyy-MM-ddTHH:mm:ss} using {JobViews.Allocated(offer.Shares).Cpus} processors on nodes {JobEnvironment.NodeList(offer.Shares)} in partition {offer.Partition}");
    }
}
