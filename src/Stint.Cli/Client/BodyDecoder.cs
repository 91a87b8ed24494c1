namespace Stint.Cli.Client;

/// <summary>
/// Takes chunk headers off a body (RFC 9112, 7.1) or counts a Content-Length down, without reading anything itself: bytes are given to it
/// as they arrive, and what belongs to the body stays, moved to the front.
/// </summary>
/// <param name="length">Bytes of the body; -1: until the end of the connection. Ignored when chunked.</param>
internal sealed class BodyDecoder(bool chunked, long length)
{
    private enum Expect : byte { Size, Extension, SizeEnd, Data, DataCr, DataLf, Trailer, TrailerLine }

    private Expect _expect = chunked ? Expect.Size : Expect.Data;
    private long _left = chunked ? 0 : length;
    private int _digits;

    public bool Finished { get; private set; } = !chunked && length == 0;
    /// <summary>Bytes came after the body's end.</summary>
    public bool HasSurplus { get; private set; }

    /// <summary>Returns how many body bytes now stand at the front of <paramref name="data"/>; what follows the body's end is dropped.</summary>
    public int Decode(Span<byte> data)
    {
        int kept = 0, at = 0;
        while (at < data.Length && !Finished)
        {
            if (_expect != Expect.Data) { Header(data[at++]); continue; }
            int take = _left < 0 ? data.Length - at : (int)Math.Min(_left, data.Length - at);
            if (kept != at) data.Slice(at, take).CopyTo(data[kept..]);
            kept += take;
            at += take;
            if (_left < 0) continue;
            _left -= take;
            if (_left > 0) continue;
            if (chunked) _expect = Expect.DataCr;
            else Finished = true;
        }
        HasSurplus |= at < data.Length;
        return kept;
    }

    /// <summary>The connection has ended: was that the end of the body?</summary>
    public void End()
    {
        if (!Finished && (chunked || _left > 0)) throw new BadAnswerException(chunked ? "its answer ends within a chunk" : $"its answer ends {_left} bytes early");
        Finished = true;
    }

    private void Header(byte c)
    {
        switch (_expect)
        {
            case Expect.Size when HexDigit(c) is >= 0 and var digit:
                if (++_digits > 12) throw Broken();
                _left = _left * 16 + digit;
                return;
            case Expect.Size or Expect.SizeEnd or Expect.Extension when c == '\n' && _digits > 0:
                _expect = _left == 0 ? Expect.Trailer : Expect.Data;
                _digits = 0;
                return;
            case Expect.Size when _digits > 0 && c is (byte)'\r': _expect = Expect.SizeEnd; return;
            case Expect.Size when _digits > 0 && c is (byte)';' or (byte)' ': _expect = Expect.Extension; return;
            case Expect.Extension: return;
            case Expect.DataCr when c == '\r': _expect = Expect.DataLf; return;
            case Expect.DataCr or Expect.DataLf when c == '\n': _expect = Expect.Size; return;
            case Expect.Trailer when c == '\r': return;
            case Expect.Trailer when c == '\n': Finished = true; return;
            case Expect.Trailer: _expect = Expect.TrailerLine; return;
            case Expect.TrailerLine: if (c == '\n') _expect = Expect.Trailer; return;
            default: throw Broken();
        }
    }

    private static int HexDigit(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };

    private static BadAnswerException Broken() => new("its answer has a broken chunk");
}
