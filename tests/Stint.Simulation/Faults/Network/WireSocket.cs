using System.Net.WebSockets;
using Stint.Simulation.Faults.Clockwork;

namespace Stint.Simulation.Faults.Network;

/// <summary>One end of a <see cref="Wire"/>, as the programs know it.</summary>
internal sealed class WireSocket(Wire wire, SimulatedProcess owner, bool isClient) : WebSocket
{
    private readonly Queue<(byte[] Frame, WebSocketMessageType Type)> arrived = new();
    private TaskCompletionSource? waiting;
    private int taken;
    private WebSocketState state = WebSocketState.Open;

    internal List<Happening> UnderWay { get; } = [];
    internal long LastArrivalUs { get; set; }
    public bool IsClient => isClient;
    public bool IsOver => state is WebSocketState.Aborted or WebSocketState.Closed;

    public override WebSocketCloseStatus? CloseStatus => null;
    public override string? CloseStatusDescription => null;
    public override string? SubProtocol => null;
    public override WebSocketState State => state;

    internal void Deliver(byte[] frame, WebSocketMessageType type)
    {
        if (IsOver || !owner.Lives) return;
        arrived.Enqueue((frame, type));
        Wake();
    }

    internal void NoticesEnd(long afterUs) => owner.Queue.After(afterUs, () =>
    {
        if (IsOver) return;
        state = WebSocketState.Aborted;
        if (owner.Lives) Wake();
    });

    /// <summary>Its process is gone.</summary>
    internal void Forget()
    {
        state = WebSocketState.Aborted;
        arrived.Clear();
        waiting = null;
    }

    private void Wake()
    {
        var waiter = waiting;
        waiting = null;
        waiter?.TrySetResult();
    }

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (arrived.TryPeek(out var next)) return Take(next, buffer);
            if (IsOver) throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
            // As the real one: a cancelled receive ends the socket.
            if (cancellationToken.IsCancellationRequested)
            {
                Abort();
                throw new OperationCanceledException(cancellationToken);
            }
            var waiter = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), waiter)) await waiter.Task;
        }
    }

    private ValueWebSocketReceiveResult Take((byte[] Frame, WebSocketMessageType Type) next, Memory<byte> buffer)
    {
        var count = Math.Min(buffer.Length, next.Frame.Length - taken);
        next.Frame.AsMemory(taken, count).CopyTo(buffer);
        taken += count;
        var whole = taken == next.Frame.Length;
        if (whole)
        {
            arrived.Dequeue();
            taken = 0;
        }
        return new ValueWebSocketReceiveResult(count, next.Type, whole);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        if (IsOver) return ValueTask.FromException(new WebSocketException(WebSocketError.ConnectionClosedPrematurely));
        wire.Transmit(this, buffer.ToArray(), messageType);
        return ValueTask.CompletedTask;
    }

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        if (!IsOver) wire.Transmit(this, [], WebSocketMessageType.Close);
        return Task.CompletedTask;
    }

    public override void Abort()
    {
        if (IsOver) return;
        state = WebSocketState.Aborted;
        Wake();
        wire.Abandoned(this);
    }

    public override void Dispose() => Abort();

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        CloseOutputAsync(closeStatus, statusDescription, cancellationToken);
    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();
    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => throw new NotSupportedException();
}
