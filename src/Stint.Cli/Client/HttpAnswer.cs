using System.Text;

namespace Stint.Cli.Client;

/// <summary>A server that does not speak our HTTP: the message says what was wrong with the answer.</summary>
internal class BadAnswerException(string message) : IOException(message);

internal sealed class AnswerTooLongException(int maxBytes) : BadAnswerException($"its answer is over {maxBytes} bytes");

/// <summary>
/// Status line and headers of an HTTP/1.1 answer, read from a stream with hard bounds, and a reader for its body (content-length, chunked,
/// or until the end). Accepts only what our server sends; everything else is a <see cref="BadAnswerException"/>.
/// </summary>
internal sealed class HttpAnswer
{
    public const int MaxHeaderBytes = 32 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[MaxHeaderBytes];
    private int _start, _end;
    private bool _chunked, _closes;
    /// <summary>Bytes of the body; -1: until the end of the stream.</summary>
    private long _length = -1;

    private HttpAnswer(Stream stream) => _stream = stream;

    public int Status { get; private set; }
    /// <summary>
    /// After <see cref="ReadWholeBody"/>: the answer ended exactly where it said, nothing followed it, and the server keeps the connection.
    /// What is read next on it is then the answer to the next request, which may be another user's.
    /// </summary>
    public bool LeavesConnectionClean { get; private set; }
    /// <summary>Takes the body out of what follows.</summary>
    public BodyDecoder Body => new(_chunked, _length);

    public static HttpAnswer Read(Stream stream)
    {
        var answer = new HttpAnswer(stream);
        int headerEnd;
        while ((headerEnd = answer._buffer.AsSpan(0, answer._end).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (answer._end == MaxHeaderBytes) throw new BadAnswerException($"the headers of its answer are over {MaxHeaderBytes} bytes");
            int got = stream.Read(answer._buffer.AsSpan(answer._end));
            if (got == 0) throw new BadAnswerException(answer._end == 0 ? "it closed the connection without an answer" : "its answer ends within the headers");
            answer._end += got;
        }
        answer.ParseHeaders(answer._buffer.AsSpan(0, headerEnd));
        answer._start = headerEnd + 4;
        return answer;
    }

    /// <summary>What was read beyond the headers: the beginning of a stream's body, or the first frames of an upgraded connection.</summary>
    public ReadOnlyMemory<byte> TakeSurplus()
    {
        var surplus = _buffer.AsMemory(_start, _end - _start);
        _start = _end;
        return surplus;
    }

    private void ParseHeaders(ReadOnlySpan<byte> text)
    {
        int lineEnd = text.IndexOf("\r\n"u8);
        var status = lineEnd < 0 ? text : text[..lineEnd];
        if (status.Length < 12 || !status.StartsWith("HTTP/1."u8) || status[8] != (byte)' ' || !TryNumber(status[9..12], out long code))
            throw new BadAnswerException("its answer is not HTTP");
        Status = (int)code;
        while (lineEnd >= 0)
        {
            text = text[(lineEnd + 2)..];
            lineEnd = text.IndexOf("\r\n"u8);
            var line = lineEnd < 0 ? text : text[..lineEnd];
            int colon = line.IndexOf((byte)':');
            if (colon <= 0) throw new BadAnswerException("its answer has a broken header");
            Header(line[..colon], line[(colon + 1)..].Trim(" \t"u8));
        }
        if (Status is 204 or 304) (_chunked, _length) = (false, 0);
    }

    private void Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            if (!TryNumber(value, out _length)) throw new BadAnswerException("its answer has a broken Content-Length");
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            if (!Ascii.EqualsIgnoreCase(value, "chunked"u8)) throw new BadAnswerException("its answer has an unknown Transfer-Encoding");
            _chunked = true;
        }
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8)) _closes = true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > 15) return false;
        foreach (byte c in text)
        {
            if (c is < (byte)'0' or > (byte)'9') return false;
            value = value * 10 + (c - '0');
        }
        return true;
    }

    /// <summary>The whole body, at most <paramref name="maxBytes"/>.</summary>
    public byte[] ReadWholeBody(int maxBytes)
    {
        var decoder = Body;
        int length = _end - _start;
        if (!_chunked && _length > maxBytes) throw new AnswerTooLongException(maxBytes);
        byte[] body = new byte[Math.Max(length, !_chunked && _length > 0 ? (int)Math.Min(_length, maxBytes) + 1 : 4096)];
        _buffer.AsSpan(_start, length).CopyTo(body);
        length = decoder.Decode(body.AsSpan(0, length));
        while (!decoder.Finished)
        {
            if (length > maxBytes) throw new AnswerTooLongException(maxBytes);
            if (length == body.Length) Array.Resize(ref body, body.Length * 2);
            int got = _stream.Read(body.AsSpan(length));
            if (got == 0) { decoder.End(); break; }
            length += decoder.Decode(body.AsSpan(length, got));
        }
        LeavesConnectionClean = !_closes && !decoder.HasSurplus && (_chunked || _length >= 0);
        Array.Resize(ref body, length);
        return body;
    }
}
