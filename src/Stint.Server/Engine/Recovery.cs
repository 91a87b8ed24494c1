using Google.Protobuf;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Storage;

namespace Stint.Server.Engine;

/// <summary>From a journal to a running cluster: the fold of what was committed, then what the start itself changes.</summary>
internal static class Recovery
{
    /// <summary>What a snapshot becomes, per byte: a pending job is about 45 bytes there, and 250 in the cluster.</summary>
    private const long HeapPerByte = 6;

    /// <exception cref="JournalException">It cannot be read.</exception>
    /// <exception cref="InvalidOperationException">Its records contradict each other.</exception>
    public static (Cluster Cluster, int Records) Replay(IJournal journal)
    {
        var last = 0L;
        using var quiet = new QuietHeap();
        var cluster = new Cluster();
        if (journal.ReadSnapshot() is { } snapshot)
        {
            quiet.Begin(snapshot.Length * HeapPerByte);
            cluster = Load(snapshot, out last);
        }
        var replayed = 0;
        foreach (var (_, record) in journal.Read(last))
        {
            cluster.Apply(record);
            replayed++;
        }
        return (cluster, replayed);
    }

    private static Cluster Load(byte[] snapshot, out long last)
    {
        try
        {
            return Cluster.FromSnapshot(snapshot, out last);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new JournalException($"the journal's snapshot is damaged: {e.Message}", e);
        }
    }

    /// <summary>
    /// What a start changes: the configuration, nodes that are not linked yet, runs whose clients are gone. One commit, before anybody asks.
    /// Not null: the configuration is refused, and nothing was written.
    /// </summary>
    /// <param name="also">What else the configuration says, decided once it is in force.</param>
    public static Refusal? Prepare(Cluster cluster, IJournal journal, ClusterConfigured config, Instant now, Action<Batch>? also = null)
    {
        var batch = new Batch(cluster);
        batch.Begin(now);
        if (batch.Decide(new Configure(config)).Refusal is { } refusal) return refusal;
        also?.Invoke(batch);
        foreach (var node in new List<Node>(cluster.Nodes.Values))
        {
            // Silence counts from now: while there was no server, nobody could have heard it.
            if (node.Availability == NodeAvailability.NodeNotResponding) batch.Decide(new RegisterNode(node.Registration));
            batch.Decide(new LoseNode(node.Name));
        }
        foreach (var job in new List<Job>(cluster.Jobs.Values))
            if (!job.Spec.IsBatch && !job.IsOver && !(job.Spec.NoShell && job.IsActive)) batch.Decide(new CompleteInteractiveJob(job.Id, new Actor(job.Spec.Uid, IsOperator: true), 1, 0));
        journal.Append(batch.Records, batch.Blobs);
        return null;
    }
}
