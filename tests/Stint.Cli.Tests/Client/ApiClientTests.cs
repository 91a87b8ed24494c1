using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Stint.Cli.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Client;

/// <summary>The client against a real Unix socket whose other end is as wrong as it can be.</summary>
public sealed class ApiClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-cli-").FullName;
    private readonly CancellationTokenSource _over = new();
    private string SocketFile => Path.Combine(_folder, "s.sock");

    public void Dispose()
    {
        _over.Cancel();
        _over.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Listens; each connection's request is read (as far as it has come) and answered with the next text; null: closed at once.</summary>
    private Task ServeAsync(params byte[]?[] answers)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(SocketFile));
        listener.Listen();
        return AnswerAsync(listener, answers);
    }

    private async Task AnswerAsync(Socket listener, byte[]?[] answers)
    {
        using (listener)
        {
            foreach (byte[]? answer in answers)
            {
                using var connection = await listener.AcceptAsync(_over.Token);
                byte[] buffer = new byte[65536];
                await connection.ReceiveAsync(buffer, _over.Token);
                if (answer is null) continue;
                try
                {
                    for (int at = 0; at < answer.Length; at += 7) await connection.SendAsync(answer.AsMemory(at, Math.Min(7, answer.Length - at)), _over.Token);
                    connection.Shutdown(SocketShutdown.Send);
                    while (await connection.ReceiveAsync(buffer, _over.Token) > 0) { }
                }
                catch (SocketException)
                {
                    // The client closed first: it had read enough of a wrong answer.
                }
            }
        }
    }

    private static byte[] Http(string text) => Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal));

    private async Task<PingView> PingAsync(int withinMs = 5_000) => await new ApiClient(SocketFile, 300, withinMs).GetAsync("/api/v1/ping", ApiJson.Default.PingView, default);

    private const string Ping = """{"cluster":"c","host":"h","version":"1","state":"UP","nowMs":1,"startMs":1,"nodes":1,"nodesUp":1,"journalSequence":1,"historySequence":1,"historyError":""}""";

    [Fact]
    public async Task A_body_of_known_length_is_read()
    {
        var serving = ServeAsync(Http($"HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: {Ping.Length}\n\n{Ping}"));
        Assert.Equal("c", (await PingAsync()).Cluster);
        await serving;
    }

    [Fact]
    public async Task A_chunked_body_is_read()
    {
        var serving = ServeAsync(Http($"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\n{Ping[..5]}\n{Ping.Length - 5:x};x=y\n{Ping[5..]}\n0\nTrailer: 1\n\n"));
        Assert.Equal("UP", (await PingAsync()).State);
        await serving;
    }

    [Fact]
    public async Task A_refusal_arrives_as_one()
    {
        const string Body = """{"code":"access_denied","sentence":"no","remedy":"ask"}""";
        var serving = ServeAsync(Http($"HTTP/1.1 403 Forbidden\nContent-Length: {Body.Length}\n\n{Body}"));
        var refused = await Assert.ThrowsAsync<ApiRefusedException>(() => PingAsync());
        Assert.Equal((403, "access_denied", "ask"), (refused.Status, refused.Refusal.Code, refused.Refusal.Remedy));
        await serving;
    }

    [Theory]
    [InlineData("", "without an answer")]
    [InlineData("garbage\n\n", "not HTTP")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 500\n\nshort", "ends 495 bytes early")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: -1\n\n", "broken Content-Length")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 999999999999999999999\n\n", "broken Content-Length")]
    [InlineData("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nzz\n", "broken chunk")]
    [InlineData("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nfffffffffffffffff\n", "broken chunk")]
    [InlineData("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nabc", "ends within a chunk")]
    [InlineData("HTTP/1.1 200 OK\nTransfer-Encoding: gzip\n\n", "unknown Transfer-Encoding")]
    [InlineData("HTTP/1.1 200 OK\nno colon\n\n", "broken header")]
    [InlineData("HTTP/1.1 200 OK\nContent-Le", "ends within the headers")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 4\n\nnull", "not what this version expects")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 2\n\n[]", "not what this version expects")]
    public async Task A_wrong_answer_is_an_error_that_says_what_is_wrong(string answer, string expected)
    {
        var serving = ServeAsync(Http(answer));
        var failure = await Assert.ThrowsAsync<ApiUnreachableException>(() => PingAsync());
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains(SocketFile, failure.Message, StringComparison.Ordinal);
        await serving;
    }

    [Fact]
    public async Task Headers_without_end_are_cut_off()
    {
        var serving = ServeAsync(Http("HTTP/1.1 200 OK\nX: " + new string('x', 100_000)));
        var failure = await Assert.ThrowsAsync<ApiUnreachableException>(() => PingAsync());
        Assert.Contains("over 32768 bytes", failure.Message, StringComparison.Ordinal);
        await Task.WhenAny(serving);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_at_the_deadline()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(SocketFile));
        listener.Listen();
        var failure = await Assert.ThrowsAsync<ApiUnreachableException>(() => PingAsync(withinMs: 200));
        Assert.Contains("did not answer within", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_the_socket_and_the_remedy_are_named()
    {
        var failure = await Assert.ThrowsAsync<ApiUnreachableException>(() => PingAsync());
        Assert.Contains(SocketFile, failure.Message, StringComparison.Ordinal);
        Assert.Contains("stint up", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_path_that_is_too_long_is_an_error()
    {
        var client = new ApiClient("/" + new string('x', 200), 0);
        await Assert.ThrowsAsync<ApiUnreachableException>(() => client.GetAsync("/", ApiJson.Default.PingView, default));
    }

    [Fact]
    public async Task A_submission_survives_lost_answers_with_the_same_token()
    {
        const string Body = """{"jobId":7,"message":""}""";
        var serving = ServeAsync(null, Http("HTTP/1.1 503 Service Unavailable\nContent-Length: 0\n\n"), Http($"HTTP/1.1 200 OK\nContent-Length: {Body.Length}\n\n{Body}"));
        var answer = await new ApiClient(SocketFile, 20_000).SubmitAsync(new SubmitRequest { ClientToken = "t" }, default);
        Assert.Equal(7u, answer.JobId);
        await serving;
    }

    [Fact]
    public async Task A_submission_waits_for_a_server_that_starts()
    {
        const string Body = """{"jobId":8,"message":"queued"}""";
        var submitting = new ApiClient(SocketFile, 20_000).SubmitAsync(new SubmitRequest { ClientToken = "t" }, default);
        Assert.False(submitting.IsCompleted);
        var serving = ServeAsync(Http($"HTTP/1.1 200 OK\nContent-Length: {Body.Length}\n\n{Body}"));
        Assert.Equal(new SubmitResponse(8, "queued"), await submitting);
        await serving;
    }

    [Fact]
    public async Task A_submission_without_token_is_sent_once()
    {
        var serving = ServeAsync([null]);
        await Assert.ThrowsAsync<ApiUnreachableException>(() => new ApiClient(SocketFile, 20_000).SubmitAsync(new SubmitRequest(), default));
        await serving;
    }

    [Fact]
    public async Task A_stream_is_given_out_as_it_arrives()
    {
        var serving = ServeAsync(Http("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\na\nevent: job\n7\ndata: 1\n0\n\n"));
        await using var stream = await new ApiClient(SocketFile).GetStreamAsync("/api/v1/events", default);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: jobdata: 1", await reader.ReadToEndAsync());
        stream.Close();
        await serving;
    }

    [Fact]
    public async Task An_upgrade_keeps_the_frames_that_came_with_its_headers()
    {
        byte[] frame = [0x81, 0x02, (byte)'h', (byte)'i'];
        var serving = ServeAsync([.. Http("HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: x\n\n"), .. frame]);
        using var socket = await new ApiClient(SocketFile).ConnectWebSocketAsync("/api/v1/run", default);
        byte[] buffer = new byte[16];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), default);
        Assert.Equal("hi", Encoding.ASCII.GetString(buffer, 0, got.Count));
        socket.Dispose();
        await serving;
    }

    [Fact]
    public void A_decoder_fed_anything_in_pieces_ends_or_complains()
    {
        var random = new Random(3);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] text = Encoding.ASCII.GetBytes("5\r\nhello\r\n3;x=1\r\nabc\r\n0\r\n\r\n");
            for (int edits = random.Next(4); edits > 0; edits--) text[random.Next(text.Length)] = (byte)random.Next(256);
            var decoder = new BodyDecoder(chunked: true, -1);
            try
            {
                for (int at = 0; at < text.Length;)
                {
                    int take = Math.Min(random.Next(1, 5), text.Length - at);
                    Assert.InRange(decoder.Decode(text.AsSpan(at, take)), 0, take);
                    at += take;
                }
                decoder.End();
            }
            catch (BadAnswerException)
            {
                // It says so.
            }
        }
    }
}
