using System.Runtime.InteropServices;
using Stint.Core;
using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;

namespace Stint.Simulation.Replay;

/// <summary>
/// The reference that the engine is compared with: replays a trace on a cluster that is one countable amount, with nothing but the
/// planning library. All ends and submissions of a moment, then one planning round. The planner sees estimates; jobs end after their run
/// time.
/// </summary>
public sealed class Replayer
{
    private readonly Policy _policy;
    private readonly IReadOnlyList<TraceJob> _trace;
    private readonly Func<TraceJob, long> _estimateMs;
    private readonly Amount _capacity;
    private readonly Timeline _timeline;
    private readonly List<Request> _queue = [];
    private readonly PriorityQueue<int, (long EndMs, int Position)> _running = new();
    private readonly Instant[] _starts;
    private readonly List<(TraceJob, Instant)> _started = [];
    private readonly List<TraceJob> _refused = [];
    private int _rounds;

    private Replayer(IReadOnlyList<TraceJob> trace, Amount capacity, Policy policy, Func<TraceJob, long> estimateMs)
    {
        (_trace, _capacity, _policy, _estimateMs) = (trace, capacity, policy, estimateMs);
        _starts = new Instant[trace.Count];
        _timeline = new Timeline(trace.Count == 0 ? default : trace[0].Submitted, capacity);
    }

    /// <param name="trace">Jobs in order of submission.</param>
    /// <param name="capacity">The cluster.</param>
    /// <param name="policy">The rules of the planner.</param>
    /// <param name="estimateMs">What the planner is told of a job's run time; by default the trace's estimate. Never below the run
    /// time.</param>
    public static ReplayResult Run(IReadOnlyList<TraceJob> trace, Amount capacity, Policy policy, Func<TraceJob, long>? estimateMs = null)
    {
        var replayer = new Replayer(trace, capacity, policy, estimateMs ?? (job => job.EstimateMs));
        return replayer.Run();
    }

    private ReplayResult Run()
    {
        var arrived = 0;
        while (arrived < _trace.Count || _running.Count > 0)
        {
            var now = NextMoment(arrived);
            _timeline.Advance(now);
            EndUntil(now);
            while (arrived < _trace.Count && _trace[arrived].Submitted <= now) Submit(arrived++);
            if (_queue.Count > 0) PlanRound(now);
        }
        return new ReplayResult(_capacity, _started, _refused, _rounds);
    }

    private Instant NextMoment(int arrived)
    {
        var next = arrived < _trace.Count ? _trace[arrived].Submitted.Milliseconds : long.MaxValue;
        return new Instant(_running.TryPeek(out _, out var first) ? Math.Min(first.EndMs, next) : next);
    }

    private void EndUntil(Instant now)
    {
        while (_running.TryPeek(out var index, out var at) && at.EndMs <= now.Milliseconds)
        {
            _running.Dequeue();
            var planned = new Instant(_starts[index].Milliseconds + PlannedMs(index));
            if (planned > now) _timeline.Release(now, planned, _trace[index].Amount);
        }
    }

    private void Submit(int index)
    {
        var job = _trace[index];
        if (_capacity.Covers(job.Amount)) _queue.Add(new Request(index, job.Amount, PlannedMs(index), job.Submitted));
        else _refused.Add(job);
    }

    private void PlanRound(Instant now)
    {
        _rounds++;
        var plan = Backfill.Plan(_timeline, now, CollectionsMarshal.AsSpan(_queue), _policy);
        foreach (var id in plan.Starts)
        {
            _queue.RemoveAt(QueuePosition(id));
            Start((int)id, now);
        }
    }

    /// <summary>The queue is in order of submission, which is the order of the positions in the trace.</summary>
    private int QueuePosition(long id)
    {
        int low = 0, high = _queue.Count - 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_queue[middle].Id < id) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private void Start(int index, Instant now)
    {
        var job = _trace[index];
        _starts[index] = now;
        _started.Add((job, now));
        _timeline.Reserve(now, new Instant(now.Milliseconds + PlannedMs(index)), job.Amount);
        _running.Enqueue(index, (now.Milliseconds + job.RunMs, index));
    }

    private long PlannedMs(int index) => Math.Max(1, Math.Max(_estimateMs(_trace[index]), _trace[index].RunMs));
}
