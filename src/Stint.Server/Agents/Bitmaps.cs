using System.Numerics;

namespace Stint.Server.Agents;

/// <summary>CPU sets as the journal and the agents' messages carry them: bit i of the bytes is cpu id i.</summary>
internal static class Bitmaps
{
    public static int Count(ReadOnlySpan<byte> bits)
    {
        var count = 0;
        foreach (var b in bits) count += BitOperations.PopCount(b);
        return count;
    }

    public static int[] ToIds(ReadOnlySpan<byte> bits)
    {
        var ids = new int[Count(bits)];
        var at = 0;
        for (var i = 0; i < bits.Length * 8; i++)
            if ((bits[i >> 3] & (1 << (i & 7))) != 0) ids[at++] = i;
        return ids;
    }
}
