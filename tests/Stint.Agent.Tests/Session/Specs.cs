using System.Security.Cryptography;
using Google.Protobuf;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Session;

internal static class Specs
{
    /// <summary>A launch that node n1 of cluster "test" takes now.</summary>
    public static LaunchSpec Valid(uint job) => new()
    {
        Key = new StepKey { JobId = job, StepId = 0, Attempt = 1 }, Node = "n1", Cluster = "test", Uid = 1000, Gid = 1000,
        ExpiresMs = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeMilliseconds(), Nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16)),
        Limits = new Limits { MemoryBytes = 64 << 20 },
    };
}
