using System.Net.WebSockets;
using System.Threading.Channels;
using Stint.Cli.Options;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Srun;

/// <summary>One run from the client's side: events and output in, input, signals and acknowledgements out.</summary>
internal sealed class SrunSession : IAsyncDisposable
{
    private const int SigHup = 1, SigInt = 2, SigQuit = 3, SigUsr1 = 10, SigUsr2 = 12, SigTerm = 15, SigWinch = 28;
    private static readonly TimeSpan PatienceAfterAbort = TimeSpan.FromSeconds(32);
    private static readonly TimeSpan PatienceBeforeMessage = TimeSpan.FromMilliseconds(300);

    private readonly CommandContext _context;
    private readonly LaunchOptions _options;
    private readonly RunRequest _request;
    private readonly RunWire _wire;
    private readonly SrunMessages _messages;
    private readonly TaskOutput _output;
    private readonly InputFeed _input;
    private readonly Channel<int> _signals = Channel.CreateUnbounded<int>();
    private readonly CancellationTokenSource _over = new();
    private readonly Interrupts _interrupts;
    private int? _exitCode;

    public SrunSession(CommandContext context, LaunchOptions options, RunRequest request, RunWire wire)
    {
        _context = context;
        _options = options;
        _request = request;
        _wire = wire;
        _messages = new SrunMessages(context, options);
        _output = new TaskOutput(context.RawOut, context.RawError, options.Label ? Math.Max(1, request.Step.HetTasks > 0 ? request.Step.HetTasks : request.Step.Tasks ?? 1) : null);
        _input = new InputFeed(context.RawIn, context.InIsTerminal ? Terminal.IsInForeground : static () => true);
        _interrupts = new Interrupts(context.Time, options.QuitOnInterrupt, options.DisableStatus);
    }

    /// <summary>Until the step is over; what srun exits with.</summary>
    public async Task<int> RunAsync()
    {
        using var listening = Listen();
        await _wire.SendAsync(_request, _context.Cancellation);
        var signals = SignalsAsync();
        try
        {
            await ReceiveAllAsync();
        }
        catch (WebSocketException e) when (_exitCode is null)
        {
            return Lost(e.Message);
        }
        catch (OperationCanceledException) when (_exitCode is not null)
        {
            // Aborted without waiting for the nodes.
        }
        catch (IOException e) when (_exitCode is null && !_output.IsBroken)
        {
            return Lost(e.Message);
        }
        finally
        {
            await _over.CancelAsync();
            await signals;
            _output.Flush();
            _messages.Flush();
        }
        return _exitCode ?? Lost("it closed the connection");
    }

    private int Lost(string why)
    {
        // Ended at our own word: how the connection ended is of no interest.
        if (_messages.IsAborting) _messages.RevokedByUs();
        else _messages.Error($"The connection to the server was lost: {why}. The step ends with it");
        return 1;
    }

    private async Task ReceiveAllAsync()
    {
        while (_exitCode is null)
        {
            var frame = await _wire.ReceiveAsync(_over.Token);
            if (frame.IsEnd) return;
            if (frame.Event is { } happened) await HandleAsync(happened);
            else await WriteOutputAsync(frame);
        }
    }

    private async Task WriteOutputAsync(RunFrame frame)
    {
        bool wasBroken = _output.IsBroken;
        _output.Write(frame.Task, frame.Stream == RunFrames.StdErr, frame.Output.Span);
        if (_output.IsBroken && !wasBroken) await _wire.SendAsync(new RunControl { Cancel = true }, _over.Token);
        if (_output.ToAcknowledge() is var bytes and > 0) await _wire.SendAsync(new RunControl { Taken = bytes }, _over.Token);
    }

    private async Task HandleAsync(RunEvent happened)
    {
        _messages.Take(happened);
        switch (happened.Kind)
        {
            case "started":
                if (_request.Step.StdIn is null && _input.Begin()) Feed();
                break;
            case "queued" when happened.Message.Length == 0:
                _ = SayQueuedAsync();
                if (_options.ImmediateSeconds is { } seconds) _ = GiveUpWaitingAsync(TimeSpan.FromSeconds(seconds));
                break;
            case "input_taken": _input.Taken(happened.Frames); break;
            case "refused":
                WasRefused = true;
                _messages.Refused(happened.Refusal ?? new RefusalView("unknown", "the server refused without a reason"), _request);
                _exitCode = happened.ExitStatus == 0 ? 1 : happened.ExitStatus;
                break;
            case "ended": _exitCode = happened.ExitStatus; break;
            default: break;
        }
        await Task.CompletedTask;
    }

    private async Task SayQueuedAsync()
    {
        try
        {
            await Task.Delay(PatienceBeforeMessage, _context.Time, _over.Token);
            _messages.StillQueued();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <summary>--immediate: what has not started by then is not to start.</summary>
    private async Task GiveUpWaitingAsync(TimeSpan patience)
    {
        try
        {
            await Task.Delay(patience, _context.Time, _over.Token);
            if (_messages.Allocated) return;
            _messages.NotInTime();
            await ControlAsync(new RunControl { Cancel = true });
            _exitCode ??= 1;
            await _over.CancelAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <summary>The server would not make the step.</summary>
    public bool WasRefused { get; private set; }

    /// <summary>Ends the step: another part of it is not to be.</summary>
    public async Task StopAsync()
    {
        try
        {
            await ControlAsync(new RunControl { Cancel = true });
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    private void Feed() => _ = FeedAsync();

    private async Task FeedAsync()
    {
        try
        {
            await foreach (var frame in _input.FramesAsync(_over.Token)) await _wire.SendInputAsync(frame, _over.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // The run is over, or the receiving side will say that the connection is.
        }
    }

    private IDisposable? Listen() => _context.Signals?.Listen(
        _options.Pty ? [SigHup, SigInt, SigQuit, SigTerm, SigUsr1, SigUsr2, SigWinch] : [SigHup, SigInt, SigQuit, SigTerm, SigUsr1, SigUsr2],
        number => _signals.Writer.TryWrite(number));

    private async Task SignalsAsync()
    {
        try
        {
            await foreach (int number in _signals.Reader.ReadAllAsync(_over.Token)) await SignalAsync(number);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private async Task SignalAsync(int number)
    {
        switch (number)
        {
            case SigUsr1 or SigUsr2: await ControlAsync(new RunControl { Signal = number }); break;
            case SigWinch:
                var size = Terminal.Size();
                await ControlAsync(new RunControl { Rows = size.Rows, Columns = size.Columns });
                break;
            case SigInt when _messages.Started: await InterruptAsync(); break;
            default:
                if (_messages.Started) _messages.Info("forcing job termination");
                await AbortAsync(number);
                break;
        }
    }

    private async Task InterruptAsync()
    {
        switch (_interrupts.Next())
        {
            case Interrupt.Status: _messages.Status(_request.Step.Tasks ?? 1); break;
            case Interrupt.Forward:
                _messages.SendingInterrupt();
                await ControlAsync(new RunControl { Signal = SigInt });
                break;
            case Interrupt.Abort:
                _messages.SendingInterrupt();
                await ControlAsync(new RunControl { Signal = SigInt });
                await AbortAsync(SigInt);
                break;
            default:
                _exitCode = 128 + SigInt;
                await _over.CancelAsync();
                break;
        }
    }

    /// <summary>Ends the step; if the nodes do not say that it is over, srun gives up waiting, not the server.</summary>
    private async Task AbortAsync(int signal)
    {
        bool waiting = _messages.Aborting();
        await ControlAsync(new RunControl { Cancel = true });
        if (waiting) return;
        _ = GiveUpAsync(signal);
    }

    private async Task GiveUpAsync(int signal)
    {
        try
        {
            await Task.Delay(PatienceAfterAbort, _context.Time, _over.Token);
            _exitCode ??= 128 + signal;
            await _over.CancelAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It ended in time.
        }
    }

    private Task ControlAsync(RunControl control) => _wire.SendAsync(control, _over.Token);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _over.Dispose();
        _wire.Dispose();
    }
}
