using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Google.Protobuf;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;

namespace Stint.Server.Tests.Harness;

/// <summary>The other end of the agent link, by hand: joins over TLS, speaks the real protobuf, runs nothing.</summary>
internal sealed class FakeAgent : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Channel<ToAgent> _inbox = Channel.CreateUnbounded<ToAgent>();
    private readonly SemaphoreSlim _sending = new(1);
    private Task _reading = Task.CompletedTask;
    private long _reports;

    public ConcurrentQueue<ulong> Acks { get; } = new();
    public Welcome? Welcome { get; private set; }
    public string? FencedBecause { get; private set; }
    public bool IsOver => _reading.IsCompleted;

    public static async Task<string> TokenAsync(TestServer server, string? node = null, int seconds = 600)
    {
        var (_, text) = await server.PostAsync("/api/v1/tokens", JsonSerializer.Serialize(new TokenRequest(node, seconds), ApiJson.Default.TokenRequest));
        return JsonSerializer.Deserialize(text, ApiJson.Default.TokenResponse)!.Token;
    }

    /// <summary>The certificate, or the refusal.</summary>
    public static async Task<(X509Certificate2? Certificate, RefusalView? Refusal)> JoinAsync(TestServer server, string token, string node)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest("CN=whatever it says", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        using var client = TlsClient(server, null);
        using var content = new StringContent(JsonSerializer.Serialize(new JoinRequest(token, node, csr), ApiJson.Default.JoinRequest), Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri($"https://127.0.0.1:{server.Server.Port}/api/v1/join"), content);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode) return (null, JsonSerializer.Deserialize(text, ApiJson.Default.RefusalView));
        var answer = JsonSerializer.Deserialize(text, ApiJson.Default.JoinResponse)!;
        using var bare = X509CertificateLoader.LoadCertificate(answer.Certificate);
        return (bare.CopyWithPrivateKey(key), null);
    }

    public static async Task<X509Certificate2> JoinAsync(TestServer server, string node)
    {
        var (certificate, refusal) = await JoinAsync(server, await TokenAsync(server, node), node);
        Assert.True(certificate is not null, refusal?.Sentence);
        return certificate;
    }

    public static HttpClient TlsClient(TestServer server, X509Certificate2? own) => new(new SocketsHttpHandler { SslOptions = Tls(server, own) }) { Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>Joined, linked and admitted.</summary>
    public static async Task<FakeAgent> StartAsync(TestServer server, string node, uint cpus = 4, ulong memoryMiB = 4_096)
    {
        using var certificate = await JoinAsync(server, node);
        return await LinkAsync(server, certificate, node, cpus, memoryMiB);
    }

    public static async Task<FakeAgent> LinkAsync(TestServer server, X509Certificate2 certificate, string node, uint cpus = 4, ulong memoryMiB = 4_096, params StepKey[] holdings)
    {
        var agent = await ConnectAsync(server, certificate);
        var hello = new Hello { Node = node, Version = "test", Hostname = node, Os = "Linux", Hardware = new HardwareReport { Cpus = cpus, Sockets = 1, CoresPerSocket = cpus, ThreadsPerCore = 1, MemoryBytes = memoryMiB << 20 } };
        foreach (var key in holdings) hello.Holdings.Add(new StepHolding { Key = key });
        await agent.SendAsync(new ToServer { Hello = hello });
        await Eventually.TrueAsync(() => agent.Welcome is not null || agent.IsOver);
        return agent;
    }

    public static async Task<FakeAgent> ConnectAsync(TestServer server, X509Certificate2 certificate)
    {
        var agent = new FakeAgent();
        var handler = new SocketsHttpHandler { SslOptions = Tls(server, certificate) };
        await agent._socket.ConnectAsync(new Uri($"wss://127.0.0.1:{server.Server.Port}/api/v1/agents/link"), new HttpMessageInvoker(handler), CancellationToken.None);
        agent._reading = agent.ReadAsync();
        return agent;
    }

    private static SslClientAuthenticationOptions Tls(TestServer server, X509Certificate2? own)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(Path.Combine(server.Home, "server", "ca.pem")));
        var options = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        if (own is not null) options.ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true);
        return options;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 20];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult read;
                do
                {
                    read = await _socket.ReceiveAsync(buffer.AsMemory(length), _over.Token);
                    length += read.Count;
                }
                while (!read.EndOfMessage);
                if (read.MessageType == WebSocketMessageType.Close) return;
                Take(ToAgent.Parser.ParseFrom(buffer.AsSpan(0, length)));
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
        }
    }

    private void Take(ToAgent message)
    {
        if (message.BodyCase == ToAgent.BodyOneofCase.Ack) Acks.Enqueue(message.Ack.ReportId);
        else if (message.BodyCase == ToAgent.BodyOneofCase.Welcome) Welcome = message.Welcome;
        else if (message.BodyCase == ToAgent.BodyOneofCase.Fenced) FencedBecause = message.Fenced.Why;
        else _inbox.Writer.TryWrite(message);
    }

    public async Task SendAsync(ToServer message) => await SendRawAsync(message.ToByteArray(), WebSocketMessageType.Binary);

    public async Task SendRawAsync(byte[] bytes, WebSocketMessageType type)
    {
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>One message as continued frames of one byte each.</summary>
    public async Task SendBytesAsync(byte[] bytes, TimeSpan between)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            await _socket.SendAsync(bytes.AsMemory(i, 1), WebSocketMessageType.Binary, endOfMessage: i == bytes.Length - 1, CancellationToken.None);
            await Task.Delay(between);
        }
    }

    /// <summary>The next order of this kind; others before it are dropped.</summary>
    public async Task<ToAgent> NextAsync(ToAgent.BodyOneofCase kind)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        while (true)
        {
            var message = await _inbox.Reader.ReadAsync(deadline.Token);
            if (message.BodyCase == kind) return message;
        }
    }

    public bool TryNext(out ToAgent? message) => _inbox.Reader.TryRead(out message);

    public async Task<(Launch Launch, LaunchSpec Spec)> NextLaunchAsync()
    {
        var launch = (await NextAsync(ToAgent.BodyOneofCase.Launch)).Launch;
        return (launch, LaunchSpec.Parser.ParseFrom(launch.Spec));
    }

    public async Task<ulong> StartedAsync(StepKey key)
    {
        var id = (ulong)Interlocked.Increment(ref _reports);
        var receipt = new Receipt { Kernel = "cgroup v1", Group = "/g", Rows = { new ReceiptRow { Resource = "memory", Requested = "--mem=64M", Allocated = "64M", File = "memory.limit_in_bytes", Written = "67108864", ReadBack = "67108864", Enforced = true } } };
        await SendAsync(new ToServer { ReportId = id, StepStarted = new StepStartedReport { Key = key, Pid = 42, Receipt = receipt } });
        return id;
    }

    public async Task<ulong> ExitedAsync(StepKey key, int exitCode = 0, bool released = true, Outcome outcome = Outcome.Exited, int signal = 0, string cause = "")
    {
        var id = (ulong)Interlocked.Increment(ref _reports);
        var report = new StepExitedReport { Key = key, Outcome = outcome, ExitCode = exitCode, Signal = signal, JobReleased = released, Started = true, Cause = cause, Measured = new Measured { PeakMemoryBytes = 1 << 20, MemoryLimitBytes = 64 << 20 } };
        report.Tasks.Add(new TaskExit { Task = 0, ExitCode = exitCode, Signal = signal });
        await SendAsync(new ToServer { ReportId = id, StepExited = report });
        return id;
    }

    public async Task ReleasedAsync(uint jobId, uint attempt) =>
        await SendAsync(new ToServer { ReportId = (ulong)Interlocked.Increment(ref _reports), JobReleased = new JobReleasedReport { JobId = jobId, Attempt = attempt } });

    public Task AckedAsync(ulong id) => Eventually.TrueAsync(() => Acks.Contains(id), () => $"report {id} was not acknowledged");

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _reading;
        _socket.Abort();
        _socket.Dispose();
        _over.Dispose();
    }
}
