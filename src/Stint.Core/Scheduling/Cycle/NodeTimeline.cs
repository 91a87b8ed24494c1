using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>
/// What is free on one node from now on: steps in order of time, exact to the millisecond. The first step has no beginning; a step whose
/// moment has passed without its job's end counts as the next millisecond: the job may end at any time.
/// </summary>
internal sealed class NodeTimeline(Node node, int index)
{
    private long[] times = new long[4];
    private ResourceAmount[] free = new ResourceAmount[4];

    public Node Node { get; } = node;
    /// <summary>Its place in <see cref="TimelineBook.Nodes"/>.</summary>
    public int Index { get; } = index;
    /// <summary>It takes jobs. A closed one keeps its steps, but nothing is placed on it.</summary>
    public bool IsOpen { get; set; }
    /// <summary>The node when it is empty.</summary>
    public ResourceAmount Total { get; set; }
    /// <summary>Planned starts that hold a part of it.</summary>
    public List<Reservation> Reserved { get; } = [];

    public int Steps { get; private set; }
    public long TimeOf(int step) => times[step];
    public ref readonly ResourceAmount FreeIn(int step) => ref free[step];
    public ref readonly ResourceAmount FreeNow => ref free[0];

    /// <summary>What runs on it, ascending by job.</summary>
    public List<Hold> Holds { get; } = [];

    /// <summary>The steps anew: what is free now, and what comes back when what runs ends.</summary>
    public void Build(in ResourceAmount now)
    {
        var ends = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Holds);
        Span<int> inOrder = ends.Length <= 128 ? stackalloc int[ends.Length] : new int[ends.Length];
        SortByEnd(ends, inOrder);
        if (times.Length <= ends.Length)
        {
            times = new long[ends.Length + 4];
            free = new ResourceAmount[ends.Length + 4];
        }
        Steps = 1;
        times[0] = long.MinValue;
        free[0] = now;
        foreach (var i in inOrder)
        {
            if (ends[i].EndMs == long.MaxValue) break;
            if (Steps > 1 && times[Steps - 1] == ends[i].EndMs) { free[Steps - 1] += ends[i].Amount; continue; }
            times[Steps] = ends[i].EndMs;
            free[Steps] = free[Steps - 1] + ends[i].Amount;
            Steps++;
        }
        // What several jobs use at once comes back several times.
        if (Node.CpuRows > 1)
            for (var step = 1; step < Steps; step++) free[step] = ResourceAmount.Min(free[step], Total);
    }

    private static void SortByEnd(ReadOnlySpan<Hold> holds, Span<int> inOrder)
    {
        Span<long> keys = holds.Length <= 128 ? stackalloc long[holds.Length] : new long[holds.Length];
        for (var i = 0; i < holds.Length; i++) (keys[i], inOrder[i]) = (holds[i].EndMs, i);
        keys.Sort(inOrder);
    }

    /// <summary>Takes an amount in [from, to); from <see cref="long.MinValue"/>: already now.</summary>
    public void Take(long from, long to, in ResourceAmount amount)
    {
        var last = to == long.MaxValue ? -1 : Cut(to);
        var first = from == long.MinValue ? 0 : Cut(from);
        if (last >= 0 && from != long.MinValue) last = IndexOf(to);
        if (last < 0) last = Steps;
        for (var i = first; i < last; i++) free[i] -= amount;
    }

    /// <summary>The least of each component that is free all the time in [from, to).</summary>
    public ResourceAmount MinFree(long now, long from, long to)
    {
        var step = StepAt(now, from);
        var least = free[step];
        for (step++; step < Steps && Later(step, now) is var at && at < to; step++)
        {
            // What has passed counts as one moment: only the last step of it lasts.
            if (step + 1 < Steps && Later(step + 1, now) == at) continue;
            least = ResourceAmount.Min(least, free[step]);
        }
        return least;
    }

    /// <summary>At that moment there are fewer CPUs, or bytes, whatever comes after it.</summary>
    public bool Lacks(long now, long at, long cpus, long memoryBytes)
    {
        ref readonly var there = ref free[StepAt(now, at)];
        return (long)there.Cores * Node.ThreadsPerCore < cpus || there.MemoryBytes < memoryBytes;
    }

    /// <summary>The step that a moment lies in.</summary>
    public int StepAt(long now, long time)
    {
        var step = 0;
        while (step + 1 < Steps && Later(step + 1, now) <= time) step++;
        return step;
    }

    /// <summary>Until when nothing becomes less than it is now; <see cref="long.MaxValue"/>: for ever.</summary>
    public long UntouchedUntil(long now)
    {
        if (Reserved.Count == 0) return long.MaxValue;
        for (var step = 1; step < Steps; step++)
            if (!free[step].Covers(free[step - 1])) return Later(step, now);
        return long.MaxValue;
    }

    private long Later(int step, long now) => times[step] > now ? times[step] : now + 1;

    private int IndexOf(long time)
    {
        for (var i = Steps - 1; i > 0; i--)
            if (times[i] <= time) return i;
        return 0;
    }

    /// <summary>Makes a step begin at a moment; returns its place.</summary>
    private int Cut(long time)
    {
        var step = IndexOf(time);
        if (step > 0 && times[step] == time) return step;
        if (Steps == times.Length)
        {
            Array.Resize(ref times, Steps * 2);
            Array.Resize(ref free, Steps * 2);
        }
        Array.Copy(times, step + 1, times, step + 2, Steps - step - 1);
        Array.Copy(free, step + 1, free, step + 2, Steps - step - 1);
        times[step + 1] = time;
        free[step + 1] = free[step];
        Steps++;
        return step + 1;
    }
}

/// <summary>What one running job holds of a node, until when it is expected to.</summary>
internal readonly record struct Hold(uint JobId, NodeShare Share, ResourceAmount Amount, long EndMs);
