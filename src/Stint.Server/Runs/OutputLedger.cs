using Stint.Protocol.Api;

namespace Stint.Server.Runs;

/// <summary>
/// Flow control of output: the client says how many bytes it took, and each node is told its part, in the order in which the
/// bytes went out. A node that sends past its window does not keep to the protocol.
/// </summary>
internal sealed class OutputLedger
{
    private const long UnderWayMax = 8L * RunFrames.Window;
    private readonly Lock gate = new();
    private readonly Queue<(string Node, int Bytes)> sent = new();
    private readonly Dictionary<string, long> underWay = new(StringComparer.Ordinal);
    private int takenOfFirst;

    /// <summary>False: far beyond the window.</summary>
    public bool Sent(string node, int bytes)
    {
        lock (gate)
        {
            var total = underWay.GetValueOrDefault(node) + bytes;
            underWay[node] = total;
            sent.Enqueue((node, bytes));
            return total <= UnderWayMax;
        }
    }

    /// <summary>How many of the taken bytes are each node's.</summary>
    public Dictionary<string, ulong> Taken(ulong bytes)
    {
        var parts = new Dictionary<string, ulong>(StringComparer.Ordinal);
        lock (gate)
        {
            while (bytes > 0 && sent.TryPeek(out var first))
            {
                var part = Math.Min(bytes, (ulong)(first.Bytes - takenOfFirst));
                parts[first.Node] = parts.GetValueOrDefault(first.Node) + part;
                underWay[first.Node] -= (long)part;
                bytes -= part;
                takenOfFirst += (int)part;
                if (takenOfFirst < first.Bytes) break;
                takenOfFirst = 0;
                sent.Dequeue();
            }
        }
        return parts;
    }
}
