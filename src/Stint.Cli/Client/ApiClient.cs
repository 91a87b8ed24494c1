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
/// <param name="behalf">The resident's requests for a caller; null: our own.</param>
public sealed class ApiClient(string socketPath, int retryForMs = 10_000, int answerWithinMs = 60_000, OnBehalf? behalf = null) : IApiClient
{
    private const int MaxAnswerBytes = 1 << 30;
    private const int RetryEveryMs = 50;

    public string Socket => socketPath;
    /// <summary>Something was asked that may have changed the cluster.</summary>
    public bool HasPosted { get; private set; }
    private string Shown => behalf?.ShownSocket ?? socketPath;

    public Task<TResponse> GetAsync<TResponse>(string pathAndQuery, JsonTypeInfo<TResponse> type, CancellationToken cancellation) =>
        ExchangeAsync(Head("GET", pathAndQuery, null, keepOpen: behalf is not null), [], type, cancellation);

    public Task<TResponse> PostAsync<TRequest, TResponse>(string path, TRequest body, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> responseType, CancellationToken cancellation)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, requestType);
        HasPosted = true;
        return ExchangeAsync(Head("POST", path, json.Length), json, responseType, cancellation);
    }

    public Task<TResponse> DeleteAsync<TResponse>(string path, JsonTypeInfo<TResponse> type, CancellationToken cancellation)
    {
        HasPosted = true;
        return ExchangeAsync(Head("DELETE", path, 0), [], type, cancellation);
    }

    public async Task<SubmitResponse> SubmitAsync(SubmitRequest request, CancellationToken cancellation)
    {
        byte[] json = SubmitJson.Write(request);
        bool repeatable = request.ClientToken is { Length: > 0 };
        byte[] head = Head("POST", "/api/v1/jobs", json.Length, keepOpen: repeatable && behalf is not null);
        HasPosted = true;
        long giveUp = Environment.TickCount64 + retryForMs;
        while (true)
        {
            try
            {
                byte[] text = Exchange(head, json, repeatable);
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
        string head = $"{Start("GET", path)}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n";
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
            return Task.FromResult(Read(Exchange(head, body, repeatable: body.Length == 0), type));
        }
        catch (Exception e) when (e is ApiUnreachableException or ApiRefusedException)
        {
            return Task.FromException<TResponse>(e);
        }
    }

    /// <summary>One request and its whole answer, without a thread or an event loop in between: bounded by the deadline.</summary>
    private byte[] Exchange(byte[] head, byte[] body, bool repeatable)
    {
        try
        {
            long deadline = Environment.TickCount64 + answerWithinMs;
            // A kept connection may have been closed by a server that restarts: only what may be asked twice is asked on one.
            if (repeatable && behalf?.Connections.Take(deadline) is { } kept)
            {
                try { return Answer(kept, head, body); }
                catch (Exception e) when (e is IOException and not AnswerTooLongException) { /* closed meanwhile: once more on a new one */ }
            }
            return Answer(UnixConnection.Open(socketPath, deadline), head, body);
        }
        catch (AnswerTooLongException e) when (behalf is not null)
        {
            throw new LeaveToProcessException(e.Message);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw Unreachable(e);
        }
    }

    private byte[] Answer(FdStream connection, byte[] head, byte[] body)
    {
        byte[] text;
        HttpAnswer answer;
        bool keep = false;
        try
        {
            bool wholeRequestSent = TrySend(connection, head, body);
            answer = HttpAnswer.Read(connection);
            if (!wholeRequestSent && answer.Status < 300) throw new BadAnswerException("it answered before it had the whole request");
            text = answer.ReadWholeBody(behalf?.AnswerBytesMax ?? MaxAnswerBytes);
            keep = wholeRequestSent && answer.LeavesConnectionClean;
        }
        finally
        {
            if (!keep || behalf is null) connection.Dispose();
        }
        if (keep) behalf?.Connections.Keep(connection);
        return answer.Status < 300 ? text : throw Refused(answer.Status, text);
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

    private byte[] Head(string method, string pathAndQuery, int? length, bool keepOpen = false)
    {
        string content = length is { } n ? $"Content-Type: application/json\r\nContent-Length: {n.ToString(CultureInfo.InvariantCulture)}\r\n" : "";
        return Encoding.ASCII.GetBytes($"{Start(method, pathAndQuery)}Accept: application/json\r\n{(keepOpen ? "" : "Connection: close\r\n")}{content}\r\n");
    }

    /// <summary>A path with anything but visible ASCII could end the request line and begin a request, or a header, of somebody else.</summary>
    private string Start(string method, string pathAndQuery)
    {
        if (pathAndQuery.AsSpan().ContainsAnyExceptInRange('!', '~')) throw new ArgumentException("a path must be escaped before it is asked for", nameof(pathAndQuery));
        return $"{method} {pathAndQuery} HTTP/1.1\r\nHost: stint\r\n{behalf?.HeaderLine}";
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
        TimeoutException => $"the server on {Shown} did not answer within {answerWithinMs / 1000} s",
        BadAnswerException => $"the server on {Shown} gave no usable answer: {inner.Message}",
        _ => $"no server answers on the socket {Shown} ({inner.Message}). Start one with 'stint up', or say where it is with STINT_HOME or STINT_SOCKET",
    }, inner);
}
