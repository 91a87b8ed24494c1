using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Stint.Server.Auth;

/// <summary>One-time join tokens: 32 random bytes; only their hash is ever stored.</summary>
public static class JoinTokens
{
    public const int TextLengthMax = 128;

    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>SHA-256 of the token's text, lower-case hex.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
