using System.Buffers.Binary;
using System.Numerics;

namespace Stint.Storage.Sqlite;

/// <summary>CRC-32C over the sequence and the bytes: a record that was moved counts as damaged, too.</summary>
internal static class RecordChecksum
{
    public static uint Of(long sequence, ReadOnlySpan<byte> body)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, (ulong)sequence);
        for (; body.Length >= 8; body = body[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(body));
        foreach (var value in body) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
