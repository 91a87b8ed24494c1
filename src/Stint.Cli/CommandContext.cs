namespace Stint.Cli;

/// <summary>
/// Everything a command may know of the process it runs in. Command logic takes console, environment, working directory and
/// descriptors from here, never from process globals, so that one resident process can run commands for many callers.
/// </summary>
public sealed class CommandContext
{
    /// <summary>The name it was called under: <c>sbatch</c>, <c>stint</c>, …</summary>
    public required string Name { get; init; }
    public required IReadOnlyList<string> Arguments { get; init; }
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
    public required Client.IApiClient Api { get; init; }
    /// <summary>Ctrl-C, SIGTERM of the caller.</summary>
    public required CancellationToken Cancellation { get; init; }
}

/// <summary>A command: arguments in, exit code out.</summary>
public delegate Task<int> CommandMain(CommandContext context);
