using System.Reflection;
using System.Text.Json;
using Stint.Cli.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Client;

public class SubmitJsonTests
{
    private static SubmitRequest Full() => new()
    {
        Name = "a \"b\"\\ \u0001\n ü €\U0001F600", Partition = "gpu", Account = "physics", NodesMin = 2, NodesMax = 4, Tasks = 8, TasksPerNode = 2, CpusPerTask = 3,
        MemoryPerNodeBytes = ulong.MaxValue, MemoryPerCpuBytes = 5, TimeLimitMs = 60_000, BeginMs = long.MinValue, Held = true, IsBatch = false, Array = "0-3", Dependency = "afterok:1",
        Requeue = false, Nice = -5, WorkDir = "/w", StdOut = "o", StdErr = "e", StdIn = "i", AppendOutput = true, Command = "/c", SubmitLine = "sbatch x", SubmitHost = "h", Comment = "c",
        Exclusive = true, NodeList = "n[1-2]", ExcludeList = "n3", ClientToken = "t", Signal = "B:USR1@5", Script = [35, 33, 0, 255], Arguments = [[1, 2], []], Environment = [65, 61, 66, 0],
        Umask = 7, Rlimits = new() { ["NOFILE"] = 1024, ["STACK"] = ulong.MaxValue }, TestOnly = true,
    };

    [Fact]
    public void The_sample_sets_every_property()
    {
        var empty = new SubmitRequest();
        foreach (var property in typeof(SubmitRequest).GetProperties(BindingFlags.Public | BindingFlags.Instance))
            Assert.NotEqual(JsonSerializer.Serialize(property.GetValue(empty)), JsonSerializer.Serialize(property.GetValue(Full())));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_hand_written_text_means_what_the_serializer_s_text_means(bool full)
    {
        var request = full ? Full() : new SubmitRequest();
        using var ours = JsonDocument.Parse(SubmitJson.Write(request));
        using var theirs = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.SubmitRequest));
        Assert.True(JsonElement.DeepEquals(theirs.RootElement, ours.RootElement), $"{theirs.RootElement}\n{ours.RootElement}");
    }

    [Fact]
    public void An_answer_is_read_or_left_to_the_serializer()
    {
        Assert.Equal(new SubmitResponse(12), SubmitJson.TryRead(JsonSerializer.SerializeToUtf8Bytes(new SubmitResponse(12), ApiJson.Default.SubmitResponse)));
        Assert.Null(SubmitJson.TryRead("{\"jobId\":12,\"message\":\"x\"}"u8));
        Assert.Null(SubmitJson.TryRead("{\"jobId\":,\"message\":\"\"}"u8));
        Assert.Null(SubmitJson.TryRead(""u8));
    }
}
