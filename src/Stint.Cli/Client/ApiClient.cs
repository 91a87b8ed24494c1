using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stint.Protocol.Api;

namespace Stint.Cli.Client;

/// <summary>
/// One request per connection over the Unix socket. A submission that carries a client token is the same submission however often it
/// arrives, so it is repeated while the server restarts and when its answer is lost; nothing else is.
/// </summary>
/// <param name="retryForMs">How long a repeatable request waits for a server that is away (Slurm's MessageTimeout).</param>
/// <param name="answerWithinMs">Limit of one exchange, from connecting to the last byte of the answer.</param>
public sealed class ApiClient(string socketPath, int retryForMs = 10_000, int answerWithinMs = 60_000) : IApiClient
{
    private const int MaxAnswerBytes = 1 << 30;
    private const int RetryEveryMs = 50;

    public string Socket => socketPath;

    public Task<TResponse> GetAsync<TResponse>(string pathAndQuery, JsonTypeInfo<TResponse> type, CancellationToken cancellation) =>
        ExchangeAsync(Head("GET", pathAndQuery, null), [], type, cancellation);

    public async Task<TResponse> PostAsync<TRequest, TResponse>(string path, TRequest body, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> responseType, CancellationToken cancellation)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, requestType);
        byte[] head = Head("POST", path, json.Length);
        bool repeatable = body is SubmitRequest { ClientToken.Length: > 0 };
        long giveUp = Environment.TickCount64 + retryForMs;
        while (true)
        {
            try
            {
                return await ExchangeAsync(head, json, responseType, cancellation);
            }
            catch (Exception e) when (repeatable && MayPass(e) && Environment.TickCount64 < giveUp)
            {
                await Task.Delay(RetryEveryMs, cancellation);
            }
        }
    }

    /// <summary>Away for a restart: refused, gone, cut off or starting. A home without a run folder never had a server.</summary>
    private bool MayPass(Exception failure) =>
        (failure is ApiUnreachableException { InnerException: not TimeoutException } && Directory.Exists(Path.GetDirectoryName(socketPath)))
        || failure is ApiRefusedException { Status: 502 or 503 };

    public async Task<Stream> GetStreamAsync(string pathAndQuery, CancellationToken cancellation)
    {
        try
        {
            var stream = await ConnectAsync(cancellation);
            await stream.WriteAsync(Head("GET", pathAndQuery, null), cancellation);
            var answer = await HttpAnswer.ReadAsync(stream, cancellation);
            if (answer.Status >= 300) throw Refused(answer.Status, await answer.ReadWholeBodyAsync(1 << 20, cancellation));
            return new AnswerStream(stream, answer);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw Unreachable(e);
        }
    }

    public async Task<WebSocket> ConnectWebSocketAsync(string path, CancellationToken cancellation)
    {
        try
        {
            var stream = await ConnectAsync(cancellation);
            string key = Convert.ToBase64String(Guid.NewGuid().ToByteArray());
            string head = $"GET {path} HTTP/1.1\r\nHost: stint\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), cancellation);
            // Sec-WebSocket-Accept is not checked: it tells a WebSocket server from a confused proxy, and there is no proxy on a Unix socket.
            var answer = await HttpAnswer.ReadAsync(stream, cancellation);
            if (answer.Status != 101) throw Refused(answer.Status, await answer.ReadWholeBodyAsync(1 << 20, cancellation));
            return WebSocket.CreateFromStream(new SurplusStream(stream, answer.Surplus), new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero });
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw Unreachable(e);
        }
    }

    private async Task<TResponse> ExchangeAsync<TResponse>(byte[] head, byte[] body, JsonTypeInfo<TResponse> type, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> text;
        int status;
        try
        {
            using var stream = UnixConnection.Open(socketPath, Environment.TickCount64 + answerWithinMs);
            bool wholeRequestSent = TrySend(stream, head, body);
            var answer = await HttpAnswer.ReadAsync(stream, cancellation);
            status = answer.Status;
            if (!wholeRequestSent && status < 300) throw new BadAnswerException("it answered before it had the whole request");
            text = await answer.ReadWholeBodyAsync(MaxAnswerBytes, cancellation);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw Unreachable(e);
        }
        if (status >= 300) throw Refused(status, text);
        try
        {
            return JsonSerializer.Deserialize(text.Span, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw Unreachable(new BadAnswerException($"its answer is not what this version expects: {e.Message}"));
        }
    }

    /// <summary>False when the server stopped reading: it may have refused (too large) and its answer still be there to read.</summary>
    private static bool TrySend(Stream stream, byte[] head, byte[] body)
    {
        try
        {
            stream.Write(head);
            stream.Write(body);
            return true;
        }
        catch (IOException) when (body.Length > 0)
        {
            return false;
        }
    }

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e) when (e is SocketException or ArgumentException or OperationCanceledException)
        {
            socket.Dispose();
            if (e is ArgumentException) throw new IOException(e.Message, e);
            throw;
        }
    }

    private static byte[] Head(string method, string pathAndQuery, int? length)
    {
        string content = length is { } n ? $"Content-Type: application/json\r\nContent-Length: {n}\r\n" : "";
        return Encoding.ASCII.GetBytes($"{method} {pathAndQuery} HTTP/1.1\r\nHost: stint\r\nAccept: application/json\r\nConnection: close\r\n{content}\r\n");
    }

    private static ApiRefusedException Refused(int status, ReadOnlyMemory<byte> body)
    {
        try
        {
            if (body.Length > 0 && JsonSerializer.Deserialize(body.Span, ApiJson.Default.RefusalView) is { Code.Length: > 0 } refusal)
                return new ApiRefusedException(status, refusal);
        }
        catch (JsonException)
        {
            // Not ours (a proxy's page, or an old server): the status says it.
        }
        return new ApiRefusedException(status, new RefusalView($"http_{status}", $"The server answered with HTTP status {status}"));
    }

    private ApiUnreachableException Unreachable(Exception inner) => new(inner switch
    {
        TimeoutException => $"the server on {socketPath} did not answer within {answerWithinMs / 1000} s",
        BadAnswerException => $"the server on {socketPath} gave no usable answer: {inner.Message}",
        _ => $"no server answers on the socket {socketPath} ({inner.Message}). Start one with 'stint up', or say where it is with STINT_HOME or STINT_SOCKET",
    }, inner);
}
