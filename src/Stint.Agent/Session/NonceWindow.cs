using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Stint.Agent.Session;

/// <summary>
/// The launches of the last while, so that none is taken twice. Bounded: when it is full the oldest entry goes, and from then on everything
/// that expires no later than that one is refused, so forgetting never means allowing.
/// </summary>
internal sealed class NonceWindow(int capacity)
{
    private readonly HashSet<UInt128> _seen = [];
    private readonly PriorityQueue<UInt128, long> _byExpiry = new();
    private long _floorMs = long.MinValue;

    public int Count => _seen.Count;

    /// <summary>False when it was seen before, or is too old to know.</summary>
    public bool TryAdd(ReadOnlySpan<byte> nonce, long expiresMs, long forgetBeforeMs)
    {
        while (_byExpiry.TryPeek(out var old, out var expiry) && expiry < forgetBeforeMs)
        {
            _byExpiry.Dequeue();
            _seen.Remove(old);
        }
        if (expiresMs <= _floorMs) return false;
        var key = Key(nonce);
        if (!_seen.Add(key)) return false;
        _byExpiry.Enqueue(key, expiresMs);
        if (_seen.Count > capacity && _byExpiry.TryDequeue(out var evicted, out var evictedExpiry))
        {
            _seen.Remove(evicted);
            _floorMs = evictedExpiry;
        }
        return true;
    }

    private static UInt128 Key(ReadOnlySpan<byte> nonce)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(nonce, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
