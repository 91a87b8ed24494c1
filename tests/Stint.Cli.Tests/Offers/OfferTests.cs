using System.Text.Json;
using Stint.Cli.Admin;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Sbatch;
using Stint.Cli.Slurm.Srun;
using Stint.Cli.Tests.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Offers;

public class OfferTests
{
    private static readonly long NowMs = new DateTimeOffset(2026, 11, 22, 16, 30, 20, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private static readonly FixedTime Berlin = new(DateTimeOffset.FromUnixTimeMilliseconds(NowMs), TimeZoneInfo.CreateCustomTimeZone("CET", TimeSpan.FromHours(1), "CET", "CET"));

    private static readonly OfferView Later = new()
    {
        JobId = 14, Partition = "gpu", NowMs = NowMs - 3_600_000, StartMs = NowMs, Cpus = 4, NodeList = "n[1-2]", Reason = "Resources", ReasonDetail = "needs 4 CPUs",
        Shares = [new NodeShareView("n1", [0, 1, 2], 3UL << 30, 3), new NodeShareView("n2", [5], 1UL << 30, 1)],
        Nodes = [new NodeOfferView("n1", 0, 4, NowMs), new NodeOfferView("n2", 0, 4, NowMs), new NodeOfferView("n3", 0, 8, 0)],
    };

    [Theory]
    [InlineData("sbatch", "--wrap=true")]
    [InlineData("srun", "true")]
    public async Task Test_only_says_when_and_where_in_Slurms_words_and_the_callers_time(string command, string what)
    {
        var run = await Test(command, new SubmitResponse(14, "in the server's zone") { Offer = Later }, what);
        Assert.Equal((0, "", $"{command}: Job 14 to start at 2026-11-22T17:30:20 using 4 processors on nodes n[1-2] in partition gpu\n"), (run.Code, run.Out, run.Error));
        var request = run.Api.Body(0, ApiJson.Default.SubmitRequest);
        Assert.True(request.TestOnly);
        Assert.Equal(command == "sbatch", request.IsBatch);
    }

    [Theory]
    [InlineData("sbatch", "--wrap=true")]
    [InlineData("srun", "true")]
    public async Task A_refused_test_exits_with_1_and_Slurms_line(string command, string what)
    {
        var refusal = new RefusalView("node_config_unavailable", "no node of partition main can take one task of 99 CPUs; the largest has 4 CPUs", "Ask for fewer");
        var run = await Test(command, new ApiRefusedException(400, refusal), what);
        Assert.Equal((1, $"allocation failure: Requested node configuration is not available\n{command}: error: {refusal.Sentence}. Ask for fewer\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Who_gives_way_is_named()
    {
        var run = await Test("sbatch", new SubmitResponse(14) { Offer = Later with { Preempts = [3, 5] } }, "--wrap=true");
        Assert.EndsWith("\nsbatch:   Preempts: 3,5\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_nobody_knows_is_no_promise()
    {
        var run = await Test("sbatch", new SubmitResponse(14, "Job 14 would wait in partition gpu (Resources)") { Offer = Later with { StartMs = 0 } }, "--wrap=true");
        Assert.Equal((0, "sbatch: Job 14 would wait in partition gpu (Resources)\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task An_offer_shows_the_start_the_limits_and_the_nodes()
    {
        var run = await Offer(Later, "-n4", "--mem-per-cpu=1G", "-p", "gpu");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal("""
            It would start at 2026-11-22T17:30:20 in partition gpu on n[1-2]; until then it waits (Resources)
              needs 4 CPUs

            It gets, and is limited to (what was asked for):
              NODE  TASKS  CPUS  MEMORY  CPU IDS
              n1        3     3      3G  0-2
              n2        1     1      1G  5

            Nodes of partition gpu that can be part of it:
              NODES   COUNT  TASKS NOW  TASKS AT MOST  FREE FROM
              n[1-2]      2          0              4  2026-11-22T17:30:20
              n3          1          0              8  later

            """, run.Out);
        var request = run.Api.Body(0, ApiJson.Default.SubmitRequest);
        Assert.Equal((4u, 1UL << 30, "gpu", true), (request.Tasks, request.MemoryPerCpuBytes, request.Partition, request.TestOnly));
    }

    [Fact]
    public async Task An_offer_that_holds_now_says_so()
    {
        var run = await Offer(Later with { NowMs = NowMs, Reason = "None", ReasonDetail = "", LimitPolicy = "capacity" });
        Assert.StartsWith("It would start now in partition gpu on n[1-2]\n\nIt gets, and is limited to (all that the offer holds):\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_the_servers_own_answer()
    {
        var run = await Offer(Later, "--json", "-n4");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(JsonSerializer.Serialize(Later, ApiJson.Default.OfferView), JsonSerializer.Serialize(JsonSerializer.Deserialize(run.Out, ApiJson.Default.OfferView)!, ApiJson.Default.OfferView));
    }

    [Theory]
    [InlineData("stint offer: error: Invalid --mem specification\n", "--mem=much")]
    [InlineData("stint offer: 'job.sh' is one word too many: a request is options only\n", "job.sh")]
    [InlineData("stint offer: unrecognized option '--nope'\nTry \"stint offer --help\" for more information\n", "--nope")]
    public async Task Wrong_words_exit_with_255(string error, string word)
    {
        var run = await Offer(Later, word);
        Assert.Equal((255, error, ""), (run.Code, run.Error, run.Out));
    }

    [Fact]
    public async Task A_refused_offer_exits_with_1()
    {
        var api = new FakeApi().On("/api/v1/jobs", new ApiRefusedException(400, new RefusalView("invalid_partition", "there is no partition 'x'", "See `sinfo`")));
        var run = await new CommandRun { Api = api, Time = Berlin }.RunAsync(Verbs.Find("offer")!.RunAsync, "offer", "-p", "x");
        Assert.Equal((1, "stint offer: there is no partition 'x'\nstint offer: See `sinfo`\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task Simulate_names_the_program_that_it_cannot_become()
    {
        var run = await new CommandRun().RunAsync(Verbs.Find("simulate")!.RunAsync, "simulate", "a.swf", "--processors", "4");
        Assert.Equal((1, "stint simulate: cannot execute /stint-server: No such file or directory (errno 2)\n"), (run.Code, run.Error));
    }

    private static Task<CommandRun> Test(string command, object answer, string what) => new CommandRun { Api = new FakeApi().On("/api/v1/jobs", answer), Time = Berlin }
        .RunAsync(command == "sbatch" ? SbatchCommand.RunAsync : SrunCommand.RunAsync, command, "--test-only", what);

    private static Task<CommandRun> Offer(OfferView offer, params string[] arguments) =>
        new CommandRun { Api = new FakeApi().On("/api/v1/jobs", new SubmitResponse(14) { Offer = offer }), Time = Berlin }.RunAsync(Verbs.Find("offer")!.RunAsync, "offer", arguments);
}
