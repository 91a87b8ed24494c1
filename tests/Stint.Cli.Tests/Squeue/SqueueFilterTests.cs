using System.Text.Json;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Squeue;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Squeue;

public class SqueueFilterTests
{
    private static Task<CommandRun> Squeue(params string[] arguments) => SampleCluster.Run().RunAsync(SqueueCommand.RunAsync, "squeue", arguments);

    private static async Task<string> Ids(params string[] arguments) => string.Join(' ', (await Squeue(["-h", "-o", "%i", "-S", "i", .. arguments])).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    [Theory]
    [InlineData("-t", "R", "1 2_0 2_1 2_2")]
    [InlineData("-t", "failed", "15")]
    [InlineData("-p", "gpu", "1 4 5 6 7 16")]
    [InlineData("-n", "train,arr", "1 2_0 2_[3-9%3] 2_1 2_2")]
    [InlineData("-w", "c2", "2_0 2_1")]
    [InlineData("-w", "n[1-2]", "1")]
    [InlineData("-j", "2_0,16", "2_0 16")]
    [InlineData("-j", "2_[4-5]", "2_4 2_5")]
    [InlineData("-j", "10", "2_0")]
    [InlineData("-u", "root", "")]
    [InlineData("-A", "chem", "")]
    [InlineData("-q", "normal", "")]
    public async Task Filters_choose_jobs(string option, string value, string ids) =>
        Assert.Equal(ids.Split(' ').Order(), (await Ids(option, value)).Split(' ').Order());

    [Fact]
    public async Task All_states_show_ended_jobs_with_their_reason()
    {
        Assert.Equal("15 F (NonZeroExitCode)", (await Squeue("-h", "-t", "all", "-j", "15", "-o", "%i %t %R")).Out.TrimEnd());
        Assert.Equal("", await Ids("-j", "15"));
    }

    [Fact]
    public async Task Me_means_the_caller()
    {
        Assert.NotEqual("", await Ids("--me"));
        var other = await SampleCluster.Run(uid: 5).RunAsync(SqueueCommand.RunAsync, "squeue", "--me", "-h");
        Assert.Equal("", other.Out);
    }

    [Fact]
    public async Task One_unknown_job_is_an_error_several_are_an_empty_list()
    {
        var one = await Squeue("-j", "99999");
        Assert.Equal(("slurm_load_jobs error: Invalid job id specified\n", "", 1), (one.Error, one.Out, one.Code));
        var two = await Squeue("-h", "-j", "99999,99998");
        Assert.Equal(("", 0), (two.Error, two.Code));
    }

    [Theory]
    [InlineData("-j", "abc", "squeue: error: Invalid job id: abc\n")]
    [InlineData("-i", "0", "squeue: error: --iterate=0\n\n")]
    [InlineData("-w", "nonode", "squeue: error: Invalid node name nonode\n")]
    [InlineData("-S", "9", "squeue: error: Invalid sort specification: 9\n")]
    public async Task Bad_values_are_refused_in_Slurm_s_words(string option, string value, string error)
    {
        var run = await Squeue(option, value);
        Assert.Equal((error, 1), (run.Error, run.Code));
    }

    [Fact]
    public async Task An_unknown_state_names_the_known_ones()
    {
        var run = await Squeue("-t", "bogus");
        Assert.StartsWith("squeue: error: Invalid job state specified: bogus\nsqueue: error: Valid job states include: PENDING,RUNNING,SUSPENDED,COMPLETED,", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Code);
    }

    [Fact]
    public async Task An_unknown_user_is_complained_of_and_the_list_is_empty()
    {
        var run = await Squeue("-u", "no-such-user-here");
        Assert.Equal(("squeue: error: Invalid user: no-such-user-here\n\n", 0), (run.Error, run.Code));
        Assert.Single(run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Unknown_options_and_words_are_refused()
    {
        var option = await Squeue("--bogus");
        Assert.Equal(("squeue: unrecognized option '--bogus'\nTry \"squeue --help\" for more information\n", 1), (option.Error, option.Code));
        var word = await Squeue("extra");
        Assert.StartsWith("squeue: error: Unrecognized option: extra\nUsage: squeue [-A account]", word.Error, StringComparison.Ordinal);
        var both = await Squeue("-o", "%i", "-l");
        Assert.Equal("squeue: fatal: Options -o(--format) and -l(--long) are mutually exclusive. Please remove one and retry.\n", both.Error);
    }

    [Fact]
    public async Task The_environment_sets_formats_and_filters_and_options_win()
    {
        var run = SampleCluster.Run();
        run.Environment["SQUEUE_FORMAT"] = "%i;%t";
        run.Environment["SQUEUE_PARTITION"] = "gpu";
        run.Environment["SQUEUE_STATES"] = "R";
        await run.RunAsync(SqueueCommand.RunAsync, "squeue");
        Assert.Equal("JOBID;ST\n1;R\n", run.Out);
        var over = SampleCluster.Run();
        over.Environment["SQUEUE_FORMAT"] = "%i;%t";
        await over.RunAsync(SqueueCommand.RunAsync, "squeue", "-h", "-j", "3", "-o", "%j");
        Assert.Equal("wrap\n", over.Out);
    }

    [Fact]
    public async Task Json_has_the_filtered_jobs_in_Slurm_s_shape()
    {
        var run = await Squeue("--json", "-j", "1");
        using var json = JsonDocument.Parse(run.Out);
        var job = Assert.Single(json.RootElement.GetProperty("jobs").EnumerateArray().ToList());
        Assert.Equal(("train", 1u, "RUNNING"), (job.GetProperty("name").GetString(), job.GetProperty("job_id").GetUInt32(), job.GetProperty("job_state")[0].GetString()));
        Assert.Equal((true, false, 30), (job.GetProperty("time_limit").GetProperty("set").GetBoolean(), job.GetProperty("time_limit").GetProperty("infinite").GetBoolean(), job.GetProperty("time_limit").GetProperty("number").GetInt32()));
        Assert.Equal(6, job.GetProperty("job_resources").GetProperty("nodes").GetProperty("allocation")[1].GetProperty("cpus").GetProperty("count").GetInt32());
        Assert.Equal("26.05.0", json.RootElement.GetProperty("meta").GetProperty("slurm").GetProperty("release").GetString());
    }

    [Fact]
    public async Task No_controller_is_said_in_Slurm_s_words_first()
    {
        var api = new Client.FakeApi().On("/api/v1/jobs", _ => new ApiUnreachableException("no server answers on the socket /x", new IOException("x")));
        var run = await SampleCluster.Run(api).RunAsync(SqueueCommand.RunAsync, "squeue");
        Assert.Equal(("slurm_load_jobs error: Unable to contact slurm controller (connect failure)\nsqueue: no server answers on the socket /x\n", 1), (run.Error, run.Code));
    }

    [Fact]
    public async Task Times_are_printed_in_the_caller_s_zone()
    {
        var run = new CommandRun { Api = SampleCluster.Api(), Time = new FixedTime(SampleCluster.Now, TimeZoneInfo.CreateCustomTimeZone("x", TimeSpan.FromHours(5.5), "x", "x")) };
        await run.RunAsync(SqueueCommand.RunAsync, "squeue", "-h", "-j", "1", "-o", "%S");
        Assert.Equal("2026-11-22T06:48:20\n", run.Out);
    }

    [Fact]
    public async Task A_hostile_job_name_cannot_break_the_line()
    {
        JobView[] jobs = [SampleCluster.Train with { Name = "a\nb\u001b[2J\u202ec" }];
        var run = await SampleCluster.Run(SampleCluster.Api(jobs)).RunAsync(SqueueCommand.RunAsync, "squeue", "-h", "-o", "%j");
        Assert.Equal("a?b?[2J?c\n", run.Out);
    }

    [Fact]
    public async Task A_long_array_is_abbreviated_and_keeps_its_throttle()
    {
        string odd = string.Join(',', Enumerable.Range(0, 200).Select(i => i * 2 + i % 2 * 3));
        JobView[] jobs = [SampleCluster.Array with { ArrayTasks = odd + "%5" }];
        var run = await SampleCluster.Run(SampleCluster.Api(jobs)).RunAsync(SqueueCommand.RunAsync, "squeue", "-h", "-o", "%i");
        Assert.EndsWith("...%5]\n", run.Out, StringComparison.Ordinal);
        Assert.True(run.Out.Length < 90);
    }
}
