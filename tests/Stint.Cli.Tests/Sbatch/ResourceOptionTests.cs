using Stint.Cli.Slurm.Sbatch;
using Stint.Cli.Tests.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Sbatch;

public sealed class ResourceOptionTests
{
    private readonly CommandRun _run = new() { WorkingDirectory = "/tmp" };

    private async Task<SubmitRequest> Submitted(params string[] arguments)
    {
        _run.Api.On("/api/v1/jobs", new SubmitResponse(12));
        await _run.RunAsync(SbatchCommand.RunAsync, "sbatch", [.. arguments, "--wrap=x"]);
        Assert.Equal("", _run.Error);
        Assert.Equal(0, _run.Code);
        return _run.Api.Body(0, ApiJson.Default.SubmitRequest);
    }

    [Fact]
    public async Task Devices_are_asked_for_per_node_job_task_and_socket()
    {
        var request = await Submitted("--gres=gpu:a100:2,shard:4", "-G", "8", "--gpus-per-task=a100:1", "--gpus-per-socket=1", "--sockets-per-node=2", "--cpus-per-gpu=4",
            "--mem-per-gpu=8G", "--gpu-bind=single:1", "--gres-flags=enforce-binding");
        Assert.Equal(("gpu:a100:2,shard:4", "8", "a100:1", "1"), (request.Gres, request.Gpus, request.GpusPerTask, request.GpusPerSocket));
        Assert.Equal((4u, 8UL << 30, "single:1", "enforce-binding"), (request.CpusPerGpu, request.MemoryPerGpuBytes, request.GpuBind, request.GresFlags));
    }

    [Fact]
    public async Task The_shape_of_nodes_reaches_the_request()
    {
        var request = await Submitted("-C", "a100&nvlink", "--prefer=x", "-B", "2:4:1", "--ntasks-per-socket=2", "--mincpus=8", "-S", "1", "--tmp=10G", "--contiguous", "--switches=2@10",
            "--spread-job", "--use-min-nodes", "--segment=4", "-m", "cyclic:block", "-s", "-N", "2-4");
        Assert.Equal(("a100&nvlink", "x", 2u, 4u, 1u), (request.Constraint, request.Prefer, request.SocketsPerNode, request.CoresPerSocket, request.ThreadsPerCore));
        Assert.Equal((2u, 8u, 1u, 10UL << 30, true), (request.TasksPerSocket, request.CpusPerNodeMin, request.CoreSpec, request.DiskBytes, request.Contiguous));
        Assert.Equal((2u, 600_000L, true, true, 4u, "cyclic:block", "oversubscribe"),
            (request.SwitchesMax, request.SwitchesWaitMs, request.Spread, request.UseMinNodes, request.Segment, request.Distribution, request.Sharing));
        Assert.True(request.NodesAsked);
    }

    [Fact]
    public async Task The_policy_reaches_the_request()
    {
        var request = await Submitted("-A", "physics", "-q", "high", "-L", "matlab:2,ansys", "--reservation=maint", "--deadline=2030-01-02", "--time-min=10", "-t", "60", "--priority=5", "-k",
            "--wckey=w", "-p", "a,b", "--kill-on-invalid-dep=yes", "--exclusive=user");
        Assert.Equal(("physics", "high", "matlab:2,ansys", "maint"), (request.Account, request.Qos, request.Licenses, request.Reservation));
        Assert.Equal((600_000L, 5u, true, "w", "a,b", true, "user", false),
            (request.TimeMinMs, request.Priority, request.NoKill, request.Wckey, request.Partition, request.KillOnInvalidDependency, request.Sharing, request.Exclusive));
        Assert.True(request.DeadlineMs > 1_890_000_000_000);
    }

    [Fact]
    public async Task The_environment_says_what_the_command_line_does_not()
    {
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("SBATCH_QOS", "q"), ("SBATCH_GPUS", "2"), ("SBATCH_CONSTRAINT", "c"), ("SBATCH_REQ_SWITCH", "1"), ("SBATCH_GRES", "gpu:1")])
            _run.Environment[name] = value;
        var request = await Submitted("--gpus=3");
        Assert.Equal(("q", "3", "c", 1u, "gpu:1"), (request.Qos, request.Gpus, request.Constraint, request.SwitchesMax, request.Gres));
    }

    [Fact]
    public async Task Tres_per_task_are_cpus_and_gpus()
    {
        var request = await Submitted("-n2", "--tres-per-task=cpu=3,gres/gpu:a100=1");
        Assert.Equal((3u, "a100=1"), (request.CpusPerTask, request.GpusPerTask));
    }

    [Theory]
    [InlineData("--gres=gpu:a:b:c", "Invalid generic resource (gres) specification: 'gpu:a:b:c'")]
    [InlineData("--gpus=many", "Invalid --gpus specification: Invalid generic resource (gres) specification: 'many'")]
    [InlineData("--gpus-per-node=-1", "Invalid --gpus-per-node specification: Invalid generic resource (gres) specification: '-1'")]
    [InlineData("--cpus-per-gpu=0", "Invalid numeric value \"0\" for --cpus-per-gpu.")]
    [InlineData("--mem-per-gpu=x", "Invalid --mem-per-gpu specification")]
    [InlineData("--gpu-bind=near", "Invalid --gpu-bind specification")]
    [InlineData("--gres-flags=fast", "Invalid --gres-flags specification")]
    [InlineData("--tmp=x", "Invalid --tmp specification")]
    [InlineData("--switches=0", "Invalid --switches specification")]
    [InlineData("--switches=1@x", "Invalid --switches specification")]
    [InlineData("-B2:3:4:5", "Invalid --extra-node-info specification")]
    [InlineData("--hint=fast", "unrecognized --hint argument \"fast\", see --hint=help")]
    [InlineData("-mspiral", "Invalid --distribution specification")]
    [InlineData("-mplane=0", "Invalid --distribution specification")]
    [InlineData("--mincpus=a", "Invalid numeric value \"a\" for --mincpus.")]
    [InlineData("-Sx", "Invalid numeric value \"x\" for --core-spec.")]
    [InlineData("-La:0", "Invalid --licenses specification")]
    [InlineData("-La|b,c", "Invalid --licenses specification")]
    [InlineData("--time-min=x", "Invalid --time-min specification")]
    [InlineData("--priority=-1", "Priority must be >= 0")]
    [InlineData("--priority=high", "Invalid --priority specification")]
    [InlineData("--exclusive=mine", "Invalid --exclusive specification")]
    [InlineData("--no-kill=maybe", "Invalid --no-kill specification")]
    [InlineData("--kill-on-invalid-dep=1", "Invalid --kill-on-invalid-dep specification")]
    [InlineData("--mail-type=OFTEN", "Invalid --mail-type specification")]
    [InlineData("--tres-per-task=mem=3", "Invalid --tres-per-task specification")]
    public async Task A_bad_value_is_refused_by_name(string option, string sentence)
    {
        await _run.RunAsync(SbatchCommand.RunAsync, "sbatch", option, "--wrap=x");
        int code = sentence.StartsWith("Invalid numeric", StringComparison.Ordinal) || sentence.StartsWith("Invalid generic", StringComparison.Ordinal) || sentence.StartsWith("unrecognized --hint", StringComparison.Ordinal) ? 1 : 255;
        Assert.Equal((code, $"sbatch: error: {sentence}\n"), (_run.Code, _run.Error));
    }

    /// <summary>As a real sbatch 22.05.8 says it: what its parser of times finds comes first, without a name.</summary>
    [Theory]
    [InlineData("--begin=foo", 0)]
    [InlineData("--begin=25:00", 0)]
    [InlineData("--begin=2026-13-45", 5)]
    [InlineData("--begin=now+5parsecs", 4)]
    [InlineData("--begin=16:00:99", 6)]
    [InlineData("--begin=tomorrowx", 8)]
    [InlineData("--deadline=never", 0)]
    public async Task A_time_that_is_none_is_said_with_its_place(string option, int place)
    {
        await _run.RunAsync(SbatchCommand.RunAsync, "sbatch", option, "--wrap=x");
        var words = option[2..].Split('=');
        Assert.Equal((255, $"Invalid time specification (pos={place}): {words[1]}\nsbatch: error: Invalid --{words[0]} specification\n"), (_run.Code, _run.Error));
    }

    [Theory]
    [InlineData("--cpus-per-task and --cpus-per-gpu are mutually exclusive", "-c2", "--cpus-per-gpu=2")]
    [InlineData("--mem, --mem-per-cpu, and --mem-per-gpu are mutually exclusive.", "--mem=2G", "--mem-per-gpu=2G")]
    [InlineData("--gpus-per-task or --tres-per-task used without either --gpus or -n/--ntasks is not allowed", "--gpus-per-task=1")]
    [InlineData("--gpus-per-socket option requires --sockets-per-node", "--gpus-per-socket=1")]
    [InlineData("--time-min is over --time", "--time-min=20", "-t10")]
    [InlineData("--ntasks-per-gpu is mutually exclusive with --gpus-per-task", "-n2", "--ntasks-per-gpu=1", "--gpus-per-task=1")]
    public async Task What_contradicts_itself_is_refused(string sentence, params string[] options)
    {
        await _run.RunAsync(SbatchCommand.RunAsync, "sbatch", [.. options, "--wrap=x"]);
        Assert.Equal((255, $"sbatch: fatal: {sentence}\n"), (_run.Code, _run.Error));
    }
}
