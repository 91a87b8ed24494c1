namespace Stint.Core.Scheduling.Cycle;

/// <summary>
/// What a plan has learned of small requests, for larger ones: where one node with so much for so long is not to be had before a moment, more of it
/// or for longer is not either, whoever asks. Holds as long as nothing becomes free that was not expected to.
/// </summary>
internal sealed class Bounds
{
    private const int Max = 128;

    private readonly record struct Bound(long Cpus, long MemoryBytes, long ForMs, long EarliestMs);

    private readonly List<Bound> bounds = [];

    public void Clear() => bounds.Clear();

    /// <summary>The moment before which the shape is known not to fit for that long; 0: nothing is known.</summary>
    public long Of(Shape shape, long forMs)
    {
        var earliest = 0L;
        foreach (ref readonly var bound in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bounds))
            if (bound.EarliestMs > earliest && bound.Cpus <= shape.NodeCpus && bound.MemoryBytes <= shape.NodeMemoryBytes && bound.ForMs <= forMs)
                earliest = bound.EarliestMs;
        return earliest;
    }

    /// <summary>Whether anything is known that keeps such a request away.</summary>
    public bool Any(long cpus, long memoryBytes, long forMs)
    {
        foreach (ref readonly var bound in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bounds))
            if (bound.Cpus <= cpus && bound.MemoryBytes <= memoryBytes && bound.ForMs <= forMs) return true;
        return false;
    }

    public void Learn(Shape shape, long forMs, long earliestMs)
    {
        if (!shape.IsPlain || Of(shape, forMs) >= earliestMs) return;
        for (var i = bounds.Count - 1; i >= 0; i--)
        {
            var old = bounds[i];
            if (old.EarliestMs <= earliestMs && shape.NodeCpus <= old.Cpus && shape.NodeMemoryBytes <= old.MemoryBytes && forMs <= old.ForMs)
                bounds.RemoveAt(i);
        }
        if (bounds.Count < Max) bounds.Add(new Bound(shape.NodeCpus, shape.NodeMemoryBytes, forMs, earliestMs));
    }
}
