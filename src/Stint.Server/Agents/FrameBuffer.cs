namespace Stint.Server.Agents;

/// <summary>Collects one message's frames; grows to the cap and back, so that one big report does not stay in memory for ever.</summary>
internal sealed class FrameBuffer(int maxBytes)
{
    private const int SizeUsual = 16 << 10;
    private byte[] buffer = new byte[SizeUsual];
    private int length;

    /// <summary>Never empty.</summary>
    public Memory<byte> Free
    {
        get
        {
            if (length == buffer.Length) Array.Resize(ref buffer, Math.Min(buffer.Length * 2, maxBytes + 1));
            return buffer.AsMemory(length);
        }
    }

    public ReadOnlySpan<byte> Message => buffer.AsSpan(0, length);

    /// <summary>False: the message is over the cap.</summary>
    public bool Advance(int count)
    {
        length += count;
        return length <= maxBytes;
    }

    public void Clear()
    {
        length = 0;
        if (buffer.Length > 16 * SizeUsual) buffer = new byte[SizeUsual];
    }
}
