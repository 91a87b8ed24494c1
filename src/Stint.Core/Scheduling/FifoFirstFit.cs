using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Partitions;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling;

/// <summary>
/// First come, first served per partition: a job that waits for resources blocks those behind it.
/// Cost of a pass: the jobs that start, plus those that leave the queue for another reason, plus one.
/// </summary>
public sealed class FifoFirstFit : IScheduler
{
    public Plan Plan(SchedulingView view)
    {
        var plan = new Plan();
        var free = new FreeResources();
        foreach (var partition in view.Partitions)
        {
            if (plan.Starts.Count >= view.StartsMax) { plan.IsCut = true; break; }
            Pass(view, partition, free, plan);
        }
        return plan;
    }

    private static void Pass(SchedulingView view, Partition partition, FreeResources free, Plan plan)
    {
        foreach (var job in view.Pending(partition))
        {
            NodeBalance? FreeOn(Node node) => node.TakesJobs ? view.Reserved(job, node, free.On(node)) : null;
            if (view.Obstacle(job, partition) is { } obstacle) { plan.Verdicts.Add(obstacle); continue; }
            var startable = view.StartableTasks(job);
            var started = 0;
            for (; started < startable; started++)
            {
                if (plan.Starts.Count >= view.StartsMax) { plan.IsCut = true; return; }
                if (started > 0 && view.Obstacle(job, partition) is { } limit) { plan.Verdicts.Add(limit); break; }
                var shares = Placement.Find(job.Request, partition.Nodes, FreeOn);
                if (shares is null)
                {
                    var verdict = WhyNot(view, job, partition, FreeOn);
                    plan.Verdicts.Add(verdict);
                    if (verdict.Blocks) return;
                    break;
                }
                foreach (var share in shares) free.TryTake(view.Node(share.Node), share, Holder.Of(job.Spec));
                plan.Starts.Add(new Start(job, shares));
                view.NoteStart(job);
            }
            if (job.IsArray && started == startable && started < job.PendingTaskCount && view.Obstacle(job, partition) is { } throttle)
                plan.Verdicts.Add(throttle);
        }
    }

    /// <summary>Waits for others to end, or for nodes to come back, or could never run here as things stand?</summary>
    private static Verdict WhyNot(SchedulingView view, Job job, Partition partition, Func<Node, NodeBalance?> freeOn)
    {
        if (job.FitsNodesVersion != view.NodesVersion)
        {
            if (!Placement.Fits(job.Request, partition.Nodes, static node => node.TakesJobs ? FreeResources.Total(node) : null))
                return Placement.Fits(job.Request, partition.Nodes, static node => FreeResources.Total(node))
                    ? new Verdict(job, PendingReason.ReqNodeNotAvail, NotAvailable(job, partition))
                    : new Verdict(job, PendingReason.PartitionConfig, NeverHere(job, partition));
            job.FitsNodesVersion = view.NodesVersion;
        }
        return new Verdict(job, PendingReason.Resources, NotFree(job, partition, freeOn), Blocks: true);
    }

    private static string NotFree(Job job, Partition partition, Func<Node, NodeBalance?> freeOn)
    {
        long cpus = 0;
        ulong most = 0;
        var usable = 0;
        foreach (var node in partition.Nodes)
        {
            if (freeOn(node) is not { } balance) continue;
            usable++;
            cpus += balance.Cpus.Count;
            most = Math.Max(most, balance.MemoryBytes);
        }
        return $"needs {job.Request}; free in partition {partition.Name}: {cpus} CPUs and at most {new ByteSize(most)} of memory on one of {usable} nodes";
    }

    private static string NotAvailable(Job job, Partition partition)
    {
        var names = new List<string>();
        foreach (var node in partition.Nodes)
            if (!node.TakesJobs && names.Count < 8) names.Add(node.Name);
        return $"needs {job.Request}; that takes nodes that are down, drained or not responding: {string.Join(',', names)}";
    }

    private static string NeverHere(Job job, Partition partition) =>
        $"needs {job.Request}; partition {partition.Name} has {partition.TotalCpus} CPUs and {new ByteSize(partition.TotalMemoryBytes)} of memory on {partition.Nodes.Count} nodes";
}
