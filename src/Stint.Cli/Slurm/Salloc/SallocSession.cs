using System.ComponentModel;
using System.Net.WebSockets;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Srun;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Salloc;

/// <summary>One allocation from the client's side, from the request to the end of its command. The allocation lives as long as the connection.</summary>
/// <param name="isQuiet">For a step of its own: the words are srun's.</param>
internal sealed class SallocSession(CommandContext context, LaunchOptions options, RunWire wire, bool isQuiet = false) : IAsyncDisposable
{
    private const int SigHup = 1, SigInt = 2, SigQuit = 3, SigTerm = 15;
    private static readonly TimeSpan PatienceBeforeMessage = TimeSpan.FromMilliseconds(300), PatienceAfterRevoke = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _turn = new();
    private uint _jobId;
    private bool _allocated, _saidPending, _revoked, _aborted;
    private ChildCommand? _child;
    private Task _gone = Task.CompletedTask;

    public Task<int> RunAsync(RunRequest request, string[] command, string? program) =>
        RunAsync(request, async job => program is null ? NotFound(command[0]) : await CommandAsync(program, command, job));

    /// <summary>With something else than a command in the allocation; it looks after signals, and after the allocation's end, itself.</summary>
    public async Task<int> RunAsync(RunRequest request, Func<IReadOnlyDictionary<string, string>, Task<int>> inside)
    {
        using var listening = context.Signals?.Listen([SigHup, SigInt, SigQuit, SigTerm], Signal);
        await wire.SendAsync(request, context.Cancellation);
        try
        {
            if (await AllocatedAsync(request) is not { } job) return 1;
            if (request.Detach) return 0;
            int code = await inside(job);
            if (!_revoked) await RelinquishAsync(code);
            return code;
        }
        catch (Exception e) when (e is WebSocketException or IOException)
        {
            if (_aborted) return Aborted();
            Say($"error: The connection to the server was lost: {e.Message}. The allocation ends with it");
            return 1;
        }
    }

    /// <summary>The job's variables; null: it is refused, or was given up.</summary>
    private async Task<IReadOnlyDictionary<string, string>?> AllocatedAsync(RunRequest request)
    {
        while (true)
        {
            var frame = await wire.ReceiveAsync(_over.Token);
            if (frame.IsEnd) throw new WebSocketException("it closed the connection");
            if (frame.Event is not { } happened) continue;
            if (happened.JobId != 0) _jobId = happened.JobId;
            switch (happened.Kind)
            {
                case "queued":
                    _ = SayPendingAsync();
                    if (options.ImmediateSeconds is { } seconds) _ = GiveUpAsync(TimeSpan.FromSeconds(seconds));
                    break;
                case "refused":
                    var refusal = happened.Refusal ?? new RefusalView("unknown", "the server refused without a reason");
                    foreach (string text in SlurmErrors.Lines("Job submit/allocate failed", refusal, request.Submit?.Partition)) Say("error: " + text);
                    return null;
                case "allocated":
                    lock (_turn) _allocated = true;
                    if (_saidPending) Say($"job {_jobId} has been allocated resources", !options.Quiet);
                    Info($"Granted job allocation {_jobId}");
                    return happened.Environment ?? new Dictionary<string, string>();
                case "revoked" or "ended":
                    Aborted();
                    return null;
                default: break;
            }
        }
    }

    private int Aborted()
    {
        if (!_revoked) Info($"Job allocation {_jobId} has been revoked.");
        _revoked = true;
        if (_aborted) Info("Job aborted due to signal");
        return 1;
    }

    private async Task SayPendingAsync()
    {
        try
        {
            await Task.Delay(PatienceBeforeMessage, context.Time, _over.Token);
            lock (_turn)
            {
                if (_allocated || _revoked) return;
                _saidPending = true;
                Info($"Pending job allocation {_jobId}");
                Say($"job {_jobId} queued and waiting for resources", !options.Quiet);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <summary>--immediate: what has not started by then is not to start.</summary>
    private async Task GiveUpAsync(TimeSpan patience)
    {
        try
        {
            await Task.Delay(patience, context.Time, _over.Token);
            lock (_turn)
            {
                if (_allocated || _revoked) return;
                _revoked = true;
            }
            Say("error: Job submit/allocate failed: Requested nodes are busy");
            await wire.SendAsync(new RunControl { Cancel = true }, CancellationToken.None);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    private int NotFound(string name)
    {
        Say($"error: _fork_command: Unable to find command \"{name}\"");
        return 1;
    }

    /// <summary>Until the command ends; when the allocation goes first, the command is told to end.</summary>
    private async Task<int> CommandAsync(string program, string[] command, IReadOnlyDictionary<string, string> job)
    {
        _gone = GoneAsync();
        try
        {
            _child = ChildCommand.Start(context, options, program, command, job);
        }
        catch (Win32Exception e)
        {
            Say($"error: _fork_command: {program}: {e.Message}");
            return 1;
        }
        var ended = _child.EndedAsync(CancellationToken.None);
        if (await Task.WhenAny(ended, _gone) == _gone)
        {
            _revoked = true;
            Info($"Job allocation {_jobId} has been revoked.");
            // A shell that somebody types into ends with its terminal's hang-up; anything else with TERM.
            _child.Signal(options.KillCommand ?? (context.InIsTerminal ? SigHup : SigTerm));
            if (await Task.WhenAny(ended, Task.Delay(PatienceAfterRevoke, context.Time, CancellationToken.None)) != ended) _child.Signal(9);
        }
        return await ended;
    }

    /// <summary>Completes when the allocation is gone, or the server is.</summary>
    private async Task GoneAsync()
    {
        try
        {
            while (true)
            {
                var frame = await wire.ReceiveAsync(_over.Token);
                if (frame.IsEnd || frame.Event is { Kind: "revoked" or "ended" }) return;
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            // As if it was revoked: the server gives the nodes to others.
        }
    }

    /// <summary>The job ends with the command's code, and this process after it.</summary>
    private async Task RelinquishAsync(int code)
    {
        Info($"Relinquishing job allocation {_jobId}");
        try
        {
            await wire.SendAsync(new RunControl { Complete = true, ExitCode = code > 128 && code <= 128 + 64 ? 0 : code, CompleteSignal = code > 128 && code <= 128 + 64 ? code - 128 : 0 }, context.Cancellation);
            // What the server says last: that it knows.
            await (_gone.IsCompleted ? _gone = GoneAsync() : _gone).WaitAsync(TimeSpan.FromSeconds(5), context.Time, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or TimeoutException)
        {
            // The allocation ends with the connection as well.
        }
    }

    private void Signal(int number)
    {
        bool allocated;
        lock (_turn) allocated = _allocated;
        if (!allocated)
        {
            _aborted = true;
            _ = wire.SendAsync(new RunControl { Cancel = true }, CancellationToken.None);
            return;
        }
        // A terminal's Ctrl-C reaches the command by itself.
        if (number is SigHup or SigTerm) _child?.Signal(number);
    }

    private void Info(string text)
    {
        if (!options.Quiet && !isQuiet) Say(text);
    }

    private void Say(string text, bool isWanted)
    {
        if (isWanted) Say(text);
    }

    private void Say(string text)
    {
        lock (_turn) context.Error.Write($"{context.Name}: {text}\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _child?.Dispose();
        _over.Dispose();
        wire.Dispose();
    }
}
