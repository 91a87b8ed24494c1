using System.Globalization;
using System.Text;

namespace Stint.Cli.Client;

/// <summary>A server that does not speak our HTTP: the message says what was wrong with the answer.</summary>
internal sealed class BadAnswerException(string message) : IOException(message);

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
    private bool _chunked;
    /// <summary>Bytes left of the body, or of the chunk; -1: until the end of the stream.</summary>
    private long _left = -1;
    private bool _finished;

    private HttpAnswer(Stream stream) => _stream = stream;

    public int Status { get; private set; }
    public string WebSocketAccept { get; private set; } = "";
    /// <summary>What was read beyond the headers: the first frames of an upgraded connection.</summary>
    public ReadOnlyMemory<byte> Surplus => _buffer.AsMemory(_start, _end - _start);

    public static async ValueTask<HttpAnswer> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var answer = new HttpAnswer(stream);
        int headerEnd;
        while ((headerEnd = answer._buffer.AsSpan(0, answer._end).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (answer._end == MaxHeaderBytes) throw new BadAnswerException($"the headers of its answer are over {MaxHeaderBytes} bytes");
            int got = await stream.ReadAsync(answer._buffer.AsMemory(answer._end), cancellation);
            if (got == 0) throw new BadAnswerException(answer._end == 0 ? "it closed the connection without an answer" : "its answer ends within the headers");
            answer._end += got;
        }
        answer.ParseHeaders(answer._buffer.AsSpan(0, headerEnd));
        answer._start = headerEnd + 4;
        return answer;
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
        if (Status is 204 or 304) _finished = true;
        if (_left == 0 && !_chunked) _finished = true;
        if (_chunked) _left = 0;
    }

    private void Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            if (!TryNumber(value, out _left)) throw new BadAnswerException("its answer has a broken Content-Length");
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            if (!Ascii.EqualsIgnoreCase(value, "chunked"u8)) throw new BadAnswerException("its answer has an unknown Transfer-Encoding");
            _chunked = true;
        }
        else if (Ascii.EqualsIgnoreCase(name, "sec-websocket-accept"u8)) WebSocketAccept = Encoding.ASCII.GetString(value);
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

    /// <summary>The next bytes of the body; 0 at its end.</summary>
    public async ValueTask<int> ReadBodyAsync(Memory<byte> into, CancellationToken cancellation)
    {
        if (_finished || into.Length == 0) return 0;
        if (_chunked && _left == 0 && !await NextChunkAsync(cancellation)) return 0;
        if (_left >= 0 && into.Length > _left) into = into[..(int)_left];
        int got = await ReadRawAsync(into, cancellation);
        if (got == 0)
        {
            if (_left > 0) throw new BadAnswerException($"its answer ends {_left} bytes early");
            _finished = true;
            return 0;
        }
        if (_left < 0) return got;
        _left -= got;
        if (_left > 0) return got;
        if (_chunked) await ExpectLineAsync(0, cancellation);
        else _finished = true;
        return got;
    }

    private async ValueTask<bool> NextChunkAsync(CancellationToken cancellation)
    {
        string line = await ExpectLineAsync(64, cancellation);
        int semicolon = line.IndexOf(';');
        if (!long.TryParse(semicolon < 0 ? line : line[..semicolon], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left < 0)
            throw new BadAnswerException("its answer has a broken chunk");
        if (_left > 0) return true;
        _finished = true;
        return false;
    }

    private async ValueTask<string> ExpectLineAsync(int maxLength, CancellationToken cancellation)
    {
        var one = new byte[1];
        var line = new StringBuilder();
        while (true)
        {
            if (await ReadRawAsync(one, cancellation) == 0) throw new BadAnswerException("its answer ends within a chunk");
            if (one[0] == (byte)'\n') return line.ToString();
            if (one[0] == (byte)'\r') continue;
            if (line.Length == maxLength) throw new BadAnswerException("its answer has a broken chunk");
            line.Append((char)one[0]);
        }
    }

    private async ValueTask<int> ReadRawAsync(Memory<byte> into, CancellationToken cancellation)
    {
        if (_start == _end && into.Length >= 4096) return await _stream.ReadAsync(into, cancellation);
        if (_start == _end)
        {
            _end = 0;
            _start = 0;
            _end = await _stream.ReadAsync(_buffer, cancellation);
        }
        int take = Math.Min(into.Length, _end - _start);
        _buffer.AsSpan(_start, take).CopyTo(into.Span);
        _start += take;
        return take;
    }

    /// <summary>The whole body, at most <paramref name="maxBytes"/>.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadWholeBodyAsync(int maxBytes, CancellationToken cancellation)
    {
        byte[] body = new byte[_left > 0 && !_chunked ? (int)Math.Min(_left, maxBytes) : 4096];
        int length = 0;
        while (true)
        {
            if (length == body.Length)
            {
                if (_finished) break;
                if (length >= maxBytes) throw new BadAnswerException($"its answer is over {maxBytes} bytes");
                Array.Resize(ref body, Math.Min(maxBytes, body.Length * 2));
            }
            int got = await ReadBodyAsync(body.AsMemory(length), cancellation);
            if (got == 0) break;
            length += got;
        }
        return body.AsMemory(0, length);
    }
}
