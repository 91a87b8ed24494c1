using System.Text;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Sbatch;
using Stint.Cli.Tests.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Sbatch;

public sealed class SbatchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-sbatch-").FullName;
    private readonly CommandRun _run;

    public SbatchTests() => _run = new CommandRun { WorkingDirectory = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<CommandRun> Sbatch(params string[] arguments) => _run.RunAsync(SbatchCommand.RunAsync, "sbatch", arguments);

    private async Task<SubmitRequest> Submitted(params string[] arguments)
    {
        _run.Api.On("/api/v1/jobs", new SubmitResponse(12));
        await Sbatch(arguments);
        Assert.Equal("", _run.Error);
        Assert.Equal(0, _run.Code);
        return _run.Api.Body(0, ApiJson.Default.SubmitRequest);
    }

    private string Script(string text, string name = "job.sh")
    {
        File.WriteAllText(Path.Combine(_folder, name), text);
        return name;
    }

    private static Dictionary<string, string> Environment(SubmitRequest request) => Encoding.UTF8.GetString(request.Environment).Split('\0', StringSplitOptions.RemoveEmptyEntries)
        .Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);

    [Fact]
    public async Task A_wrapped_command_becomes_a_script()
    {
        var request = await Submitted("--wrap", "hostname");
        Assert.Equal("Submitted batch job 12\n", _run.Out);
        Assert.Equal("#!/bin/sh\n# This script was created by sbatch --wrap.\n\nhostname\n\n", Encoding.UTF8.GetString(request.Script));
        Assert.Equal(("wrap", "", "sbatch --wrap hostname", _folder), (request.Name, request.Command, request.SubmitLine, request.WorkDir));
        Assert.Equal(32, request.ClientToken!.Length);
        Assert.Contains("NOFILE", request.Rlimits!.Keys);
    }

    [Fact]
    public async Task The_command_line_beats_the_environment_and_that_the_script()
    {
        string script = Script("#!/bin/sh\n#SBATCH -J script -n 4 -p p1\n#SBATCH --mem-per-cpu=10 -t 5\n#SBATCH -c 2\necho\n");
        _run.Environment["SBATCH_PARTITION"] = "p2";
        _run.Environment["SBATCH_TIMELIMIT"] = "1:00:00";
        var request = await Submitted("--time=2-0", "--mem=1G", script, "a", "b c");
        Assert.Equal(("script", "p2", 4u, 2u), (request.Name, request.Partition, request.Tasks, request.CpusPerTask));
        Assert.Equal(172_800_000, request.TimeLimitMs);
        Assert.Equal((1UL << 30, null), (request.MemoryPerNodeBytes, request.MemoryPerCpuBytes));
        Assert.Equal(["a", "b c"], request.Arguments.Select(Encoding.UTF8.GetString));
        Assert.Equal(Path.Combine(_folder, script), request.Command);
    }

    [Fact]
    public async Task Every_option_of_the_issue_reaches_the_request()
    {
        var request = await Submitted("-J", "n", "-N", "2-4", "-n8", "-c3", "--ntasks-per-node=2", "-a", "0-15:4%2", "-o", "o_%A_%a", "-e", "e", "-i", "in", "-D", "sub", "--hold",
            "--begin=2030-01-02", "-d", "afterok:1", "-w", "n[1-2]", "-x", "n3", "--exclusive", "--comment=hi", "-A", "acct", "--requeue", "--open-mode=append", "--signal=B:USR1@60",
            "--nice=7", "--parsable", "--wrap=x");
        Assert.Equal("12\n", _run.Out);
        Assert.Equal((2u, 4u, 8u, 3u, 2u), (request.NodesMin, request.NodesMax, request.Tasks, request.CpusPerTask, request.TasksPerNode));
        Assert.Equal(("0-15:4%2", "o_%A_%a", "e", "in", Path.Combine(_folder, "sub")), (request.Array, request.StdOut, request.StdErr, request.StdIn, request.WorkDir));
        Assert.Equal((true, "afterok:1", "n[1-2]", "n3", true), (request.Held, request.Dependency, request.NodeList, request.ExcludeList, request.Exclusive));
        Assert.Equal(("hi", "acct", true, true, "B:USR1@60", 7), (request.Comment, request.Account, request.Requeue, request.AppendOutput, request.Signal, request.Nice));
        Assert.True(request.BeginMs > 1_890_000_000_000);
    }

    [Fact]
    public async Task The_script_may_come_from_standard_input()
    {
        var run = new CommandRun { WorkingDirectory = _folder, Input = new MemoryStream("#!/bin/sh\n#SBATCH -n3\ntrue\n"u8.ToArray()) };
        run.Api.On("/api/v1/jobs", new SubmitResponse(5));
        await run.RunAsync(SbatchCommand.RunAsync, "sbatch");
        Assert.Equal("Submitted batch job 5\n", run.Out);
        Assert.Equal(("sbatch", 3u), (run.Api.Body(0, ApiJson.Default.SubmitRequest).Name, run.Api.Body(0, ApiJson.Default.SubmitRequest).Tasks));
    }

    [Fact]
    public async Task Arguments_that_are_not_UTF8_go_through_as_they_are()
    {
        Script("#!/bin/sh\n");
        byte[] odd = [0xff, (byte)'a'];
        var run = new CommandRun { WorkingDirectory = _folder, RawArguments = ["job.sh"u8.ToArray(), odd] };
        run.Api.On("/api/v1/jobs", new SubmitResponse(5));
        await run.RunAsync(SbatchCommand.RunAsync, "sbatch", "job.sh", "\ufffda");
        Assert.Equal(odd, run.Api.Body(0, ApiJson.Default.SubmitRequest).Arguments.Single());
    }

    [Theory]
    [InlineData(null, "HOME,PATH")]
    [InlineData("ALL", "HOME,PATH")]
    [InlineData("NONE", "")]
    [InlineData("PATH,NEW=1", "NEW,PATH")]
    [InlineData("ALL,HOME=/x", "HOME,PATH")]
    public async Task Export_says_what_the_job_sees(string? export, string expected)
    {
        _run.Environment["SLURM_KEEP"] = "1";
        var seen = Environment(await (export is null ? Submitted("--wrap=x") : Submitted($"--export={export}", "--wrap=x")));
        Assert.Equal(expected, string.Join(',', seen.Keys.Where(k => !k.StartsWith("SLURM_", StringComparison.Ordinal)).Order(StringComparer.Ordinal)));
        Assert.Equal("1", seen["SLURM_KEEP"]);
        Assert.Equal(_folder, seen["SLURM_SUBMIT_DIR"]);
        if (export == "ALL,HOME=/x") Assert.Equal("/x", seen["HOME"]);
    }

    [Theory]
    [InlineData("--bogus", 255, "sbatch: unrecognized option '--bogus'\nTry \"sbatch --help\" for more information\n")]
    [InlineData("--time=garbage", 255, "sbatch: error: Invalid --time specification\n")]
    [InlineData("--mem=1.5G", 255, "sbatch: error: Invalid --mem specification\n")]
    [InlineData("-N4-2", 255, "sbatch: error: Maximum node count 2 is less than minimum node count 4\n")]
    [InlineData("-Na", 255, "sbatch: error: \"a\" is not a valid node count\n")]
    [InlineData("-c0", 1, "sbatch: error: Invalid numeric value \"0\" for --cpus-per-task.\n")]
    [InlineData("-n5000000000", 1, "sbatch: error: Invalid numeric value \"5000000000\" for --ntasks.\n")]
    [InlineData("-N0", 1, "sbatch: error: Batch job submission failed: Node count specification invalid\nsbatch: error: 0 is no number of nodes; ask for at least 1\n")]
    [InlineData("-a5-1", 1, "sbatch: error: Batch job submission failed: Invalid job array specification\nsbatch: error: Invalid job array specification 5-1\n")]
    [InlineData("--propagate=CORE,FOO", 1, "sbatch: error: Bad rlimit name: FOO\nsbatch: error: --propagate=CORE,FOO is not valid.\n")]
    [InlineData("--open-mode=foo", 255, "sbatch: error: Invalid --open-mode specification\n")]
    [InlineData("--mcs-label=x", 255, "sbatch: error: --mcs-label is not supported yet by this version of Stint\n")]
    [InlineData("-w=n[3-1]", 255, "sbatch: error: Invalid range: `3-1'\n")]
    [InlineData("nosuchfile.sh", 1, "sbatch: error: Unable to open file nosuchfile.sh\n")]
    public async Task A_bad_command_line_ends_as_in_Slurm(string argument, int code, string error)
    {
        await Sbatch(argument);
        Assert.Equal(error, _run.Error);
        Assert.Equal((code, ""), (_run.Code, _run.Out));
        Assert.Empty(_run.Api.Requests);
    }

    [Fact]
    public async Task A_script_without_interpreter_is_refused()
    {
        await Sbatch(Script("echo hi\n"));
        Assert.Equal("sbatch: error: This does not look like a batch script.  The first\nsbatch: error: line must start with #! followed by the path to an interpreter.\nsbatch: error: For instance: #!/bin/sh\n", _run.Error);
        Assert.Equal(1, _run.Code);
    }

    [Fact]
    public async Task Both_kinds_of_memory_at_one_place_contradict_each_other()
    {
        await Sbatch("--mem=1G", "--mem-per-cpu=1G", "--wrap=x");
        Assert.Equal("sbatch: fatal: --mem, --mem-per-cpu, and --mem-per-gpu are mutually exclusive.\n", _run.Error);
    }

    [Fact]
    public async Task An_error_in_the_script_names_its_line()
    {
        await Sbatch(Script("#!/bin/sh\n\n#SBATCH --time=x\n"));
        Assert.Equal("sbatch: error: line 3 of the script: Invalid --time specification\n", _run.Error);
    }

    [Theory]
    [InlineData("invalid_partition", "There is no partition nosuch", "nosuch", "sbatch: error: invalid partition specified: nosuch\nsbatch: error: Batch job submission failed: Invalid partition name specified\n")]
    [InlineData("node_config_unavailable", "The largest node has no such feature", null, "sbatch: error: Batch job submission failed: Requested node configuration is not available\n")]
    [InlineData("node_config_unavailable", "memory specification can not be satisfied: 900G on one node; the largest node of partition main has 20G", null,
        "sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission failed: Requested node configuration is not available\nsbatch: error: memory specification can not be satisfied: 900G on one node; the largest node of partition main has 20G\n")]
    [InlineData("invalid_array", "Invalid job array specification", null, "sbatch: error: Batch job submission failed: Invalid job array specification\n")]
    public async Task A_refusal_is_said_in_Slurm_s_words_and_with_our_numbers(string code, string sentence, string? partition, string expected)
    {
        _run.Api.On("/api/v1/jobs", new ApiRefusedException(400, new RefusalView(code, sentence)));
        await (partition is null ? Sbatch("--wrap=x") : Sbatch("-p", partition, "--wrap=x"));
        Assert.Equal((expected, 1), (_run.Error, _run.Code));
    }

    [Fact]
    public async Task Without_a_server_the_sentence_is_Slurm_s_and_the_remedy_ours()
    {
        _run.Api.On("/api/v1/jobs", new ApiUnreachableException("no server answers on /s", new IOException()));
        await Sbatch("--wrap=x");
        Assert.Equal("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\nsbatch: error: no server answers on /s\n", _run.Error);
    }

    [Fact]
    public async Task Waiting_ends_with_the_code_of_the_job()
    {
        int asked = 0;
        _run.Api.On("/api/v1/jobs?job=12", _ => ++asked < 4 ? new JobList(0, [new JobView { JobId = 12, State = "RUNNING" }]) : new JobList(0, [new JobView { JobId = 12, State = "FAILED", ExitCode = 3 }]))
            .On("/api/v1/jobs", new SubmitResponse(12));
        await Sbatch("--wait", "--wrap=exit 3");
        Assert.Equal(("Submitted batch job 12\n", 3), (_run.Out, _run.Code));
    }

    [Fact]
    public async Task Mail_options_are_accepted_with_a_warning()
    {
        _run.Api.On("/api/v1/jobs", new SubmitResponse(12));
        await Sbatch("--mail-type=END", "--wrap=x");
        Assert.Equal((0, "sbatch: warning: --mail-type has no effect: this version of Stint sends no mail\n"), (_run.Code, _run.Error));
    }

    [Fact]
    public async Task Version_help_and_usage_need_no_server()
    {
        Assert.StartsWith("slurm 26.05.0", (await Sbatch("--version")).Out, StringComparison.Ordinal);
        Assert.Contains("--cpus-per-task=n", (await Sbatch("--help")).Out, StringComparison.Ordinal);
        Assert.Contains("Usage: sbatch", (await Sbatch("--usage")).Out, StringComparison.Ordinal);
        Assert.Equal(0, _run.Code);
    }
}
