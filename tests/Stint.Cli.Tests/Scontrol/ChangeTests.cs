using System.Text;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Scontrol;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Scontrol;

public class ChangeTests
{
    private readonly CommandRun _run = SampleCluster.Run(new Client.FakeApi());

    private Task<CommandRun> Scontrol(params string[] arguments) => _run.RunAsync(ScontrolCommand.RunAsync, "scontrol", arguments);
    private JobSelection Sent => _run.Api.Body(_run.Api.Requests.Count - 1, ApiJson.Default.JobSelection);

    [Theory]
    [InlineData("hold", "hold")]
    [InlineData("uhold", "hold")]
    [InlineData("release", "release")]
    [InlineData("requeue", "requeue")]
    public async Task Jobs_are_named_as_words_or_lists(string keyword, string action)
    {
        _run.Api.On($"/api/v1/jobs/{action}", new SelectionResult([]));
        await Scontrol(keyword, "3", "7_3,7_[4,5]");
        Assert.Equal(["3", "7_3", "7_[4,5]"], Sent.Jobs);
        Assert.Equal((0, "", ""), (_run.Code, _run.Out, _run.Error));
    }

    [Fact]
    public async Task Jobs_can_be_named_by_name()
    {
        _run.Api.On("/api/v1/jobs/hold", new SelectionResult([]));
        await Scontrol("hold", "name=zzz");
        Assert.Equal((0, "zzz"), (Sent.Jobs.Length, Sent.Name));
    }

    [Fact]
    public async Task Refusals_name_the_job()
    {
        _run.Api.On("/api/v1/jobs/requeue", new SelectionResult([new("5", "job_pending", "job 5 is pending"), new("1", null, "requeued")]));
        await Scontrol("requeue", "5", "1");
        Assert.StartsWith("Job is pending execution for job 5\n", _run.Error, StringComparison.Ordinal);
        Assert.Equal(1, _run.Code);
    }

    [Fact]
    public async Task An_unknown_job_has_Slurm_s_two_lines()
    {
        _run.Api.On("/api/v1/jobs/release", new SelectionResult([new("99999", "invalid_job_id", "there is no job 99999")]));
        await Scontrol("release", "99999");
        Assert.Equal(("Invalid job id specified for job 99999\nslurm_suspend error: Invalid job id specified\n", 1), (_run.Error, _run.Code));
    }

    [Theory]
    [InlineData("drain", "DRAIN")]
    [InlineData("DRAIN", "DRAIN")]
    [InlineData("down", "DOWN")]
    [InlineData("resume", "RESUME")]
    [InlineData("idle", "IDLE")]
    [InlineData("undrain", "UNDRAIN")]
    public async Task A_node_s_state_is_changed(string state, string sent)
    {
        _run.Api.On("/api/v1/nodes/c2/state", new SelectionResult([]));
        await Scontrol("update", "node=c2", $"state={state}", "reason=bad fan");
        Assert.Equal(new NodeStateRequest(sent, "bad fan"), _run.Api.Body(_run.Api.Requests.Count - 1, ApiJson.Default.NodeStateRequest));
        Assert.Equal(0, _run.Code);
    }

    [Fact]
    public async Task A_list_of_nodes_is_changed_one_by_one()
    {
        _run.Api.On("/api/v1/nodes/n", new SelectionResult([]));
        await Scontrol("update", "NodeName=n[1-2]", "State=RESUME");
        Assert.Equal(["/api/v1/nodes/n1/state", "/api/v1/nodes/n2/state"], _run.Api.Requests.Select(request => request.Path));
    }

    [Theory]
    [InlineData("You must specify a reason when DOWNING or DRAINING a node. Request denied\n", "node=c2", "state=drain")]
    [InlineData("Invalid input: state=bogus\nRequest aborted\nValid states are: DOWN DRAIN FAIL FUTURE IDLE NO_RESPOND RESUME UNDRAIN\nNot all states are valid given a node's prior state\n", "node=c2", "state=bogus")]
    [InlineData("Update of this parameter is not supported: bogus=y\nRequest aborted\n", "jobid=5", "bogus=y")]
    [InlineData("No valid entity in update command\nInput line must include \"NodeName\", \"PartitionName\", \"Reservation\", \"JobId\", or \"SlurmctldDebug\"\n", "foo=bar")]
    [InlineData("too few arguments for update keyword\n")]
    public async Task Bad_updates(string error, params string[] words)
    {
        await Scontrol(["update", .. words]);
        Assert.Equal((error, 1), (_run.Error, _run.Code));
        Assert.Empty(_run.Api.Requests);
    }

    [Theory]
    [InlineData("access_denied", "slurm_update error: Invalid user id\n")]
    [InlineData("invalid_node_name", "slurm_update error: Invalid node name specified\n")]
    public async Task Refused_updates(string code, string error)
    {
        _run.Api.On("/api/v1/nodes/c2/state", _ => new ApiRefusedException(403, new RefusalView(code, "no")));
        await Scontrol("update", "node=c2", "state=drain", "reason=x");
        Assert.Equal((error, 1), (_run.Error, _run.Code));
    }

    [Fact]
    public async Task A_script_is_written_to_a_file_or_to_standard_output()
    {
        string folder = Directory.CreateTempSubdirectory("stint-cli").FullName;
        try
        {
            var run = new CommandRun { WorkingDirectory = folder, Api = new Client.FakeApi().On("/api/v1/jobs/5/script", "#!/bin/sh\ntrue\n") };
            await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "write", "batch_script", "5");
            Assert.Equal("batch script for job 5 written to slurm-5.sh\n", run.Out);
            Assert.Equal("#!/bin/sh\ntrue\n", await File.ReadAllTextAsync(Path.Combine(folder, "slurm-5.sh")));
            await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "write", "batch_script", "5", "-");
            Assert.Equal("#!/bin/sh\ntrue\n", Encoding.UTF8.GetString(run.RawOut.ToArray()));
            await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "write", "batch_script", "5", "no/such/folder");
            Assert.Equal(1, run.Code);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_missing_script_is_an_error()
    {
        _run.Api.On("/api/v1/jobs/99999/script", _ => new ApiRefusedException(404, new RefusalView("invalid_job_id", "there is no job 99999 in the queue")));
        await Scontrol("write", "batch_script", "99999");
        Assert.Equal(("job script retrieval failed: Invalid job id specified\n", 1), (_run.Error, _run.Code));
    }

    [Fact]
    public async Task Without_words_it_reads_commands_until_exit()
    {
        var run = new CommandRun { Api = SampleCluster.Api(), Input = new MemoryStream(Encoding.UTF8.GetBytes("ping\n\nbogus\nversion\nexit\nping\n")) };
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol");
        Assert.Equal(("Slurmctld(primary) at vm is UP\nslurm 26.05.0, Stint 0.1.0\n", "invalid keyword: bogus\n", 1), (run.Out, run.Error, run.Code));
    }
}
