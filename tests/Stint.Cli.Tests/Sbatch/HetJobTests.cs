using Stint.Cli.Slurm.Sbatch;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Sbatch;

public sealed class HetJobTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-het-").FullName;
    private readonly CommandRun _run;

    public HetJobTests() => _run = new CommandRun { WorkingDirectory = _folder };
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<SubmitRequest> Submitted(params string[] arguments)
    {
        _run.Api.On("/api/v1/jobs", new SubmitResponse(12));
        await _run.RunAsync(SbatchCommand.RunAsync, "sbatch", arguments);
        Assert.Equal(("", 0), (_run.Error, _run.Code));
        return _run.Api.Body(0, ApiJson.Default.SubmitRequest);
    }

    [Fact]
    public async Task A_colon_begins_the_next_component()
    {
        var request = await Submitted("-N1", "-J", "pair", ":", "-N2", "--gres=gpu:1", "--wrap=x");
        Assert.Equal(("pair", 1u), (request.Name, request.NodesMin));
        var second = Assert.Single(request.Components!);
        Assert.Equal(("pair", 2u, "gpu:1", 0), (second.Name, second.NodesMin, second.Gres, second.Script.Length));
    }

    [Fact]
    public async Task The_script_s_components_take_what_the_command_line_says_of_each()
    {
        File.WriteAllText(Path.Combine(_folder, "job.sh"), "#!/bin/sh\n#SBATCH -n2 -c3\n#SBATCH hetjob\n#SBATCH -n4 --gpus-per-node=1\n#SBATCH hetjob\n#SBATCH -n5\ntrue\n");
        var request = await Submitted("-c1", ":", "-n6", "job.sh", "argument");
        Assert.Equal((2u, 1u), (request.Tasks, request.CpusPerTask));
        Assert.Equal([6u, 5u], request.Components!.Select(one => one.Tasks!.Value));
        Assert.Equal("1", request.Components![0].GpusPerNode);
        Assert.Equal("argument", System.Text.Encoding.UTF8.GetString(request.Arguments.Single()));
    }
}
