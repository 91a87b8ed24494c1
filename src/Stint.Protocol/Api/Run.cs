namespace Stint.Protocol.Api;

// GET /api/v1/run is a WebSocket that carries the whole life of one srun:
//   client → server   text: RunRequest (first), RunControl; binary: [0x00][stdin bytes], an empty one = end of input
//   server → client   text: RunEvent;                       binary: [0x01 stdout | 0x02 stderr][task id, 4 bytes LE][bytes]
// The client acknowledges output with RunControl{Taken}; at most Window bytes are under way. The server acknowledges input with
// RunEvent{Kind=input_taken, Frames}: at most InputFrames frames of at most InputFrame bytes are under way, so that input which nobody
// reads never blocks the client's acknowledgements and signals behind it. When the socket closes, the step ends,
// and with it the job if this run made it.

public sealed record RunRequest
{
    /// <summary>A new allocation; null: inside <see cref="JobId"/>.</summary>
    public SubmitRequest? Submit { get; init; }
    public uint? JobId { get; init; }
    public StepRequest Step { get; init; } = new();
}

public sealed record StepRequest
{
    public string Name { get; init; } = "";
    public uint? Tasks { get; init; }
    public uint? Nodes { get; init; }
    public uint? CpusPerTask { get; init; }
    public byte[][] Arguments { get; init; } = [];
    public byte[] Environment { get; init; } = [];
    public string WorkDir { get; init; } = "/";
    /// <summary>null: to the client; otherwise a file pattern opened on the node as the user.</summary>
    public string? StdOut { get; init; }
    public string? StdErr { get; init; }
    public string? StdIn { get; init; }
    public bool AppendOutput { get; init; }
    public bool Pty { get; init; }
    public uint PtyRows { get; init; }
    public uint PtyColumns { get; init; }
    public bool Overlap { get; init; }
    public uint Umask { get; init; } = 0x12;
    public Dictionary<string, ulong>? Rlimits { get; init; }
}

public sealed record RunControl
{
    /// <summary>Send this signal to every task; 0: none.</summary>
    public int Signal { get; init; }
    /// <summary>End the step (and the job if this run made it) now.</summary>
    public bool Cancel { get; init; }
    /// <summary>Bytes of output written since the last acknowledgement.</summary>
    public ulong Taken { get; init; }
    public uint Rows { get; init; }
    public uint Columns { get; init; }
}

/// <summary>Kind: queued, allocated, started, task_exited, ended, refused, revoked, input_taken.</summary>
public sealed record RunEvent
{
    public required string Kind { get; init; }
    public uint JobId { get; init; }
    public uint StepId { get; init; }
    public string NodeList { get; init; } = "";
    public string Node { get; init; } = "";
    public uint Task { get; init; }
    public int ExitCode { get; init; }
    public int Signal { get; init; }
    public string Outcome { get; init; } = "";
    public string Message { get; init; } = "";
    public RefusalView? Refusal { get; init; }
    /// <summary>With input_taken: frames of input handed on since the last one.</summary>
    public int Frames { get; init; }
    /// <summary>With ended: what <c>srun</c> exits with.</summary>
    public int ExitStatus { get; init; }
    /// <summary>With allocated: SLURM_* variables a client wants to show its own children.</summary>
    public Dictionary<string, string>? Environment { get; init; }
}

public static class RunFrames
{
    public const int Window = 256 * 1024;
    /// <summary>Frames of standard input that may be under way, and the most bytes in one.</summary>
    public const int InputFrames = 16, InputFrame = 32 * 1024;
    public const byte StdIn = 0, StdOut = 1, StdErr = 2;
}
