using System.Numerics;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling.Planning.Placement;

namespace Stint.Core.Scheduling.Placing;

/// <summary>
/// The shapes of recent jobs, as the demand to expect: a ring of the last ones. The mix made of it is renewed only after as many new
/// ones as it then has (at most <see cref="RenewAfterMax"/>), so that ratings keep for a while. Depends on what was noted alone, in order.
/// </summary>
internal sealed class DemandSample
{
    /// <summary>Jobs that are remembered.</summary>
    public const int Length = 4096;
    private const int RenewAfterMax = 256;
    private const int KindsMax = 256;

    private readonly Request[] ring = new Request[Length];
    private int noted, renewAt = 1;
    private DemandMix? mix;

    /// <summary>Counts the changes of <see cref="Mix"/>.</summary>
    public int Version { get; private set; }
    public bool IsFull => noted >= Length;

    public void Note(Request request)
    {
        ring[noted++ % Length] = request;
        if (noted < renewAt) return;
        renewAt = noted + Math.Clamp(noted, 1, RenewAfterMax);
        mix = null;
        Version++;
    }

    /// <summary>What is expected: the most frequent shapes, each with its share.</summary>
    public DemandMix Mix(ClusterScope scope) => mix ??= DemandMix.Of(noted == 0 ? Usual() : Recent(scope));

    private IEnumerable<GpuDemand> Recent(ClusterScope scope)
    {
        var demands = new Dictionary<GpuDemand, int>();
        for (var i = 0; i < Math.Min(noted, Length); i++)
        {
            var demand = DemandOf.Request(ring[i], scope);
            demands[demand] = demands.GetValueOrDefault(demand) + 1;
        }
        var frequent = demands.OrderByDescending(static entry => entry.Value).ThenBy(static entry => entry.Key.ToString(), StringComparer.Ordinal).Take(KindsMax);
        foreach (var (demand, count) in frequent)
            for (var i = 0; i < count; i++) yield return demand;
    }

    /// <summary>Nothing is known yet: single GPUs and powers of two.</summary>
    private static IEnumerable<GpuDemand> Usual()
    {
        foreach (var gpus in (int[])[1, 1, 1, 1, 2, 2, 4, 8]) yield return new GpuDemand(BitOperations.Log2((uint)gpus) * 1000, 0, gpus, NodeCapacity.WholeGpu);
    }
}
