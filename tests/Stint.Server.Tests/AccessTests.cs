using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Stint.Core;
using Stint.Protocol.Api;
using Stint.Server.Auth;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed partial class AccessTests
{
    [Fact]
    public async Task Another_user_sees_the_job_but_neither_its_script_nor_its_environment()
    {
        await using var server = await TestServer.InMemoryAsync();
        var id = await server.SubmitAsync(Requests.Batch());
        using var bob = server.Client(TestServer.Bob);
        foreach (var path in new[] { "jobs", $"jobs/{id}", $"jobs/{id}/explain", "jobs?steps=true", "history/jobs" })
        {
            using var response = await bob.GetAsync($"/api/v1/{path}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.DoesNotContain("tell-nobody", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.Forbidden, (await bob.GetAsync($"/api/v1/jobs/{id}/script")).StatusCode);
        using var root = server.Client(0);
        Assert.Equal(HttpStatusCode.OK, (await root.GetAsync($"/api/v1/jobs/{id}/script")).StatusCode);
    }

    [Theory]
    [InlineData("cancel"), InlineData("hold"), InlineData("requeue"), InlineData("release")]
    public async Task Another_user_cannot_change_the_job(string verb)
    {
        await using var server = await TestServer.InMemoryAsync();
        var id = await server.SubmitAsync(Requests.Batch());
        var hash = await server.StateHashAsync();
        var result = await server.SelectAsync(verb, new JobSelection { Jobs = [$"{id}"] }, TestServer.Bob);
        Assert.Equal(RefusalCodes.AccessDenied, Assert.Single(result.Outcomes).Code);
        Assert.Equal(hash, await server.StateHashAsync());
    }

    [Fact]
    public async Task A_filter_means_ones_own_jobs()
    {
        await using var server = await TestServer.InMemoryAsync();
        var alices = await server.SubmitAsync(Requests.Batch("same"));
        var bobs = await server.SubmitAsync(Requests.Batch("same"), TestServer.Bob);
        var result = await server.SelectAsync("cancel", new JobSelection { Name = "same" }, TestServer.Bob);
        Assert.Equal($"{bobs}", Assert.Single(result.Outcomes).Job);
        Assert.Equal("PENDING", (await server.JobAsync(alices)).State);
        Assert.Equal("CANCELLED", (await server.JobAsync(bobs)).State);
    }

    [Fact]
    public async Task Nodes_are_drained_by_operators_and_the_configured_ones_are_operators()
    {
        await using var server = await TestServer.InMemoryAsync(yaml: $"operators: [\"{TestServer.Bob}\"]\n");
        await using var agent = await FakeAgent.StartAsync(server, "n1");
        const string drain = "{\"state\":\"DRAIN\",\"reason\":\"fan\"}";
        Assert.Equal(HttpStatusCode.Forbidden, (await server.PostAsync("/api/v1/nodes/n1/state", drain, TestServer.Alice)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/v1/nodes/n1/state", drain, TestServer.Bob)).Status);
        var node = Assert.Single((await server.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList)).Nodes);
        Assert.Equal(("IDLE+DRAIN", "fan", TestServer.Bob), (node.State, node.Reason, node.ReasonUid));
    }

    [Fact]
    public async Task The_identity_is_the_connections_not_the_messages()
    {
        await using var server = await TestServer.InMemoryAsync();
        var id = await server.SubmitAsync(Requests.Batch());
        var job = await server.JobAsync(id);
        Assert.Equal((TestServer.Alice, TestServer.Alice), (job.Uid, job.Gid));
    }

    [Fact]
    public async Task The_kernel_says_who_connected()
    {
        if (geteuid() != 0) return;    // only root can become somebody else
        await using var server = await TestServer.InMemoryAsync(with: seams => seams with { Peers = new KernelPeerCredentials() });
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var connecting = new Thread(() =>
        {
            // The raw call changes this thread only; the kernel notes its credentials at connect(2).
            _ = syscall(117, -1, TestServer.Bob, -1);
            socket.Connect(new UnixDomainSocketEndPoint(server.Server.Socket));
            _ = syscall(117, -1, 0, -1);
        });
        connecting.Start();
        connecting.Join();
        using var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true)) }) { BaseAddress = new Uri("http://stint") };
        using var content = new StringContent(System.Text.Json.JsonSerializer.Serialize(Requests.Batch(), ApiJson.Default.SubmitRequest));
        using var response = await client.PostAsync("/api/v1/jobs", content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(TestServer.Bob, Assert.Single((await server.GetAsync("/api/v1/jobs", ApiJson.Default.JobList)).Jobs).Uid);
    }

    [LibraryImport("libc")] private static partial uint geteuid();
    [LibraryImport("libc")] private static partial long syscall(long number, long a, long b, long c);
}
