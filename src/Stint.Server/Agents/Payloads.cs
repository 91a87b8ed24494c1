using System.Security.Cryptography;
using Google.Protobuf;
using Stint.Protocol.Agents;
using Stint.Storage;

namespace Stint.Server.Agents;

/// <summary>
/// The users' scripts, arguments and environments by their hash. The newest ones stay parsed: an array's tasks share one.
/// <see cref="Find"/> on the engine's thread only.
/// </summary>
internal sealed class Payloads(IJournal journal)
{
    private const int KeptMax = 512;
    private const long KeptBytesMax = 64L << 20;
    private readonly Dictionary<string, (LaunchPayload Payload, int Size)> kept = new(StringComparer.Ordinal);
    private readonly Queue<string> order = new();
    private long keptBytes;

    /// <summary>Serialized and hashed; any thread.</summary>
    public static Blob ToBlob(LaunchPayload payload)
    {
        var bytes = payload.ToByteArray();
        return new Blob(Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes);
    }

    public void Keep(string hash, LaunchPayload payload, int size)
    {
        if (size > KeptBytesMax / 8 || !kept.TryAdd(hash, (payload, size))) return;
        order.Enqueue(hash);
        keptBytes += size;
        while ((kept.Count > KeptMax || keptBytes > KeptBytesMax) && order.TryDequeue(out var oldest))
            if (kept.Remove(oldest, out var gone)) keptBytes -= gone.Size;
    }

    /// <summary>Null: the journal has no such blob.</summary>
    public LaunchPayload? Find(string hash)
    {
        if (hash.Length == 0) return new LaunchPayload();
        if (kept.TryGetValue(hash, out var known)) return known.Payload;
        if (journal.ReadBlob(hash) is not { } bytes) return null;
        var payload = LaunchPayload.Parser.ParseFrom(bytes);
        Keep(hash, payload, bytes.Length);
        return payload;
    }
}
