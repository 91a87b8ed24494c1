using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Hosting;
using Stint.Storage;
using Stint.Storage.Memory;

namespace Stint.Server.Tests.Harness;

/// <summary>A real server in this process, on a home of its own, with a real socket and a real TLS port.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const uint Alice = 61_001, Bob = 61_002;
    private static int _count;
    private readonly bool _ownsHome;

    private TestServer(string home, bool ownsHome, StintServer server)
    {
        Home = home;
        _ownsHome = ownsHome;
        Server = server;
    }

    public string Home { get; }
    public StintServer Server { get; }

    public static string NewHome()
    {
        var home = Path.Combine(Path.GetTempPath(), $"stint-test-srv-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(home);
        return home;
    }

    public static async Task<TestServer> StartAsync(string? home = null, string? yaml = null, Func<Seams, Seams>? with = null, IJournal? journal = null)
    {
        var own = home is null;
        home ??= NewHome();
        if (yaml is not null) await File.WriteAllTextAsync(Path.Combine(home, "stint.yaml"), yaml);
        var seams = new Seams { Peers = new NamedPeers() };
        if (journal is not null) seams = seams with { OpenJournal = _ => journal };
        if (with is not null) seams = with(seams);
        var server = await StintServer.StartAsync(new ServerOptions { Home = home }, seams, CancellationToken.None);
        return new TestServer(home, own, server);
    }

    public static Task<TestServer> InMemoryAsync(string? yaml = null, Func<Seams, Seams>? with = null) => StartAsync(yaml: yaml, with: with, journal: new MemoryJournal());

    public HttpClient Client(uint uid = 0)
    {
        var handler = new SocketsHttpHandler { ConnectCallback = async (_, cancellation) => new NetworkStream(await ConnectAsync(uid, cancellation), ownsSocket: true) };
        return new HttpClient(handler) { BaseAddress = new Uri("http://stint/"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public async Task<Socket> ConnectAsync(uint uid, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(NamedPeers.NameFor(uid));
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Server.Socket), cancellation);
        return socket;
    }

    public async Task<ClientWebSocket> WebSocketAsync(string path, uint uid)
    {
        var handler = new SocketsHttpHandler { ConnectCallback = async (_, cancellation) => new NetworkStream(await ConnectAsync(uid, cancellation), ownsSocket: true) };
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://stint{path}"), new HttpMessageInvoker(handler), CancellationToken.None);
        return socket;
    }

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, uint uid = 0)
    {
        using var client = Client(uid);
        using var response = await client.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"GET {path}: {(int)response.StatusCode} {text}");
        return JsonSerializer.Deserialize(text, type)!;
    }

    public async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, string json, uint uid = 0)
    {
        using var client = Client(uid);
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path, content);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<uint> SubmitAsync(SubmitRequest request, uint uid = Alice)
    {
        var (status, text) = await PostAsync("/api/v1/jobs", JsonSerializer.Serialize(request, ApiJson.Default.SubmitRequest), uid);
        Assert.True(status == HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize(text, ApiJson.Default.SubmitResponse)!.JobId;
    }

    public async Task<SelectionResult> SelectAsync(string verb, JobSelection selection, uint uid = Alice)
    {
        var (status, text) = await PostAsync($"/api/v1/jobs/{verb}", JsonSerializer.Serialize(selection, ApiJson.Default.JobSelection), uid);
        Assert.True(status == HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize(text, ApiJson.Default.SelectionResult)!;
    }

    public Task<JobView> JobAsync(uint id) => GetAsync($"/api/v1/jobs/{id}", ApiJson.Default.JobView);

    public async Task<JobView> WaitForJobAsync(uint id, Func<JobView, bool> wanted)
    {
        JobView? job = null;
        await Eventually.TrueAsync(async () => wanted(job = await JobAsync(id)), () => $"job {id} is {job?.State} {job?.Reason} {job?.ReasonDetail}");
        return job!;
    }

    public Task<JobView> WaitForStateAsync(uint id, string state) => WaitForJobAsync(id, job => job.State == state);

    public Task<ulong> StateHashAsync() => Server.Engine.AskAsync(batch => batch.Cluster.StateHash());

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        if (_ownsHome) Directory.Delete(Home, recursive: true);
    }
}
