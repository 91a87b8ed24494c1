using Stint.Core.Journal;
using Stint.Storage;

namespace Stint.Server.History;

/// <summary>
/// Carries the journal's records into the history, behind a durable cursor, on a loop of its own (the journal reads beside its writer). Whatever ails
/// the history's database (locked, full, gone), the engine does not notice: the cursor lags, and what it needs stays in the journal.
/// </summary>
internal sealed partial class Projector : IDisposable
{
    private const int BatchMax = 2_000;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1), RetryFirst = TimeSpan.FromMilliseconds(200), RetryMax = TimeSpan.FromSeconds(10);

    private readonly IJournal journal;
    private readonly Func<IHistory> openHistory;
    private readonly ILogger log;
    private readonly SemaphoreSlim wanted = new(0, 1);
    private readonly Lock gate = new();
    private TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IHistory? history;
    private long cursor;
    private volatile string error = "";

    public Projector(IJournal journal, Func<IHistory> openHistory, ILogger<Projector> log)
    {
        this.journal = journal;
        this.openHistory = openHistory;
        this.log = log;
    }

    /// <summary>Records up to here are in the history; 0 as long as it could not be opened, so that nothing is dropped before.</summary>
    public long Cursor => Volatile.Read(ref cursor);

    /// <summary>Empty: fine.</summary>
    public string Error => error;

    /// <summary>There are new records; any thread, cheap.</summary>
    public void Wake()
    {
        if (wanted.CurrentCount > 0) return;
        try
        {
            wanted.Release();
        }
        catch (SemaphoreFullException)
        {
        }
    }

    /// <summary>Opens now if it can, so that the cursor is known before the first snapshot.</summary>
    public void TryOpen()
    {
        try
        {
            Open();
        }
        catch (Exception e)
        {
            Failed(e);
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        var retry = RetryFirst;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                while (Step()) await Task.Yield();
                Recovered();
                retry = RetryFirst;
                await wanted.WaitAsync(Quiet, stopping);
                // A little patience makes one commit of many records.
                await Task.Delay(20, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Failed(e);
                await Task.Delay(retry, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                retry = retry * 2 < RetryMax ? retry * 2 : RetryMax;
            }
        }
    }

    /// <summary>What is left, after the engine stopped; failures are no matter, the cursor is durable.</summary>
    public void FinishUp()
    {
        try
        {
            while (Step()) { }
        }
        catch (Exception e)
        {
            Failed(e);
        }
    }

    /// <summary>Completes when the history has the record, or it is clear that it will not soon.</summary>
    public async Task CatchUpAsync(long sequence, TimeSpan patience, CancellationToken cancellation)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(patience);
        while (Cursor < sequence && error.Length == 0 && !timer.IsCancellationRequested)
        {
            Task next;
            lock (gate) next = moved.Task;
            if (Cursor >= sequence) return;
            Wake();
            await next.WaitAsync(timer.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    private bool Step()
    {
        var (from, to) = Open();
        var records = new List<(long, Record)>();
        foreach (var entry in from.Read(to.Cursor))
        {
            records.Add(entry);
            if (records.Count == BatchMax) break;
        }
        if (records.Count == 0) return false;
        to.Project(records);
        Moved(to.Cursor);
        return records.Count == BatchMax;
    }

    private (IJournal, IHistory) Open()
    {
        history ??= openHistory();
        Moved(history.Cursor);
        return (journal, history);
    }

    private void Moved(long to)
    {
        if (Volatile.Read(ref cursor) == to) return;
        Volatile.Write(ref cursor, to);
        TaskCompletionSource waiters;
        lock (gate) (waiters, moved) = (moved, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        waiters.TrySetResult();
    }

    private void Failed(Exception e)
    {
        // Opened anew next time: the file may have been replaced.
        history?.Dispose();
        history = null;
        if (error == e.Message) return;
        error = e.Message.Length == 0 ? e.GetType().Name : e.Message;
        Log.Lagging(log, error);
    }

    private void Recovered()
    {
        if (error.Length == 0) return;
        error = "";
        Log.Recovered(log, Cursor);
    }

    public void Dispose()
    {
        history?.Dispose();
        wanted.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Error, "The history cannot be written: {Why}. Scheduling goes on; it will catch up")]
        public static partial void Lagging(ILogger logger, string why);
        [LoggerMessage(3002, LogLevel.Information, "The history is up to date again, at record {Sequence}")]
        public static partial void Recovered(ILogger logger, long sequence);
    }
}
