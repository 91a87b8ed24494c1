using Stint.Core.Scheduling.Planning.Placement;

namespace Stint.Simulation.Placement;

/// <summary>Any node that fits, any GPU on it that fits: what every other placement is compared with.</summary>
public sealed class RandomPlacement(IReadOnlyList<NodeCapacity> nodes, Random random)
{
    private readonly List<int> _fitting = [];

    public int? Place(in GpuDemand demand)
    {
        _fitting.Clear();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Fits(demand)) _fitting.Add(i);
        }
        if (_fitting.Count == 0) return null;
        var node = _fitting[random.Next(_fitting.Count)];
        nodes[node].Take(demand, demand.Gpus == 1 ? AnyGpu(nodes[node], demand.MilliPerGpu) : -1);
        return node;
    }

    private int AnyGpu(NodeCapacity node, int milli)
    {
        _fitting.Clear();
        for (var g = 0; g < node.GpuMilli.Length; g++)
        {
            if (node.GpuMilli[g] >= milli) _fitting.Add(g);
        }
        return _fitting[random.Next(_fitting.Count)];
    }
}
