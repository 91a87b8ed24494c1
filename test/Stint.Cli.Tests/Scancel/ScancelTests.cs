using Stint.Cli.Slurm.Scancel;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Scancel;

public class ScancelTests
{
    private readonly CommandRun _run = new();

    private Task<CommandRun> Scancel(params string[] arguments) => _run.RunAsync(ScancelCommand.RunAsync, "scancel", arguments);

    private JobSelection Sent => _run.Api.Body(_run.Api.Requests.Count - 1, ApiJson.Default.JobSelection);

    private void Outcomes(params SelectionOutcome[] outcomes) => _run.Api.On("/api/v1/jobs/cancel", new SelectionResult(outcomes));

    [Fact]
    public async Task Jobs_tasks_and_steps_are_named_in_one_request()
    {
        Outcomes();
        await Scancel("1", "7_3", "7_[1-3,5],8", "12.0", "-s", "USR1", "-b");
        Assert.Equal(["1", "7_3", "7_[1-3,5]", "8", "12.0"], Sent.Jobs);
        Assert.Equal((10, true, 0), (Sent.Signal, Sent.BatchOnly, _run.Code));
    }

    [Fact]
    public async Task Another_user_s_job_is_denied_with_Slurm_s_exit_code()
    {
        Outcomes(new SelectionOutcome("1", "access_denied", "job 1 belongs to uid 0"));
        await Scancel("1");
        Assert.Equal(("scancel: error: Kill job error on job id 1: Access/permission denied\n", 210), (_run.Error, _run.Code));
    }

    [Fact]
    public async Task A_job_that_is_not_there_is_no_failure()
    {
        Outcomes(new SelectionOutcome("99999", "invalid_job_id", "no such job"));
        await Scancel("99999");
        Assert.Equal(("", "", 0), (_run.Out, _run.Error, _run.Code));
    }

    [Fact]
    public async Task Verbose_says_what_is_ended()
    {
        Outcomes(new SelectionOutcome("3", null, ""));
        await Scancel("-v", "3");
        Assert.Equal("scancel: Terminating job 3\n", _run.Error);
    }

    [Theory]
    [InlineData("", "scancel: error: No job identification provided\n")]
    [InlineData("abc", "scancel: error: Invalid job id abc\n")]
    [InlineData("-t FOO", "scancel: error: Invalid job state specified: FOO\n")]
    [InlineData("-s NOPE 1", "scancel: error: Unknown job signal: NOPE\n")]
    [InlineData("-q normal", "scancel: error: -q is not supported yet by this version of Stint\n")]
    [InlineData("--bogus", "scancel: unrecognized option '--bogus'\nTry \"scancel --help\" for more information\n")]
    public async Task A_bad_command_line_asks_for_nothing(string line, string error)
    {
        await Scancel(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((error, 1), (_run.Error, _run.Code));
        Assert.Empty(_run.Api.Requests);
    }

    [Fact]
    public async Task Filters_come_from_options_and_environment()
    {
        Outcomes();
        _run.Environment["SCANCEL_PARTITION"] = "gpu";
        await Scancel("--name=arr", "--state=PENDING", "-u", "alice");
        Assert.Equal(("arr", "gpu", "alice"), (Sent.Name, Sent.Partition, Sent.User));
        Assert.Equal(["PENDING"], Sent.States);
    }

    private static JobView Pending(uint id) => new() { JobId = id, Name = "wrap", Partition = "gpu", State = "PENDING", Uid = 2001 };

    [Fact]
    public async Task Each_job_is_asked_for_and_the_end_of_input_is_no()
    {
        var run = new CommandRun { Input = new MemoryStream("n\ny\n"u8.ToArray()) };
        run.Api.On("/api/v1/jobs?", new JobList(0, [Pending(4), Pending(5), Pending(6), Pending(7)])).On("/api/v1/jobs/cancel", new SelectionResult([]));
        await run.RunAsync(ScancelCommand.RunAsync, "scancel", "-i", "-u", "alice", "-t", "PD").WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("Cancel job_id=4 name=wrap partition=gpu [y/n]? Cancel job_id=5 name=wrap partition=gpu [y/n]? Cancel job_id=6 name=wrap partition=gpu [y/n]? ", run.Out);
        Assert.Equal("/api/v1/jobs?user=alice&state=PENDING", run.Api.Requests[0].Path);
        Assert.Equal(["5"], run.Api.Body(1, ApiJson.Default.JobSelection).Jobs);
        Assert.Equal(0, run.Code);
    }
}
