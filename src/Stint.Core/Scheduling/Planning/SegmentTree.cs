using System.Runtime.CompilerServices;

namespace Stint.Core.Scheduling.Planning;

/// <summary>
/// The segments of a timeline as a treap in arrays: one tree node per segment, keyed by its start, with the smallest and the largest
/// available amount below it and a pending addition to everything below it. A range is changed and searched in O(log n).
/// </summary>
/// <remarks>
/// Invariant: a node's Value, Min and Max already hold its own Pending; its children's do not until it is pushed down. The treap's weights
/// come from a counter through a mixing function, so that the same operations build the same tree.
/// </remarks>
internal sealed class SegmentTree
{
    private struct Segment
    {
        public long Start;
        public Amount Value, Min, Max, Pending;
        public int Left, Right;
        public uint Weight;
    }

    /// <summary>Returned when no segment is found.</summary>
    public const long None = long.MaxValue;

    private Segment[] _segments = new Segment[64]; // slot 0 stands for "no child"
    private int _used = 1;
    private int _free; // chain of released slots through Left
    private int _root;
    private ulong _weights;

    public int Count { get; private set; }

    /// <summary>
    /// Start and value of the segment with the largest start not after <paramref name="time"/>; start is None where there is none.
    /// </summary>
    public long Floor(long time, out Amount value)
    {
        var found = None;
        value = default;
        for (var n = _root; n != 0;)
        {
            Push(n);
            ref var s = ref _segments[n];
            if (s.Start <= time)
            {
                found = s.Start;
                value = s.Value;
                n = s.Right;
            }
            else
            {
                n = s.Left;
            }
        }
        return found;
    }

    public void Insert(long start, in Amount value)
    {
        var n = Take();
        _segments[n] = new Segment { Start = start, Value = value, Min = value, Max = value, Weight = NextWeight() };
        _root = Insert(_root, n);
        Count++;
    }

    public void Remove(long start)
    {
        _root = Remove(_root, start);
        Count--;
    }

    /// <summary>Adds to the value of every segment that starts in [start, end).</summary>
    public void Add(long start, long end, in Amount delta) => Add(_root, start, end, delta);

    /// <summary>
    /// The smallest value of each component over the segments that start in [start, end); combined with <paramref name="seed"/>.
    /// </summary>
    public Amount Min(long start, long end, Amount seed)
    {
        Min(_root, start, end, ref seed);
        return seed;
    }

    /// <summary>
    /// The first segment starting at or after <paramref name="from"/> whose value does not cover <paramref name="amount"/>.
    /// </summary>
    public long FirstShort(long from, in Amount amount) => FirstShort(_root, from, amount);

    /// <summary>The first segment starting at or after <paramref name="from"/> whose value covers <paramref name="amount"/>.</summary>
    public long FirstCovering(long from, in Amount amount) => FirstCovering(_root, from, amount);

    private long FirstShort(int n, long from, in Amount amount)
    {
        while (n != 0)
        {
            if (_segments[n].Min.Covers(amount)) return None;
            Push(n);
            ref var s = ref _segments[n];
            if (s.Start >= from)
            {
                var left = FirstShort(s.Left, from, amount);
                if (left != None) return left;
                if (!s.Value.Covers(amount)) return s.Start;
            }
            n = s.Right;
        }
        return None;
    }

    private long FirstCovering(int n, long from, in Amount amount)
    {
        while (n != 0)
        {
            if (!_segments[n].Max.Covers(amount)) return None;
            Push(n);
            ref var s = ref _segments[n];
            if (s.Start >= from)
            {
                var left = FirstCovering(s.Left, from, amount);
                if (left != None) return left;
                if (s.Value.Covers(amount)) return s.Start;
            }
            n = s.Right;
        }
        return None;
    }

    private void Min(int n, long start, long end, ref Amount min)
    {
        while (n != 0)
        {
            Push(n);
            ref var s = ref _segments[n];
            if (s.Start < start)
            {
                n = s.Right;
            }
            else if (s.Start >= end)
            {
                n = s.Left;
            }
            else
            {
                min = Amount.Min(min, s.Value);
                MinFrom(s.Left, start, ref min);
                MinBelow(s.Right, end, ref min);
                return;
            }
        }
    }

    private void MinFrom(int n, long start, ref Amount min)
    {
        while (n != 0)
        {
            Push(n);
            ref var s = ref _segments[n];
            if (s.Start < start)
            {
                n = s.Right;
                continue;
            }
            min = Amount.Min(min, s.Value);
            if (s.Right != 0) min = Amount.Min(min, _segments[s.Right].Min);
            n = s.Left;
        }
    }

    private void MinBelow(int n, long end, ref Amount min)
    {
        while (n != 0)
        {
            Push(n);
            ref var s = ref _segments[n];
            if (s.Start >= end)
            {
                n = s.Left;
                continue;
            }
            min = Amount.Min(min, s.Value);
            if (s.Left != 0) min = Amount.Min(min, _segments[s.Left].Min);
            n = s.Right;
        }
    }

    private void Add(int n, long start, long end, in Amount delta)
    {
        if (n == 0) return;
        Push(n);
        ref var s = ref _segments[n];
        if (s.Start < start)
        {
            Add(s.Right, start, end, delta);
        }
        else if (s.Start >= end)
        {
            Add(s.Left, start, end, delta);
        }
        else
        {
            s.Value += delta;
            AddFrom(s.Left, start, delta);
            AddBelow(s.Right, end, delta);
        }
        Pull(n);
    }

    private void AddFrom(int n, long start, in Amount delta)
    {
        if (n == 0) return;
        Push(n);
        ref var s = ref _segments[n];
        if (s.Start < start)
        {
            AddFrom(s.Right, start, delta);
        }
        else
        {
            s.Value += delta;
            AddAll(s.Right, delta);
            AddFrom(s.Left, start, delta);
        }
        Pull(n);
    }

    private void AddBelow(int n, long end, in Amount delta)
    {
        if (n == 0) return;
        Push(n);
        ref var s = ref _segments[n];
        if (s.Start >= end)
        {
            AddBelow(s.Left, end, delta);
        }
        else
        {
            s.Value += delta;
            AddAll(s.Left, delta);
            AddBelow(s.Right, end, delta);
        }
        Pull(n);
    }

    private int Insert(int at, int n)
    {
        if (at == 0) return n;
        Push(at);
        if (_segments[n].Weight > _segments[at].Weight)
        {
            Split(at, _segments[n].Start, out _segments[n].Left, out _segments[n].Right);
            Pull(n);
            return n;
        }
        if (_segments[n].Start < _segments[at].Start) _segments[at].Left = Insert(_segments[at].Left, n);
        else _segments[at].Right = Insert(_segments[at].Right, n);
        Pull(at);
        return at;
    }

    private int Remove(int at, long start)
    {
        if (at == 0) throw new InvalidOperationException($"no segment starts at {start} ms");
        Push(at);
        ref var s = ref _segments[at];
        if (s.Start == start)
        {
            var merged = Merge(s.Left, s.Right);
            s.Left = _free;
            _free = at;
            return merged;
        }
        if (start < s.Start) s.Left = Remove(s.Left, start);
        else s.Right = Remove(s.Right, start);
        Pull(at);
        return at;
    }

    private void Split(int n, long start, out int left, out int right)
    {
        if (n == 0)
        {
            left = right = 0;
            return;
        }
        Push(n);
        if (_segments[n].Start < start)
        {
            Split(_segments[n].Right, start, out var below, out right);
            _segments[n].Right = below;
            left = n;
        }
        else
        {
            Split(_segments[n].Left, start, out left, out var above);
            _segments[n].Left = above;
            right = n;
        }
        Pull(n);
    }

    private int Merge(int left, int right)
    {
        if (left == 0) return right;
        if (right == 0) return left;
        if (_segments[left].Weight > _segments[right].Weight)
        {
            Push(left);
            _segments[left].Right = Merge(_segments[left].Right, right);
            Pull(left);
            return left;
        }
        Push(right);
        _segments[right].Left = Merge(left, _segments[right].Left);
        Pull(right);
        return right;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Push(int n)
    {
        ref var s = ref _segments[n];
        if (s.Pending.IsZero) return;
        AddAll(s.Left, s.Pending);
        AddAll(s.Right, s.Pending);
        s.Pending = default;
    }

    private void AddAll(int n, in Amount delta)
    {
        if (n == 0) return;
        ref var s = ref _segments[n];
        s.Value += delta;
        s.Min += delta;
        s.Max += delta;
        s.Pending += delta;
    }

    private void Pull(int n)
    {
        ref var s = ref _segments[n];
        s.Min = s.Max = s.Value;
        if (s.Left != 0)
        {
            s.Min = Amount.Min(s.Min, _segments[s.Left].Min);
            s.Max = Amount.Max(s.Max, _segments[s.Left].Max);
        }
        if (s.Right != 0)
        {
            s.Min = Amount.Min(s.Min, _segments[s.Right].Min);
            s.Max = Amount.Max(s.Max, _segments[s.Right].Max);
        }
    }

    private int Take()
    {
        if (_free != 0)
        {
            var slot = _free;
            _free = _segments[slot].Left;
            return slot;
        }
        if (_used == _segments.Length) Array.Resize(ref _segments, _used * 2);
        return _used++;
    }

    private uint NextWeight() // splitmix64 of a counter
    {
        var z = _weights += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (uint)(z >> 32);
    }
}
