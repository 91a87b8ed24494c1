using System.Buffers;
using Google.Protobuf;
using Stint.Core.Journal;

namespace Stint.Core;

/// <summary>The jobs in a snapshot's bytes, one by one, as the bytes of a <see cref="JobImage"/> each.</summary>
internal ref struct SnapshotBytes(ReadOnlySpan<byte> body)
{
    private const ulong JobsTag = Snapshot.JobsFieldNumber << 3 | (ulong)WireFormat.WireType.LengthDelimited;

    private readonly ReadOnlySpan<byte> body = body;
    private int at, start;

    public readonly ReadOnlySpan<byte> Current => body[start..at];
    public readonly SnapshotBytes GetEnumerator() => this;

    public bool MoveNext()
    {
        while (at < body.Length)
            if (Step()) return true;
        return false;
    }

    /// <summary>All but the jobs, and how many of them there are.</summary>
    public static (byte[] Others, int Jobs) Split(ReadOnlySpan<byte> body)
    {
        var (others, jobs) = (new ArrayBufferWriter<byte>(), 0);
        var walk = new SnapshotBytes(body);
        while (walk.at < body.Length)
        {
            var before = walk.at;
            if (walk.Step()) jobs++;
            else others.Write(body[before..walk.at]);
        }
        return (others.WrittenSpan.ToArray(), jobs);
    }

    /// <summary>Over one field. True: it is a job.</summary>
    private bool Step()
    {
        var tag = Varint();
        start = at;
        switch ((WireFormat.WireType)(tag & 7))
        {
            case WireFormat.WireType.Varint: Varint(); break;
            case WireFormat.WireType.Fixed64: Skip(8); break;
            case WireFormat.WireType.Fixed32: Skip(4); break;
            case WireFormat.WireType.LengthDelimited:
                var length = Varint();
                start = at;
                Skip(length);
                break;
            default: throw new InvalidOperationException($"the snapshot has a field of wire type {tag & 7}");
        }
        return tag == JobsTag;
    }

    private void Skip(ulong length)
    {
        if (length > (ulong)(body.Length - at)) throw new InvalidOperationException("the snapshot ends in the middle of a field");
        at += (int)length;
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; at < body.Length && shift < 70; shift += 7)
        {
            var next = body[at++];
            value |= (next & 0x7FUL) << shift;
            if (next < 0x80) return value;
        }
        throw new InvalidOperationException("the snapshot ends in the middle of a number");
    }
}
