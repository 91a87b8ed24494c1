using Stint.Core.Journal;
using Stint.Storage;

namespace Stint.Server.History;

/// <summary>
/// Carries the journal's records into the history, behind a durable cursor, on a loop of its own. Fresh records are handed over in memory; after a
/// start, a failure or a flood they are read from the journal. Whatever ails the history's database (locked, full, gone), the engine does not
/// notice: the cursor lags, and what it needs stays in the journal.
/// </summary>
internal sealed partial class Projector : IDisposable
{
    private const int BatchMax = 2_000, FreshMax = 20_000;
    /// <summary>One commit takes what came in this time; a question to the history does not wait for it.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1), RetryFirst = TimeSpan.FromMilliseconds(200), RetryMax = TimeSpan.FromSeconds(10);

    private readonly IJournal journal;
    private readonly Func<IHistory> openHistory;
    private readonly ILogger log;
    private readonly SemaphoreSlim wanted = new(0, 1), hurry = new(0, 1);
    private readonly Lock gate = new();
    private TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IHistory? history;
    private List<(long Sequence, Record Record)> fresh = [], taken = [];
    /// <summary>Not all that is committed and not projected is in <see cref="fresh"/>.</summary>
    private bool behind = true;
    private long cursor, durable;
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

    /// <summary>Records up to here outlive a power cut in the history, too: the journal may forget them.</summary>
    public long DurableCursor => Volatile.Read(ref durable);

    /// <summary>A committed record, in order. It is only read from here on, by the engine as well.</summary>
    public void Offer(long sequence, Record record)
    {
        bool first;
        lock (gate)
        {
            if (fresh.Count >= FreshMax)
            {
                fresh.Clear();
                behind = true;
            }
            fresh.Add((sequence, record));
            first = fresh.Count == 1;
        }
        if (first) Raise(wanted);
    }

    private static void Raise(SemaphoreSlim flag)
    {
        if (flag.CurrentCount > 0) return;
        try
        {
            flag.Release();
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
                await hurry.WaitAsync(Gathering, stopping);
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
            Raise(hurry);
            Raise(wanted);
            await next.WaitAsync(timer.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>True: there is more.</summary>
    private bool Step()
    {
        var to = Open();
        if (TakeFresh()) return StepFromJournal(to);
        taken.RemoveAll(entry => entry.Sequence <= to.Cursor);
        if (taken.Count == 0) return false;
        if (taken[0].Sequence != to.Cursor + 1)
        {
            lock (gate) behind = true;
            return true;
        }
        Project(to, taken);
        return false;
    }

    /// <summary>True: what was taken is not all, the journal has the rest (and all of it).</summary>
    private bool TakeFresh()
    {
        taken.Clear();
        lock (gate)
        {
            (fresh, taken) = (taken, fresh);
            var wasBehind = behind;
            behind = false;
            return wasBehind;
        }
    }

    private bool StepFromJournal(IHistory to)
    {
        taken.Clear();
        foreach (var entry in journal.Read(to.Cursor))
        {
            taken.Add(entry);
            if (taken.Count == BatchMax) break;
        }
        var isMore = taken.Count == BatchMax;
        if (isMore) lock (gate) behind = true;
        if (taken.Count > 0) Project(to, taken);
        return isMore;
    }

    private void Project(IHistory to, List<(long, Record)> records)
    {
        to.Project(records);
        Moved(to);
    }

    private IHistory Open()
    {
        history ??= openHistory();
        Moved(history);
        return history;
    }

    private void Moved(IHistory by)
    {
        Volatile.Write(ref durable, by.DurableCursor);
        var to = by.Cursor;
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
        lock (gate) behind = true;
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
        hurry.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Error, "The history cannot be written: {Why}. Scheduling goes on; it will catch up")]
        public static partial void Lagging(ILogger logger, string why);
        [LoggerMessage(3002, LogLevel.Information, "The history is up to date again, at record {Sequence}")]
        public static partial void Recovered(ILogger logger, long sequence);
    }
}
