namespace Stint.Core.Scheduling.Cycle;

/// <summary>A moment at which something becomes free on a node.</summary>
/// <param name="Time">Milliseconds of Unix time; a moment that has passed counts as the next millisecond.</param>
/// <param name="Node">Place in <see cref="TimelineBook.Nodes"/>.</param>
/// <param name="Cpus">Free CPUs from then on: what a search looks at before it looks at the node.</param>
/// <param name="MemoryBytes">Free memory from then on.</param>
internal readonly record struct Freeing(long Time, int Node, int Cpus, long MemoryBytes = 0);

/// <summary>All moments of all nodes, sorted by time and node: chunks of bounded length, so that adding and removing move little and a
/// walk runs over memory in order.</summary>
internal sealed class FreeingList
{
    private const int ChunkMax = 512;

    private sealed class Chunk
    {
        public readonly Freeing[] Items = new Freeing[ChunkMax];
        public int Count;
    }

    private readonly List<Chunk> chunks = [];

    public int Count { get; private set; }

    public void Clear()
    {
        chunks.Clear();
        Count = 0;
    }

    public void Add(in Freeing item)
    {
        Count++;
        if (chunks.Count == 0)
        {
            chunks.Add(new Chunk { Count = 1 });
            chunks[0].Items[0] = item;
            return;
        }
        var at = Math.Min(ChunkOf(item.Time, item.Node), chunks.Count - 1);
        var chunk = chunks[at];
        if (chunk.Count == ChunkMax)
        {
            var upper = new Chunk { Count = ChunkMax / 2 };
            Array.Copy(chunk.Items, ChunkMax / 2, upper.Items, 0, ChunkMax / 2);
            chunk.Count = ChunkMax / 2;
            chunks.Insert(at + 1, upper);
            if (Compare(upper.Items[0], item.Time, item.Node) <= 0) chunk = upper;
        }
        var place = PlaceIn(chunk, item.Time, item.Node);
        Array.Copy(chunk.Items, place, chunk.Items, place + 1, chunk.Count - place);
        chunk.Items[place] = item;
        chunk.Count++;
    }

    /// <summary>The same moment of the same node with another number of CPUs.</summary>
    public void Set(in Freeing item)
    {
        var (at, place) = Find(item.Time, item.Node);
        chunks[at].Items[place] = item;
    }

    public void Remove(long time, int node)
    {
        var (at, place) = Find(time, node);
        var chunk = chunks[at];
        chunk.Count--;
        Count--;
        Array.Copy(chunk.Items, place + 1, chunk.Items, place, chunk.Count - place);
        if (chunk.Count == 0) chunks.RemoveAt(at);
    }

    private (int Chunk, int Place) Find(long time, int node)
    {
        var at = ChunkOf(time, node);
        var place = at < chunks.Count ? PlaceIn(chunks[at], time, node) : 0;
        return at < chunks.Count && Compare(chunks[at].Items[place], time, node) == 0 ? (at, place)
            : throw new InvalidOperationException($"no freeing of node {node} at {time} is listed");
    }

    /// <summary>A walk from the first moment that is not before a time.</summary>
    public Walk From(long time)
    {
        var at = ChunkOf(time, int.MinValue);
        return new Walk(this, at, at < chunks.Count ? PlaceIn(chunks[at], time, int.MinValue) : 0);
    }

    /// <summary>The first chunk whose last item is not before the key; the number of chunks when there is none.</summary>
    private int ChunkOf(long time, int node)
    {
        int low = 0, high = chunks.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            var chunk = chunks[middle];
            if (Compare(chunk.Items[chunk.Count - 1], time, node) < 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static int PlaceIn(Chunk chunk, long time, int node)
    {
        int low = 0, high = chunk.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (Compare(chunk.Items[middle], time, node) < 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static int Compare(in Freeing item, long time, int node) =>
        item.Time != time ? item.Time.CompareTo(time) : item.Node.CompareTo(node);

    /// <summary>The list must not change while it is walked.</summary>
    internal struct Walk
    {
        private readonly FreeingList list;
        private int chunk, place, count;
        private Freeing[] items;

        public Walk(FreeingList list, int chunk, int place)
        {
            (this.list, this.chunk, this.place) = (list, chunk, place);
            items = chunk < list.chunks.Count ? list.chunks[chunk].Items : [];
            count = chunk < list.chunks.Count ? list.chunks[chunk].Count : 0;
            Settle();
        }

        /// <summary>Of the next item; <see cref="long.MaxValue"/> at the end.</summary>
        public readonly long PeekTime() => place < count ? items[place].Time : long.MaxValue;

        public bool TryNext(out Freeing item)
        {
            if (place >= count)
            {
                item = default;
                return false;
            }
            item = items[place++];
            Settle();
            return true;
        }

        private void Settle()
        {
            while (place >= count && chunk + 1 < list.chunks.Count)
            {
                var next = list.chunks[++chunk];
                (items, count, place) = (next.Items, next.Count, 0);
            }
        }
    }
}
