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
    public SubmitRequest? Submit { get; set; }
    public uint? JobId { get; set; }
    public StepRequest Step { get; set; } = new();
    /// <summary>With <see cref="Submit"/> and no program: the allocation outlives the connection (salloc --no-shell).</summary>
    public bool Detach { get; set; }
}

public sealed partial record StepRequest
{
    public string Name { get; set; } = "";
    public uint? Tasks { get; set; }
    public uint? Nodes { get; set; }
    public uint? CpusPerTask { get; set; }
    public byte[][] Arguments { get; set; } = [];
    public byte[] Environment { get; set; } = [];
    public string WorkDir { get; set; } = "/";
    /// <summary>null: to the client; otherwise a file pattern opened on the node as the user.</summary>
    public string? StdOut { get; set; }
    public string? StdErr { get; set; }
    public string? StdIn { get; set; }
    public bool AppendOutput { get; set; }
    public bool Pty { get; set; }
    public uint PtyRows { get; set; }
    public uint PtyColumns { get; set; }
    public bool Overlap { get; set; }
    public uint Umask { get; set; } = 0x12;
    public Dictionary<string, ulong>? Rlimits { get; set; }
}

public sealed record RunControl
{
    /// <summary>Send this signal to every task; 0: none.</summary>
    public int Signal { get; set; }
    /// <summary>End the step (and the job if this run made it) now.</summary>
    public bool Cancel { get; set; }
    /// <summary>Bytes of output written since the last acknowledgement.</summary>
    public ulong Taken { get; set; }
    public uint Rows { get; set; }
    public uint Columns { get; set; }
    /// <summary>Of an allocation without a step: its command is over, and with it the job.</summary>
    public bool Complete { get; set; }
    public int ExitCode { get; set; }
    public int CompleteSignal { get; set; }
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
