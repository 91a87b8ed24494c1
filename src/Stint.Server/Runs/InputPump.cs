using Google.Protobuf;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;

namespace Stint.Server.Runs;

/// <summary>
/// Standard input on its way to every node of a step: at most a window is under way to each; the rest waits here, and when
/// that is full, in the client.
/// </summary>
internal sealed class InputPump(Action<string, StepInput> send)
{
    private readonly Queue<byte[]> waiting = new();
    private readonly Dictionary<string, long> underWay = new(StringComparer.Ordinal);
    private StepKey? key;
    private bool ended;

    /// <summary>The step has nodes now.</summary>
    public void Begin(StepKey step, IEnumerable<string> nodes)
    {
        key = step;
        foreach (var node in nodes) underWay[node] = 0;
    }

    public void Add(byte[] data)
    {
        if (!ended) waiting.Enqueue(data);
        ended |= data.Length == 0;
    }

    public void Taken(string node, ulong bytes)
    {
        if (underWay.TryGetValue(node, out var before)) underWay[node] = Math.Max(0, before - (long)Math.Min(bytes, long.MaxValue));
    }

    public void NodeIsOver(string node) => underWay.Remove(node);

    /// <summary>Sends what the windows allow; returns how many frames went.</summary>
    public int Flush()
    {
        var frames = 0;
        while (key is not null && waiting.TryPeek(out var data) && HasRoom())
        {
            waiting.Dequeue();
            frames++;
            foreach (var node in new List<string>(underWay.Keys))
            {
                underWay[node] += data.Length;
                send(node, data.Length == 0 ? new StepInput { Key = key, End = true } : new StepInput { Key = key, Data = UnsafeByteOperations.UnsafeWrap(data) });
            }
        }
        return frames;
    }

    private bool HasRoom()
    {
        foreach (var bytes in underWay.Values)
            if (bytes >= RunFrames.Window) return false;
        return true;
    }
}
