namespace Stint.Cli;

/// <summary>
/// Everything a command may know of the process it runs in. Command logic takes console, environment, working directory and
/// descriptors from here, never from process globals, so that one resident process can run commands for many callers.
/// </summary>
public sealed record CommandContext
{
    /// <summary>The name it was called under: <c>sbatch</c>, <c>stint</c>, …</summary>
    public required string Name { get; init; }
    public required IReadOnlyList<string> Arguments { get; init; }
    /// <summary>The same as the kernel gave them (need not be UTF-8); null: <see cref="Arguments"/> in UTF-8.</summary>
    public IReadOnlyList<byte[]>? RawArguments { get; init; }
    /// <summary>NAME=value, separated by NUL, as the kernel gave it (need not be UTF-8).</summary>
    public required ReadOnlyMemory<byte> EnvironmentBlock { get; init; }
    /// <summary>The same decoded; the first of two equal names counts.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required string WorkingDirectory { get; init; }
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    public required uint Umask { get; init; }
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }
    /// <summary>Descriptors of the caller: srun forwards them byte by byte.</summary>
    public required Stream RawIn { get; init; }
    public required Stream RawOut { get; init; }
    public required Stream RawError { get; init; }
    public required bool OutIsTerminal { get; init; }
    public required bool InIsTerminal { get; init; }
    public required int Columns { get; init; }
    public required TimeProvider Time { get; init; }
    /// <summary>The caller's files; no command opens one by itself.</summary>
    public required Files.IFiles Files { get; init; }
    /// <summary>The caller's soft limits by Slurm's names (without RLIMIT_); unlimited is the largest number.</summary>
    public required Func<IReadOnlyDictionary<string, ulong>> Limits { get; init; }
    public required Client.IApiClient Api { get; init; }
    /// <summary>Ctrl-C, SIGTERM of the caller.</summary>
    public required CancellationToken Cancellation { get; init; }
    /// <summary>Signals that reach the caller, for commands that handle them; null: they take their usual course.</summary>
    public ISignals? Signals { get; init; }
    /// <summary>Real folder of the executable.</summary>
    public string BinaryFolder { get; init; } = "/";

    /// <summary>Argument <paramref name="index"/> byte by byte.</summary>
    public byte[] ArgumentBytes(int index) => RawArguments is { } raw ? raw[index] : System.Text.Encoding.UTF8.GetBytes(Arguments[index]);

    /// <summary>The same context for a command named by the first argument: <c>stint sbatch …</c>.</summary>
    public CommandContext Shift() => this with
    {
        Name = Arguments[0], Arguments = [.. Arguments.Skip(1)], RawArguments = RawArguments is { } raw ? [.. raw.Skip(1)] : null,
    };
}

/// <summary>The signals of whoever runs the command.</summary>
public interface ISignals
{
    /// <summary>Calls <paramref name="handler"/> with the signal's number instead of its usual effect, until disposed.</summary>
    IDisposable Listen(int[] signals, Action<int> handler);
}

/// <summary>A command: arguments in, exit code out.</summary>
public delegate Task<int> CommandMain(CommandContext context);
