namespace Stint.Agent.Session;

/// <summary>Collects the pieces of one frame; grows up to the cap and shrinks again after a large one.</summary>
internal sealed class FrameBuffer
{
    private const int FirstBytes = 16 << 10, KeptBytesMax = 1 << 20;
    private byte[] _buffer = new byte[FirstBytes];
    private int _filled;

    /// <summary>Room for the next piece, never empty.</summary>
    public Memory<byte> Free
    {
        get
        {
            if (_filled == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            return _buffer.AsMemory(_filled);
        }
    }

    public ReadOnlySpan<byte> Filled => _buffer.AsSpan(0, _filled);

    /// <summary>False when the frame is over the cap.</summary>
    public bool Advance(int count)
    {
        _filled += count;
        return _filled <= Frames.BytesMax;
    }

    public void Clear()
    {
        _filled = 0;
        if (_buffer.Length > KeptBytesMax) _buffer = new byte[FirstBytes];
    }
}
