using System.Net;
using System.Text.Json;
using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

/// <summary>Partitions changed while the server runs: the same checks as of stint.yaml, all or nothing.</summary>
public sealed class PartitionChangeTests
{
    private const string Yaml = "partitions:\n  - { name: a, min_nodes: 2, max_nodes: 4, default_memory_per_node: 4G, max_time: 2h, allow_accounts: [physics] }\n  - { name: b }\n";

    private static Task<(HttpStatusCode Status, string Text)> ChangeAsync(TestServer server, string name, params (string Key, string Value)[] set) =>
        server.PostAsync($"/api/v1/partitions/{name}", JsonSerializer.Serialize(new PartitionChangeRequest(set.ToDictionary(static one => one.Key, static one => one.Value)), ApiJson.Default.PartitionChangeRequest));

    [Theory]
    [InlineData("max_nodes=1", "max_nodes of partition 'a' is under its min_nodes")]
    [InlineData("default_time=3h", "default_time of partition 'a' is over its max_time")]
    [InlineData("deny_accounts=chem", "has both allow_accounts and deny_accounts")]
    [InlineData("alternate=a", "is its own alternate")]
    [InlineData("alternate=z", "alternate 'z' of partition 'a' is not there")]
    [InlineData("allow_qos=gone", "there is no QOS gone")]
    [InlineData("state=DOWN priority_tier=-1", "priority_tier")]
    public async Task A_change_that_contradicts_the_rest_is_refused_and_nothing_of_it_is_done(string change, string says)
    {
        await using var server = await TestServer.InMemoryAsync(Yaml);
        var before = await server.StateHashAsync();
        var (status, text) = await ChangeAsync(server, "a", [.. change.Split(' ').Select(static one => (one.Split('=')[0], one.Split('=')[1]))]);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(says, JsonSerializer.Deserialize(text, ApiJson.Default.RefusalView)!.Sentence, StringComparison.Ordinal);
        Assert.Equal(before, await server.StateHashAsync());
    }

    /// <summary>Slurm keeps the two in one number.</summary>
    [Fact]
    public async Task Memory_per_CPU_takes_the_place_of_memory_per_node_and_the_other_way_round()
    {
        await using var server = await TestServer.InMemoryAsync(Yaml);
        Assert.Equal(HttpStatusCode.OK, (await ChangeAsync(server, "a", ("default_memory_per_cpu", "1G"))).Status);
        Assert.Equal((true, false), await server.Server.Engine.AskAsync(static batch => (batch.Cluster.Config.Partitions[0].HasDefaultMemoryPerCpuBytes, batch.Cluster.Config.Partitions[0].HasDefaultMemoryPerNodeBytes)));
        Assert.Equal(HttpStatusCode.OK, (await ChangeAsync(server, "a", ("default_memory_per_node", "2G"))).Status);
        Assert.Equal((false, 2UL << 30), await server.Server.Engine.AskAsync(static batch => (batch.Cluster.Config.Partitions[0].HasDefaultMemoryPerCpuBytes, batch.Cluster.Config.Partitions[0].DefaultMemoryPerNodeBytes)));
    }
}
