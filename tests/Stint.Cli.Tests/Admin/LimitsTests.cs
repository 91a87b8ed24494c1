using System.Text.Json;
using Stint.Cli.Admin;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Scontrol;
using Stint.Cli.Tests.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Admin;

public class LimitsTests
{
    private static readonly LimitsView View = new()
    {
        NowMs = 1, User = "alice", Uid = 2001, Tier = "student", TierFrom = "group students",
        Limits = [new() { Resource = "memory", Limit = 96L << 30, Used = 64L << 30, Free = 32L << 30 }, new() { Resource = "gpus", Used = 0 }],
        Jobs = [new() { JobId = 41, Name = "a\u001b[2J\u202eb", State = "RUNNING", NodeList = "n1", Cpus = 1, MemoryBytes = 64UL << 30 }],
        Notices = [new(86_400_000, 40, "OUT_OF_MEMORY", "job 40 (hog) ended OUT_OF_MEMORY")],
    };

    private static Task<CommandRun> Limits(FakeApi api, uint uid, params string[] arguments) =>
        new CommandRun { Api = api, Uid = uid, Time = new FixedTime(DateTimeOffset.UnixEpoch) }.RunAsync(LimitsVerb.Verb.RunAsync, "limits", arguments);

    private static FakeApi Api() => new FakeApi().On("/api/v1/limits/seen", new SelectionResult([])).On("/api/v1/limits", View);

    [Fact]
    public async Task What_was_printed_to_its_user_is_seen_and_a_hostile_name_is_washed()
    {
        var api = Api();
        var run = await Limits(api, 2001);
        Assert.Equal(0, run.Code);
        Assert.Contains("memory          [#############-------]  64 GB of 96 GB        32 GB free\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("  job 41 a?[2J?b: 1 CPU, 64 GB; running on n1\n", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("GPUs", run.Out, StringComparison.Ordinal);
        Assert.Equal(("/api/v1/limits/seen", 86_400_000), (api.Requests[1].Path, api.Body(1, ApiJson.Default.NoticesSeenRequest).UpToMs));
    }

    [Fact]
    public async Task Neither_JSON_nor_a_look_at_another_users_limits_makes_a_message_seen()
    {
        var api = Api();
        var json = await Limits(api, 2001, "--json");
        Assert.Equal(JsonSerializer.Serialize(View, ApiJson.Default.LimitsView), JsonSerializer.Serialize(JsonSerializer.Deserialize(json.Out, ApiJson.Default.LimitsView), ApiJson.Default.LimitsView));
        await Limits(api, 0, "--user", "alice");
        Assert.Equal(["/api/v1/limits", "/api/v1/limits?user=alice"], api.Requests.Select(r => r.Path));
    }

    [Fact]
    public async Task Apply_sends_the_files_bytes_and_its_exit_code_says_whether_it_holds()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, [0xff, 0x00, 0x41]);
        var view = new LimitsChangeView { File = file, Tiers = [new("student", "changed", ["user cpus: 8 CPUs → 4 CPUs"])], Objections = ["CPUs: alice holds 6 CPUs in 1 job (41); tier student would allow 4 CPUs"] };
        var api = new FakeApi().On("/api/v1/limits/apply", view);
        var run = await Limits(api, 0, "apply", "--dry-run", file);
        var sent = api.Body(0, ApiJson.Default.LimitsApplyRequest);
        Assert.Equal((file, true, "FF0041"), (sent.File, sent.DryRun, Convert.ToHexString(sent.Yaml!)));
        Assert.Equal(1, run.Code);
        Assert.Contains("  refused: CPUs: alice holds 6 CPUs in 1 job (41); tier student would allow 4 CPUs\nNothing was changed.\n", run.Out, StringComparison.Ordinal);
        File.Delete(file);
        Assert.Equal(1, (await Limits(api, 0, "apply", file)).Code);
        Assert.Equal(1, (await Limits(api, 0, "aply")).Code);
        Assert.Single(api.Requests);
        api = new FakeApi().On("/api/v1/limits/apply", view with { Objections = [], Applied = true });
        Assert.Equal(0, (await Limits(api, 0, "apply")).Code);
        Assert.Null(api.Body(0, ApiJson.Default.LimitsApplyRequest).Yaml);
    }

    [Fact]
    public async Task Reconfigure_is_silent_or_says_why_not()
    {
        var good = await new CommandRun { Api = new FakeApi().On("/api/v1/limits/apply", new LimitsChangeView { Applied = true }) }.RunAsync(ScontrolCommand.RunAsync, "scontrol", "reconfigure");
        Assert.Equal((0, "", ""), (good.Code, good.Out, good.Error));
        var wrong = new ApiRefusedException(400, new RefusalView("invalid_config", "/s/stint.yaml:3: unknown key 'x'", "Nothing was changed"));
        var bad = await new CommandRun { Api = new FakeApi().On("/api/v1/limits/apply", wrong) }.RunAsync(ScontrolCommand.RunAsync, "scontrol", "reconfig");
        Assert.Equal((1, "scontrol: error: /s/stint.yaml:3: unknown key 'x'\nscontrol: error: Nothing was changed\n"), (bad.Code, bad.Error));
    }
}
