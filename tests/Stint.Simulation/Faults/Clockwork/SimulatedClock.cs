namespace Stint.Simulation.Faults.Clockwork;

/// <summary>A machine's wall clock: may be set forwards and back. What is monotonic is not touched by it.</summary>
internal sealed class HostClock(EventQueue queue)
{
    private static readonly DateTimeOffset Beginning = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public long OffsetUs { get; set; }
    public DateTimeOffset Now => Beginning.AddMicroseconds(queue.NowUs + OffsetUs);
    public long NowMs => Now.ToUnixTimeMilliseconds();
}

/// <summary>Time as one process sees it; its timers die with it.</summary>
internal sealed class SimulatedClock(SimulatedProcess process, HostClock host) : TimeProvider
{
    public override long TimestampFrequency => 1_000_000;
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    public override long GetTimestamp() => process.Queue.NowUs;
    public override DateTimeOffset GetUtcNow() => host.Now;
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private Happening? next;
        private TimeSpan period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            next?.CallOff();
            next = null;
            this.period = period;
            if (dueTime >= TimeSpan.Zero) Arm(dueTime);
            return true;
        }

        private void Arm(TimeSpan due) => next = process.Queue.After((long)due.TotalMicroseconds, Fire);

        private void Fire()
        {
            if (!process.Lives) return;
            next = null;
            if (period > TimeSpan.Zero) Arm(period);
            process.Run(() => callback(state));
        }

        public void Dispose()
        {
            next?.CallOff();
            next = null;
            period = Timeout.InfiniteTimeSpan;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
