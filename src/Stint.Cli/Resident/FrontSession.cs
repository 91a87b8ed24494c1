using System.Runtime.InteropServices;
using System.Text;
using Stint.Cli.Client;
using Stint.Cli.Native;

namespace Stint.Cli.Resident;

/// <summary>
/// One front, from its first words to the exit code. Everything a command learns of its caller is in the context made here: the identity
/// from the kernel, the rest from the request; nothing of it outlives the session.
/// </summary>
internal sealed class FrontSession(FrontConnection front, Peer peer, Cluster cluster)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly TimeSpan LookForCaller = TimeSpan.FromMilliseconds(250);
    private const int HelloWithinMs = 2_000, RequestWithinMs = 10_000;

    /// <summary>The Slurm commands that the front stands for. Others hold a terminal (srun) or start programs (stint).</summary>
    public static bool Serves(string name) => name is "sbatch" or "squeue" or "sinfo" or "scancel" or "sacct" or "scontrol" or "check-limits";

    /// <exception cref="IOException">The front is gone.</exception>
    public void Run()
    {
        if (Hear() is not { } request) return;
        var environment = ProcessContext.Decode(request.EnvironmentBlock.Span);
        if (!Serves(request.Name) || CallerTime.For(environment) is not { } time)
        {
            front.Send(FrontWire.What.NotHere);
            return;
        }
        using var cancellation = new CancellationTokenSource();
        var behalf = new OnBehalf(peer.Uid, peer.Gid, peer.Pid, request.Socket, cluster.AnswerBytesMax, cluster.Connections);
        var api = new ApiClient(cluster.Socket, behalf: behalf);
        var error = new StreamWriter(new FrontStream(front, FrontWire.StandardError), Utf8, 1024) { AutoFlush = true };
        var output = new StreamWriter(new FrontStream(front, FrontWire.StandardOutput), Utf8, 16384);
        var context = Context(request, environment, time, api, cancellation.Token) with { Out = output, Error = error };
        try
        {
            int code = Wait(Dispatch.RunAsync(context), cancellation);
            front.Send(FrontWire.What.Exit, (byte)code);
        }
        catch (LeaveToProcessException) when (!front.HasTouched && !api.HasPosted)
        {
            front.Send(FrontWire.What.NotHere);
        }
        catch (LeaveToProcessException e)
        {
            error.WriteLine($"{request.Name}: error: {e.Message}");
            front.Send(FrontWire.What.Exit, 1);
        }
    }

    /// <summary>null: somebody else's front; it goes away without an answer, and runs the full program.</summary>
    private FrontRequest? Hear()
    {
        front.Deadline = Environment.TickCount64 + HelloWithinMs;
        FrontWire.Hello hello = default;
        front.ReadExactly(MemoryMarshal.AsBytes(new Span<FrontWire.Hello>(ref hello)));
        if (hello.Magic != FrontWire.Magic || hello.Version != FrontWire.Version || hello.Programs != cluster.Build) return null;
        if (hello.Length > FrontWire.RequestMax) return null;
        front.Send(FrontWire.What.Accepted);
        byte[] text = new byte[hello.Length];
        front.Deadline = Environment.TickCount64 + RequestWithinMs;
        front.ReadExactly(text);
        front.Deadline = null;
        return FrontRequest.TryParse(text);
    }

    private CommandContext Context(FrontRequest request, Dictionary<string, string> environment, CallerTime time, ApiClient api, CancellationToken cancellation) => new()
    {
        Name = request.Name,
        Arguments = request.Arguments,
        RawArguments = request.RawArguments,
        EnvironmentBlock = request.EnvironmentBlock,
        Environment = environment,
        WorkingDirectory = request.WorkingDirectory,
        Uid = peer.Uid,
        Gid = peer.Gid,
        Umask = request.Umask,
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        RawIn = new FrontStream(front, FrontWire.StandardInput),
        RawOut = new FrontStream(front, FrontWire.StandardOutput),
        RawError = new FrontStream(front, FrontWire.StandardError),
        OutIsTerminal = request.OutIsTerminal,
        InIsTerminal = request.InIsTerminal,
        Columns = ProcessContext.Columns(environment, request.WindowColumns),
        Time = time,
        Files = new FrontFiles(front),
        Limits = () => request.Limits,
        Api = api,
        Cancellation = cancellation,
        BinaryFolder = cluster.Programs,
    };

    /// <summary>A command that waits (squeue -i, sbatch --wait) ends when its caller is gone.</summary>
    private int Wait(Task<int> command, CancellationTokenSource cancellation)
    {
        while (!command.IsCompleted)
        {
            // Its exception, if any, is thrown below, not as an AggregateException here.
            Task.WaitAny([command], LookForCaller);
            if (!command.IsCompleted && front.IsGone()) cancellation.Cancel();
        }
        return command.GetAwaiter().GetResult();
    }
}

/// <summary>Who connected, as the kernel noted at connect(2).</summary>
internal readonly record struct Peer(uint Uid, uint Gid, int Pid);

/// <summary>What all sessions share of the cluster they serve: addresses and connections, nothing of any caller.</summary>
internal sealed record Cluster(string Socket, string Programs, FrontWire.Build Build, KeptConnections Connections, int AnswerBytesMax = 4 << 20);
