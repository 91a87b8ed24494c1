using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Engine;
using Stint.Server.Features.Jobs;
using Stint.Server.Features.Nodes;

namespace Stint.Server.Watch;

/// <summary>
/// Fan-out of changes to watchers. A ring of recent changes lets a watcher that was away resume; a watcher that does not keep up
/// is told to start over, so that nobody's slowness costs the engine memory or time.
/// </summary>
internal sealed class ChangeFeed : ICommitObserver
{
    private const int RingSize = 8_192;
    public const int WatchersMax = 1_000;
    private readonly Lock gate = new();
    private readonly ChangeEvent?[] ring = new ChangeEvent?[RingSize];
    private readonly List<Watcher> watchers = [];
    private long next, oldestGone;

    /// <summary>Records before this server's start are not in the ring.</summary>
    public void StartAfter(long sequence)
    {
        lock (gate) oldestGone = sequence;
    }

    public void Committed(long sequence, Record record, Cluster cluster, Instant now)
    {
        if (ToEvent(sequence, record, cluster) is not { } change) return;
        lock (gate)
        {
            ref var slot = ref ring[next++ % RingSize];
            if (slot is not null) oldestGone = slot.Sequence;
            slot = change;
            for (var i = watchers.Count - 1; i >= 0; i--)
                if (!watchers[i].Offer(change)) watchers.RemoveAt(i);
        }
    }

    /// <summary>Subscribes after <paramref name="lastSeen"/> (null: from now). Null: too many watchers.</summary>
    public Watcher? Subscribe(long? lastSeen)
    {
        lock (gate)
        {
            if (watchers.Count >= WatchersMax) return null;
            var watcher = new Watcher();
            if (lastSeen is { } after)
            {
                if (after < oldestGone) watcher.MarkReset();
                else for (var i = Math.Max(0, next - RingSize); i < next; i++)
                    if (ring[i % RingSize] is { } change && change.Sequence > after) watcher.Offer(change);
            }
            watchers.Add(watcher);
            return watcher;
        }
    }

    public void Unsubscribe(Watcher watcher)
    {
        lock (gate) watchers.Remove(watcher);
    }

    private static ChangeEvent? ToEvent(long sequence, Record record, Cluster cluster)
    {
        var jobId = JobOf(record);
        if (jobId != 0)
        {
            return cluster.FindJob(jobId) is { } job
                ? new ChangeEvent(sequence, "job", jobId, "", JobStates.Name(job), job.State == JobState.Pending ? job.Reason.ToString() : "")
                : null;
        }
        var nodeName = record.BodyCase switch
        {
            Record.BodyOneofCase.NodeRegistered => record.NodeRegistered.Name,
            Record.BodyOneofCase.NodeStateChanged => record.NodeStateChanged.Name,
            _ => null,
        };
        return nodeName is not null && cluster.Nodes.GetValueOrDefault(nodeName) is { } node
            ? new ChangeEvent(sequence, "node", 0, nodeName, NodeStates.Name(node, new NodeContext(cluster, new Instant(record.AtMs))), node.Reason)
            : null;
    }

    private static uint JobOf(Record record) => record.BodyCase switch
    {
        Record.BodyOneofCase.JobSubmitted => record.JobSubmitted.JobId,
        Record.BodyOneofCase.JobHeld => record.JobHeld.JobId,
        Record.BodyOneofCase.JobReleased => record.JobReleased.JobId,
        Record.BodyOneofCase.JobAllocated => record.JobAllocated.JobId,
        Record.BodyOneofCase.JobEndRequested => record.JobEndRequested.JobId,
        Record.BodyOneofCase.JobEnded => record.JobEnded.JobId,
        Record.BodyOneofCase.JobRequeued => record.JobRequeued.JobId,
        Record.BodyOneofCase.JobSuspended => record.JobSuspended.JobId,
        Record.BodyOneofCase.JobResumed => record.JobResumed.JobId,
        Record.BodyOneofCase.JobUpdated => record.JobUpdated.JobId,
        Record.BodyOneofCase.ArrayTasksCancelled => record.ArrayTasksCancelled.ArrayJobId,
        _ => 0,
    };
}
