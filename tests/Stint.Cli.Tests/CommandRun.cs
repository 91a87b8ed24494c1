using System.Text;
using Stint.Cli.Tests.Client;

namespace Stint.Cli.Tests;

/// <summary>Runs a command against a fake server and keeps what it wrote.</summary>
public sealed class CommandRun
{
    private readonly StringWriter _out = new() { NewLine = "\n" }, _error = new() { NewLine = "\n" };

    public FakeApi Api { get; init; } = new();
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal) { ["PATH"] = "/usr/bin", ["HOME"] = "/home/alice" };
    public string WorkingDirectory { get; init; } = "/home/alice";
    public Stream Input { get; init; } = new MemoryStream();
    public MemoryStream RawOut { get; } = new();
    public MemoryStream RawError { get; } = new();
    public FakeSignals Signals { get; } = new();
    public TimeProvider Time { get; init; } = TimeProvider.System;
    public uint Uid { get; init; } = 2001;
    public bool OutIsTerminal { get; init; }
    public int Columns { get; init; } = 80;
    public IReadOnlyList<byte[]>? RawArguments { get; init; }

    public string Out => _out.ToString();
    public string Error { get { lock (_error) return _error.ToString(); } }
    public int Code { get; private set; } = -1;

    /// <summary>The name is the first word.</summary>
    public async Task<CommandRun> RunAsync(CommandMain main, string name, params string[] arguments)
    {
        Code = await main(Context(name, arguments)).WaitAsync(TimeSpan.FromSeconds(60));
        return this;
    }

    public CommandContext Context(string name, string[] arguments) => new()
    {
        Name = name, Arguments = arguments, RawArguments = RawArguments, EnvironmentBlock = Block(), Environment = Environment, WorkingDirectory = WorkingDirectory,
        Uid = Uid, Gid = 2001, Umask = 0x12, Out = _out, Error = TextWriter.Synchronized(_error), RawIn = Input, RawOut = RawOut, RawError = RawError,
        OutIsTerminal = OutIsTerminal, InIsTerminal = false, Columns = Columns, Time = Time, Api = Api, Cancellation = CancellationToken.None, Signals = Signals,
        Files = new Files.OwnFiles(WorkingDirectory), Limits = Native.ResourceLimits.OfThisProcess,
    };

    private byte[] Block()
    {
        var block = new StringBuilder();
        foreach (var (name, value) in Environment) block.Append(name).Append('=').Append(value).Append('\0');
        return Encoding.UTF8.GetBytes(block.ToString());
    }
}

/// <summary>Signals by hand.</summary>
public sealed class FakeSignals : ISignals
{
    private Action<int>? _handler;

    public TaskCompletionSource Listening { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IDisposable Listen(int[] signals, Action<int> handler)
    {
        _handler = handler;
        Listening.TrySetResult();
        return new Nothing();
    }

    public void Raise(int signal) => _handler!(signal);

    private sealed class Nothing : IDisposable
    {
        public void Dispose() { }
    }
}
