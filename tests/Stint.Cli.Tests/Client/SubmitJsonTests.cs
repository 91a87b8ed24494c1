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
        NodesAsked = true, Qos = "q", Reservation = "r", Wckey = "w", Constraint = "a&b", Prefer = "c|d", Licenses = "l:2", Gres = "gpu:2", Gpus = "4", GpusPerNode = "a:1",
        GpusPerTask = "1", GpusPerSocket = "2", GpuBind = "closest", GresFlags = "enforce-binding", MemoryPerGpuBytes = 7, CpusPerGpu = 2, CpuMilli = 1500, TasksPerGpu = 3, DiskBytes = 9,
        ThreadsPerCore = 1, SocketsPerNode = 2, CoresPerSocket = 3, TasksPerCore = 4, TasksPerSocket = 5, OneThreadPerTask = true, CoreSpec = 0, ThreadSpec = 1, CpusPerNodeMin = 6,
        Sharing = "user", Contiguous = true, Spread = true, UseMinNodes = true, SwitchesMax = 2, SwitchesWaitMs = 60_000, Segment = 4, DeadlineMs = 5, TimeMinMs = 6, Distribution = "block",
        Priority = 0, NoKill = true, Reboot = true, KillOnInvalidDependency = false, MailType = "END", MailUser = "u", LimitPolicy = "capacity",
        Ranges = new() { CpusMin = 1, CpusMax = 2, MemoryMinBytes = 3, GpuVendor = "nvidia", GpuNames = ["A100", "H100"], GpusMin = 1, GpuTotalMemoryMaxBytes = 8 },
        Components = [new SubmitRequest { Name = "second", Gres = "gpu:1" }, new SubmitRequest()],
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
