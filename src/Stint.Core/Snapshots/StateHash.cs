using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Equal states have equal hashes, whatever path led there. Covers all that a snapshot covers.</summary>
    public ulong StateHash() => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(ToSnapshot(0).ToByteArray()));
}
