using System.Net;
using Stint.Protocol.Api;
using Stint.Server.Auth;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class OnBehalfTests
{
    private const string Alices = "61001:61001:1", Bobs = "61002:61002:1";

    private static async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpClient client, HttpMethod method, string path, string[] behalf, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var value in behalf) request.Headers.TryAddWithoutValidation("Stint-On-Behalf", value);
        if (json is not null) request.Content = new StringContent(json);
        using var response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Root_asks_for_others_and_each_request_has_its_own_identity_on_one_connection()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var resident = server.Client(0);
        var json = System.Text.Json.JsonSerializer.Serialize(Requests.Batch(), ApiJson.Default.SubmitRequest);
        var (status, text) = await SendAsync(resident, HttpMethod.Post, "/api/v1/jobs", [Alices], json);
        Assert.True(status == HttpStatusCode.OK, text);
        var job = Assert.Single((await server.GetAsync("/api/v1/jobs", ApiJson.Default.JobList)).Jobs);
        Assert.Equal((TestServer.Alice, TestServer.Alice), (job.Uid, job.Gid));
        var script = $"/api/v1/jobs/{job.JobId}/script";
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(resident, HttpMethod.Get, script, [Alices])).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(resident, HttpMethod.Get, script, [Bobs])).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(resident, HttpMethod.Get, script, [])).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(resident, HttpMethod.Post, "/api/v1/nodes/n1/state", [Bobs], "{\"state\":\"DRAIN\",\"reason\":\"x\"}")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(resident, HttpMethod.Post, "/api/v1/tokens", [Bobs], "{}")).Status);
    }

    [Theory]
    [InlineData(Bobs), InlineData(Alices), InlineData("0:0:1"), InlineData("")]
    public async Task Nobody_else_asks_for_anybody_not_even_for_themselves(string header)
    {
        await using var server = await TestServer.InMemoryAsync();
        using var alice = server.Client(TestServer.Alice);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(alice, HttpMethod.Get, "/api/v1/jobs", [header])).Status);
        Assert.Contains("Refused: a request from uid 61001 on behalf of another user", await File.ReadAllTextAsync(Path.Combine(server.Home, "server", "server.log")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(alice, HttpMethod.Get, "/api/v1/jobs", [])).Status);
    }

    [Theory]
    [InlineData("61001"), InlineData("61001:61001"), InlineData("61001:61001:1:1"), InlineData("-1:0:1"), InlineData("+1:1:1"), InlineData("alice:alice:1"),
     InlineData("4294967296:1:1"), InlineData("1:1:4294967295"), InlineData(""), InlineData("61001:61001:1", "0:0:1"), InlineData("61001:61001:1,0:0:1")]
    public async Task A_broken_or_doubled_header_is_refused_also_from_root(params string[] values)
    {
        await using var server = await TestServer.InMemoryAsync();
        using var resident = server.Client(0);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(resident, HttpMethod.Get, "/api/v1/jobs", values)).Status);
    }

    [Fact]
    public void A_server_that_is_not_roots_has_no_root_to_speak_for()
    {
        Assert.Null(OnBehalf.Lower(new Peer(1000, 1000, 7), own: 1000, ["0:0:1"]));
        Assert.Equal(new Peer(1001, 100, 9), OnBehalf.Lower(new Peer(1000, 1000, 7), own: 1000, ["1001:100:9"]));
        Assert.Equal(new Peer(0, 0, 9), OnBehalf.Lower(new Peer(0, 0, 7), own: 0, ["0:0:9"]));
        Assert.Null(OnBehalf.Lower(new Peer(1002, 1002, 7), own: 1000, ["1002:1002:9"]));
    }
}
