using Stint.Core;
using Stint.Server.Engine;

namespace Stint.Server.Agents;

/// <summary>
/// A node said that it should get no more jobs until somebody looked. It is drained with its own sentence; one that is drained already keeps the
/// reason it has, because that may be a person's. A node can say this of itself only: its name is the certificate's.
/// </summary>
internal static partial class NodeDrain
{
    private const int ReasonCharsMax = 1_000;
    private static readonly Actor Root = new(0, IsOperator: true);

    /// <summary>Inside a batch, after the decision on the report that brought the reason; nothing for an empty one.</summary>
    public static void Decide(Batch batch, string node, string reason, ILogger log)
    {
        if (reason.Length == 0 || batch.Cluster.Nodes.GetValueOrDefault(node) is not { Drain: false }) return;
        var sentence = reason.ReplaceLineEndings(" ");
        if (sentence.Length > ReasonCharsMax) sentence = sentence[..(ReasonCharsMax - 1)] + "…";
        if (batch.Decide(new UpdateNode(node, Root, Drain: true, Down: null, sentence)).Refusal is { } refusal) Log.NotDrained(log, node, sentence, refusal.Sentence);
        else Log.Drained(log, node, sentence);
    }

    private static partial class Log
    {
        [LoggerMessage(2211, LogLevel.Warning, "Node {Node} is drained by its own report: {Reason}")]
        public static partial void Drained(ILogger logger, string node, string reason);
        [LoggerMessage(2212, LogLevel.Error, "Node {Node} asked to be drained ({Reason}) and is not: {Why}")]
        public static partial void NotDrained(ILogger logger, string node, string reason, string why);
    }
}
