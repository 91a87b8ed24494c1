using Stint.Protocol.Agents;
using Stint.Server.Engine;

namespace Stint.Server.Agents;

/// <summary>The newest events that nodes reported, in memory: what drains a node is in the journal as well, and all of them are in the server's log. Thread-safe.</summary>
internal sealed class NodeEvents
{
    private const int KeptMax = 4_096, SentenceCharsMax = 2_000;
    private readonly Lock gate = new();
    private readonly Queue<(string Node, NodeEvent Event)> kept = new();

    public void Add(string node, NodeEvent happened)
    {
        if (happened.Sentence.Length > SentenceCharsMax) happened.Sentence = happened.Sentence[..SentenceCharsMax];
        lock (gate)
        {
            kept.Enqueue((node, happened));
            if (kept.Count > KeptMax) kept.Dequeue();
        }
    }

    /// <summary>Oldest first; <paramref name="node"/> and <paramref name="jobId"/> null: all.</summary>
    public List<(string Node, NodeEvent Event)> Find(string? node, uint? jobId)
    {
        var found = new List<(string, NodeEvent)>();
        lock (gate)
        {
            foreach (var (name, happened) in kept)
                if ((node is null || node == name) && (jobId is null || happened.Key?.JobId == jobId)) found.Add((name, happened));
        }
        return found;
    }
}

/// <summary>An event on its way through the engine: it is logged, drains its node when it says so, and is acknowledged after that commit.</summary>
internal sealed partial class NodeEventReport(AgentSession session, ulong id, NodeEvent happened, ILogger log) : Work
{
    public override void Decide(Batch batch) => NodeDrain.Decide(batch, session.Node, happened.DrainReason, log);

    public override void Committed()
    {
        Log.Happened(log, session.Node, happened.Kind, happened.Key?.JobId ?? 0, happened.Sentence);
        if (id != 0) session.Send(new ToAgent { Ack = new ReportAck { ReportId = id } });
    }

    public override void Abandon() { }
    public override bool CanWait => happened.DrainReason.Length == 0;

    private static partial class Log
    {
        [LoggerMessage(2221, LogLevel.Warning, "Node {Node}, {Kind}, job {JobId}: {Sentence}")]
        public static partial void Happened(ILogger logger, string node, NodeEventKind kind, uint jobId, string sentence);
    }
}
