using Stint.Core;
using Stint.Core.Journal;
using Stint.Storage;

namespace Stint.Server.Engine;

/// <summary>
/// The single writer. Drain the inbox → decide and apply each → one scheduling pass if wanted → ONE commit → only then answer
/// callers, tell observers. Invariant: nothing leaves this class before the commit it depends on; a failed commit ends the process.
/// </summary>
internal sealed partial class Engine : IDisposable
{
    private const int InboxCapacity = 16_384, BatchMax = 1_024, LeapMs = 2_000;
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FullPatience = TimeSpan.FromMinutes(10), FullRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ScheduleSlice = TimeSpan.FromMilliseconds(5);

    private readonly Cluster cluster;
    private readonly IJournal journal;
    private readonly TimeProvider time;
    private readonly ICommitObserver[] observers;
    private readonly SnapshotPolicy snapshots;
    private readonly Action<Exception> broken;
    private readonly ILogger log;
    private readonly Func<bool>? makeRoom;
    private readonly Inbox inbox;
    private readonly Batch batch;
    private readonly List<Work> works = new(BatchMax);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? thread;
    private volatile bool stopping;
    private long sequence;
    private long lastTickMs, scheduleNotBeforeMs, lastTurn, lastTurnMs;

    public Engine(Cluster cluster, IJournal journal, TimeProvider time, ICommitObserver[] observers, SnapshotPolicy snapshots, Action<Exception> broken, ILogger<Engine> log, Func<bool>? makeRoom = null)
    {
        this.cluster = cluster;
        this.journal = journal;
        this.time = time;
        this.observers = observers;
        this.snapshots = snapshots;
        this.broken = broken;
        this.log = log;
        this.makeRoom = makeRoom;
        inbox = new Inbox(InboxCapacity, time);
        batch = new Batch(cluster);
        sequence = journal.LastSequence;
    }

    /// <summary>Sequence of the last committed record; any thread.</summary>
    public long Sequence => Volatile.Read(ref sequence);

    /// <summary>Completes when the engine's thread is over and the last snapshot is stored.</summary>
    public Task Ended => ended.Task;

    /// <summary>Records up to here were committed before the start.</summary>
    public void StartAfter(long last) => Volatile.Write(ref sequence, last);

    public void Start()
    {
        thread = new Thread(Run) { Name = "engine", IsBackground = true };
        thread.Start();
    }

    /// <summary>Reads and decides on the engine's thread; the answer comes after the commit.</summary>
    /// <exception cref="EngineBusyException">The inbox is full.</exception>
    public Task<T> AskAsync<T>(Func<Batch, T> ask)
    {
        var question = new Question<T>(ask);
        if (!inbox.TryPost(question)) return Task.FromException<T>(inbox.IsOver || stopping ? new EngineStoppedException() : new EngineBusyException());
        return question.Answer;
    }

    /// <summary>Waits for room; for sessions, whose peer then waits too.</summary>
    public ValueTask PostAsync(Work work, CancellationToken cancellation) => inbox.PostAsync(work, cancellation);

    /// <summary>False: full or stopping.</summary>
    public bool TryPost(Work work) => inbox.TryPost(work);

    /// <summary>Looks at the clock now (tests move it by hand).</summary>
    public void Wake() => inbox.Wake();

    /// <summary>Finishes what is in the inbox, stores a snapshot, ends the thread.</summary>
    public void Stop()
    {
        stopping = true;
        inbox.Complete();
        if (thread is null) ended.TrySetResult();
    }

    private void Run()
    {
        try
        {
            while (RunOnce())
                if (!inbox.IsOver) inbox.Wait(UntilDue());
            snapshots.TakeFinal(cluster, sequence);
        }
        catch (Exception e)
        {
            stopping = true;
            inbox.Complete();
            foreach (var work in works) work.Abandon();
            while (inbox.TryTake(out var left)) left.Abandon();
            Log.Broken(log, e.Message, e);
            ended.TrySetResult();
            broken(e);
            return;
        }
        ended.TrySetResult();
    }

    /// <summary>One turn of the loop, on the caller's thread, which is the engine's from here on (a simulation has no other). False: nothing more will come.</summary>
    internal bool RunOnce()
    {
        Drain();
        if (works.Count > 0 || IsDue(Now())) RunBatch();
        if (works.Count == 0 && inbox.IsOver) return false;
        works.Clear();
        return true;
    }

    /// <summary>There is work that does not wait for the next turn.</summary>
    internal bool HasUrgentWork => inbox.IsUrgent;

    private void Drain()
    {
        inbox.BeginTaking();
        while (works.Count < BatchMax && inbox.TryTake(out var work)) works.Add(work);
        if (works.Count == BatchMax) inbox.Wake();
    }

    private void RunBatch()
    {
        var now = Now();
        batch.Begin(now);
        NoteClock(now);
        for (var i = 0; i < works.Count; i++) works[i].Decide(batch);
        if (TickIsDue(now)) Tick(now);
        if (ScheduleIsDue(now)) Schedule(now);
        Commit();
        for (var i = 0; i < works.Count; i++) works[i].Committed();
        snapshots.AfterCommit(cluster, sequence, batch.Records.Count);
    }

    /// <summary>
    /// The clock of day against the monotonic one, at every turn: small steps are NTP's or a busy machine's, larger ones are told to the core, so that no job
    /// ends early or late by them. (A machine that was suspended looks the same; its agents' shepherds count that time themselves.)
    /// </summary>
    private void NoteClock(Instant now)
    {
        var at = time.GetTimestamp();
        var leapMs = lastTurn == 0 ? 0 : now.Milliseconds - lastTurnMs - (long)time.GetElapsedTime(lastTurn, at).TotalMilliseconds;
        (lastTurn, lastTurnMs) = (at, now.Milliseconds);
        if (Math.Abs(leapMs) < LeapMs) return;
        Log.ClockSet(log, leapMs);
        batch.Decide(new ShiftClock(leapMs));
    }

    private void Commit()
    {
        var records = batch.Records;
        if (records.Count == 0) return;
        AppendOrWait(records);
        var first = sequence + 1;
        Volatile.Write(ref sequence, sequence + records.Count);
        for (var i = 0; i < records.Count; i++)
            foreach (var observer in observers) observer.Committed(first + i, records[i], cluster, batch.Now);
    }

    /// <summary>
    /// A full file system is waited out: nobody was answered, and nothing is lost. While the reserve lasts there is no wait. Whoever asks meanwhile waits too,
    /// or is refused when the inbox is full.
    /// </summary>
    private void AppendOrWait(IReadOnlyList<Record> records)
    {
        for (var since = time.GetTimestamp(); ;)
        {
            try
            {
                journal.Append(records, batch.Blobs);
                return;
            }
            catch (JournalException full) when (full.IsFull && !stopping && time.GetElapsedTime(since) < FullPatience)
            {
                if (makeRoom?.Invoke() == true) continue;
                Log.NoSpace(log, full.Message);
                Thread.Sleep(FullRetry);
            }
        }
    }

    private void Tick(Instant now)
    {
        if (now.Milliseconds < lastTickMs) scheduleNotBeforeMs = 0;      // set back: it would not come for as long
        lastTickMs = now.Milliseconds;
        batch.Decide(new Tick());
    }

    private void Schedule(Instant now)
    {
        // A slice: who is in the inbox by then is served before the next one.
        var from = time.GetTimestamp();
        var started = batch.Decide(new Schedule(() => time.GetElapsedTime(from) >= ScheduleSlice)).Records.Count;
        var took = time.GetElapsedTime(from);
        // A slice can overrun where one step of it is long; then as much time is left to others.
        scheduleNotBeforeMs = took < 4 * ScheduleSlice ? 0 : now.Milliseconds + (long)took.TotalMilliseconds;
        if (started > 0) Log.Scheduled(log, started, (int)took.TotalMicroseconds);
    }

    private bool ScheduleIsDue(Instant now) => cluster.NeedsSchedule && now.Milliseconds >= scheduleNotBeforeMs;

    private bool IsDue(Instant now) => ScheduleIsDue(now) || TickIsDue(now);

    /// <summary>Also when the clock was set back: a tick too many does no harm.</summary>
    private bool TickIsDue(Instant now) => now.Milliseconds < lastTickMs || now.Milliseconds - lastTickMs >= TickInterval.TotalMilliseconds
        || (cluster.NextWake.IsSet && cluster.NextWake <= now);

    /// <summary>How long until a turn is due although nothing came.</summary>
    internal TimeSpan UntilDue()
    {
        var now = Now();
        if (ScheduleIsDue(now)) return TimeSpan.Zero;
        var due = lastTickMs + (long)TickInterval.TotalMilliseconds;
        if (cluster.NeedsSchedule) due = Math.Min(due, scheduleNotBeforeMs);
        if (cluster.NextWake.IsSet) due = Math.Min(due, cluster.NextWake.Milliseconds);
        return TimeSpan.FromMilliseconds(Math.Clamp(due - now.Milliseconds, 1, (long)TickInterval.TotalMilliseconds));
    }

    private Instant Now() => new(time.GetUtcNow().ToUnixTimeMilliseconds());

    public void Dispose()
    {
        Stop();
        inbox.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Critical, "The engine ended: {Reason}. State is safe in the journal; a restart replays it")]
        public static partial void Broken(ILogger logger, string reason, Exception exception);
        [LoggerMessage(1004, LogLevel.Warning, "The clock of day was set by {Milliseconds} ms")]
        public static partial void ClockSet(ILogger logger, long milliseconds);
        [LoggerMessage(1003, LogLevel.Error, "The state cannot be written, nothing is answered until it can: {Why}")]
        public static partial void NoSpace(ILogger logger, string why);
        [LoggerMessage(1002, LogLevel.Debug, "A pass made {Records} records in {Microseconds} µs")]
        public static partial void Scheduled(ILogger logger, int records, int microseconds);
    }
}
