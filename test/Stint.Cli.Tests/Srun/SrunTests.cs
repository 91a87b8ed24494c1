using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Stint.Cli.Slurm.Srun;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Srun;

public class SrunTests
{
    private readonly CommandRun _run;
    private readonly MemoryStream _input = new();
    private readonly byte[] _buffer = new byte[1 << 20];

    public SrunTests() => _run = new CommandRun { Input = _input };

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private async Task<WebSocket> Server() => await _run.Api.Run.Task.WaitAsync(Deadline);

    private static Task Send(WebSocket server, RunEvent happened) =>
        server.SendAsync(JsonSerializer.SerializeToUtf8Bytes(happened, ApiJson.Default.RunEvent), WebSocketMessageType.Text, true, default);

    private static Task Output(WebSocket server, byte stream, uint task, ReadOnlySpan<byte> data)
    {
        byte[] frame = new byte[5 + data.Length];
        frame[0] = stream;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(1), task);
        data.CopyTo(frame.AsSpan(5));
        return server.SendAsync(frame, WebSocketMessageType.Binary, true, default);
    }

    private async Task<(WebSocketMessageType Type, byte[] Bytes)> Receive(WebSocket server)
    {
        int length = 0;
        while (true)
        {
            var part = await server.ReceiveAsync(_buffer.AsMemory(length), default).AsTask().WaitAsync(Deadline);
            length += part.Count;
            if (part.EndOfMessage) return (part.MessageType, _buffer[..length]);
        }
    }

    private async Task<RunRequest> Request(WebSocket server) => JsonSerializer.Deserialize((await Receive(server)).Bytes, ApiJson.Default.RunRequest)!;

    private async Task<RunControl> Control(WebSocket server)
    {
        while (true)
        {
            var (type, bytes) = await Receive(server);
            if (type == WebSocketMessageType.Text) return JsonSerializer.Deserialize(bytes, ApiJson.Default.RunControl)!;
        }
    }

    private Task<CommandRun> Srun(params string[] arguments) => _run.RunAsync(SrunCommand.RunAsync, "srun", arguments);

    private static async Task Begin(WebSocket server)
    {
        await Send(server, new RunEvent { Kind = "allocated", JobId = 19, NodeList = "n1" });
        await Send(server, new RunEvent { Kind = "started", JobId = 19, StepId = 0, Node = "n1" });
    }

    [Fact]
    public async Task Output_and_input_pass_byte_by_byte_and_the_exit_code_comes_back()
    {
        byte[] odd = [0, 255, 10, 13];
        _input.Write(odd);
        _input.Position = 0;
        var running = Srun("-n2", "-p", "cpu", "prog", "-n9", "arg");
        var server = await Server();
        var request = await Request(server);
        Assert.Equal((2u, "prog", "cpu", false), (request.Step.Tasks, request.Step.Name, request.Submit!.Partition, request.Submit.IsBatch));
        Assert.Equal(["prog", "-n9", "arg"], request.Step.Arguments.Select(Encoding.UTF8.GetString));
        await Begin(server);
        byte[] whole = [RunFrames.StdIn, .. odd], end = [RunFrames.StdIn];
        Assert.Equal(whole, (await Receive(server)).Bytes);
        Assert.Equal(end, (await Receive(server)).Bytes);
        await Output(server, RunFrames.StdOut, 0, odd);
        await Output(server, RunFrames.StdErr, 1, "err"u8);
        await Send(server, new RunEvent { Kind = "task_exited", JobId = 19, Node = "c16", Task = 0, ExitCode = 3 });
        await Send(server, new RunEvent { Kind = "task_exited", JobId = 19, Node = "c16", Task = 1, ExitCode = 4 });
        await Send(server, new RunEvent { Kind = "ended", JobId = 19, ExitStatus = 4, Outcome = "FAILED" });
        await running;
        Assert.Equal(odd, _run.RawOut.ToArray());
        Assert.Equal("err"u8.ToArray(), _run.RawError.ToArray());
        Assert.Equal("srun: error: c16: task 0: Exited with exit code 3\nsrun: error: c16: task 1: Exited with exit code 4\n", _run.Error);
        Assert.Equal(4, _run.Code);
    }

    [Fact]
    public async Task Tasks_that_end_alike_share_a_line_and_signals_have_names()
    {
        var running = Srun("-n3", "x");
        var server = await Server();
        await Request(server);
        await Begin(server);
        foreach (uint task in (uint[])[0, 1, 2]) await Send(server, new RunEvent { Kind = "task_exited", JobId = 19, Node = "n1", Task = task, Signal = task == 2 ? 11 : 9 });
        await Send(server, new RunEvent { Kind = "ended", JobId = 19, ExitStatus = 139 });
        await running;
        Assert.Equal(("srun: error: n1: tasks 0-1: Killed\nsrun: error: n1: task 2: Segmentation fault\n", 139), (_run.Error, _run.Code));
    }

    [Fact]
    public async Task Labels_stand_before_whole_lines()
    {
        var running = Srun("-l", "-n12", "x");
        var server = await Server();
        await Request(server);
        await Begin(server);
        await Output(server, RunFrames.StdOut, 1, "one\ntw"u8);
        await Output(server, RunFrames.StdOut, 11, "eleven\n"u8);
        await Output(server, RunFrames.StdOut, 1, "o\nlast"u8);
        await Send(server, new RunEvent { Kind = "ended", JobId = 19 });
        await running;
        Assert.Equal(" 1: one\n11: eleven\n 1: two\n 1: last\n", Encoding.UTF8.GetString(_run.RawOut.ToArray()));
    }

    [Fact]
    public async Task Output_is_acknowledged_before_the_window_is_full()
    {
        var running = Srun("x");
        var server = await Server();
        await Request(server);
        await Begin(server);
        ulong acknowledged = 0, sent = 0;
        while (sent < 4 * RunFrames.Window)
        {
            await Output(server, RunFrames.StdOut, 0, new byte[8000]);
            sent += 8000;
            if (sent - acknowledged > RunFrames.Window - 8000) acknowledged += (await Control(server)).Taken;
        }
        await Send(server, new RunEvent { Kind = "ended", JobId = 19 });
        await running;
        Assert.Equal((long)sent, _run.RawOut.Length);
    }

    [Fact]
    public async Task Input_that_nobody_takes_stops_after_its_frames_and_goes_on_when_taken()
    {
        _input.SetLength(RunFrames.InputFrame * (RunFrames.InputFrames + 3));
        var running = Srun("x");
        var server = await Server();
        await Request(server);
        await Begin(server);
        for (int frame = 0; frame < RunFrames.InputFrames; frame++) Assert.Equal(1 + RunFrames.InputFrame, (await Receive(server)).Bytes.Length);
        // Nothing more may come before a frame is taken: the signal is next, not input.
        await _run.Signals.Listening.Task.WaitAsync(Deadline);
        _run.Signals.Raise(10);
        Assert.Equal(10, JsonSerializer.Deserialize((await Receive(server)).Bytes, ApiJson.Default.RunControl)!.Signal);
        await Send(server, new RunEvent { Kind = "input_taken", JobId = 19, Frames = RunFrames.InputFrames });
        for (int frame = 0; frame < 3; frame++) Assert.Equal(1 + RunFrames.InputFrame, (await Receive(server)).Bytes.Length);
        Assert.Single((await Receive(server)).Bytes);
        await Send(server, new RunEvent { Kind = "ended", JobId = 19 });
        await running;
    }

    [Fact]
    public async Task One_interrupt_tells_and_two_abort()
    {
        var running = Srun("-n2", "x");
        var server = await Server();
        await Request(server);
        await Begin(server);
        await Receive(server); // the end of input: the step runs
        _run.Signals.Raise(2);
        _run.Signals.Raise(2);
        Assert.Equal(2, (await Control(server)).Signal);
        Assert.True((await Control(server)).Cancel);
        await Send(server, new RunEvent { Kind = "revoked", JobId = 19 });
        await Send(server, new RunEvent { Kind = "ended", JobId = 19, ExitStatus = 130 });
        await running;
        Assert.Equal("srun: interrupt (one more within 1 sec to abort)\nsrun: StepId=19.0 tasks 0-1: running\nsrun: sending Ctrl-C to StepId=19.0\n"
            + "srun: Job step aborted: Waiting up to 32 seconds for job step to finish.\nsrun: Force Terminated StepId=19.0\n", _run.Error);
        Assert.Equal(130, _run.Code);
    }

    [Fact]
    public async Task A_run_that_waits_says_so_and_TERM_gives_it_up()
    {
        var running = Srun("x");
        var server = await Server();
        await Request(server);
        await Send(server, new RunEvent { Kind = "queued", JobId = 23 });
        await Until(() => _run.Error.Length > 0);
        _run.Signals.Raise(15);
        Assert.True((await Control(server)).Cancel);
        await Send(server, new RunEvent { Kind = "revoked", JobId = 23 });
        await Send(server, new RunEvent { Kind = "ended", JobId = 23, ExitStatus = 1 });
        await running;
        Assert.Equal("srun: job 23 queued and waiting for resources\nsrun: Job allocation 23 has been revoked\n", _run.Error);
    }

    [Fact]
    public async Task Inside_a_job_it_makes_a_step()
    {
        _run.Environment["SLURM_JOB_ID"] = "77";
        _run.Environment["SLURM_NTASKS"] = "3";
        var running = Srun("--overlap", "hostname");
        var server = await Server();
        var request = await Request(server);
        Assert.Equal((77u, null, 3u, true), (request.JobId, request.Submit, request.Step.Tasks, request.Step.Overlap));
        await Send(server, new RunEvent { Kind = "refused", JobId = 77, Refusal = new RefusalView("already_done", "job 77 is over"), ExitStatus = 1 });
        await running;
        Assert.Equal("srun: error: Unable to create step for job 77: Job/step already completing or completed\nsrun: error: job 77 is over\n", _run.Error);
        Assert.Equal(1, _run.Code);
    }

    [Fact]
    public async Task A_lost_connection_is_an_error()
    {
        var running = Srun("x");
        var server = await Server();
        await Request(server);
        server.Dispose();
        await running;
        Assert.Contains("The connection to the server was lost", _run.Error, StringComparison.Ordinal);
        Assert.Equal(1, _run.Code);
    }

    [Fact]
    public async Task A_command_is_needed()
    {
        await Srun("-n2");
        Assert.Equal(("srun: fatal: No command given to execute.\n", 1), (_run.Error, _run.Code));
    }

    private static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Deadline);
        while (!condition()) await Task.Delay(10, limit.Token);
    }
}
