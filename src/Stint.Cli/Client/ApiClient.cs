using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stint.Cli.Native;
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

    public Task<TResponse> PostAsync<TRequest, TResponse>(string path, TRequest body, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> responseType, CancellationToken cancellation)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, requestType);
        return ExchangeAsync(Head("POST", path, json.Length), json, responseType, cancellation);
    }

    public async Task<SubmitResponse> SubmitAsync(SubmitRequest request, CancellationToken cancellation)
    {
        byte[] json = SubmitJson.Write(request);
        byte[] head = Head("POST", "/api/v1/jobs", json.Length);
        bool repeatable = request.ClientToken is { Length: > 0 };
        long giveUp = Environment.TickCount64 + retryForMs;
        while (true)
        {
            try
            {
                byte[] text = Exchange(head, json);
                return SubmitJson.TryRead(text) ?? Read(text, ApiJson.Default.SubmitResponse);
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

    public Task<Stream> GetStreamAsync(string pathAndQuery, CancellationToken cancellation)
    {
        var (connection, answer) = Begin(Head("GET", pathAndQuery, null), 200);
        return Task.FromResult<Stream>(new AnswerStream(new SurplusStream(connection.ToNetworkStream(), answer.TakeSurplus()), answer.Body));
    }

    public Task<WebSocket> ConnectWebSocketAsync(string path, CancellationToken cancellation)
    {
        string key = Convert.ToBase64String(Guid.NewGuid().ToByteArray());
        string head = $"GET {path} HTTP/1.1\r\nHost: stint\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n";
        // Sec-WebSocket-Accept is not checked: it tells a WebSocket server from a confused proxy, and there is no proxy on a Unix socket.
        var (connection, answer) = Begin(Encoding.ASCII.GetBytes(head), 101);
        var stream = new SurplusStream(connection.ToNetworkStream(), answer.TakeSurplus());
        return Task.FromResult(WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero }));
    }

    /// <summary>Sends a request and reads the headers of its answer; what follows them has no deadline.</summary>
    private (FdStream Connection, HttpAnswer Answer) Begin(byte[] head, int expectedStatus)
    {
        FdStream? connection = null;
        try
        {
            connection = UnixConnection.Open(socketPath, Environment.TickCount64 + answerWithinMs);
            connection.Write(head);
            var answer = HttpAnswer.Read(connection);
            if (answer.Status != expectedStatus) throw Refused(answer.Status, answer.ReadWholeBody(1 << 20));
            connection.Deadline = null;
            return (connection, answer);
        }
        catch (Exception e) when (e is IOException or TimeoutException or ApiRefusedException)
        {
            connection?.Dispose();
            throw e is ApiRefusedException ? e : Unreachable(e);
        }
    }

    private Task<TResponse> ExchangeAsync<TResponse>(byte[] head, byte[] body, JsonTypeInfo<TResponse> type, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return Task.FromCanceled<TResponse>(cancellation);
        try
        {
            return Task.FromResult(Read(Exchange(head, body), type));
        }
        catch (Exception e) when (e is ApiUnreachableException or ApiRefusedException)
        {
            return Task.FromException<TResponse>(e);
        }
    }

    /// <summary>One request and its whole answer, without a thread or an event loop in between: bounded by the deadline.</summary>
    private byte[] Exchange(byte[] head, byte[] body)
    {
        byte[] text;
        int status;
        try
        {
            using var stream = UnixConnection.Open(socketPath, Environment.TickCount64 + answerWithinMs);
            bool wholeRequestSent = TrySend(stream, head, body);
            var answer = HttpAnswer.Read(stream);
            status = answer.Status;
            if (!wholeRequestSent && status < 300) throw new BadAnswerException("it answered before it had the whole request");
            text = answer.ReadWholeBody(MaxAnswerBytes);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw Unreachable(e);
        }
        return status < 300 ? text : throw Refused(status, text);
    }

    private TResponse Read<TResponse>(byte[] text, JsonTypeInfo<TResponse> type)
    {
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new JsonException("null");
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

    private static byte[] Head(string method, string pathAndQuery, int? length)
    {
        string content = length is { } n ? $"Content-Type: application/json\r\nContent-Length: {n.ToString(CultureInfo.InvariantCulture)}\r\n" : "";
        return Encoding.ASCII.GetBytes($"{method} {pathAndQuery} HTTP/1.1\r\nHost: stint\r\nAccept: application/json\r\nConnection: close\r\n{content}\r\n");
    }

    private static ApiRefusedException Refused(int status, byte[] body)
    {
        try
        {
            if (body.Length > 0 && JsonSerializer.Deserialize(body, ApiJson.Default.RefusalView) is { Code.Length: > 0 } refusal)
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
