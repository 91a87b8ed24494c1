using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>The generic resources that a job gets of one node: devices near each other and near free cores, parts of the GPU that wastes
/// least.</summary>
internal sealed class DevicePick
{
    private static readonly DevicePick Nothing = new();

    private readonly List<int> cells = [];
    private readonly List<int> devices = [];
    private readonly List<(GresPool Pool, int Cell, int Count)> counted = [];

    /// <summary>Whole GPUs.</summary>
    public int Gpus { get; private set; }
    /// <summary>Cells of the devices, and of the GPUs whose parts are taken: cores near them are wanted.</summary>
    public IReadOnlyList<int> Cells => cells;

    /// <summary>Null when there is not enough.</summary>
    public static DevicePick? Make(Request request, Node node, in NodeBalance balance, int tasks, int jobGres)
    {
        if (request.Gres.Length == 0) return Nothing;
        var pick = new DevicePick();
        var left = balance.Gres.ToArray();
        var free = CorePick.Open(request, node, balance);
        var gpus = 0L;
        foreach (ref readonly var demand in request.Gres.AsSpan())
            if (demand.IsGpu) gpus += CountOn(request, demand, tasks, jobGres);
        var cores = Room.CoresFor(request, node.Kind, tasks, (int)Math.Min(gpus, int.MaxValue));
        // Devices first: parts then go to GPUs that are left.
        foreach (ref readonly var demand in request.Gres.AsSpan())
            if (!demand.IsPart && !pick.Add(request, node.Kind, left, free, cores, demand, CountOn(request, demand, tasks, jobGres))) return null;
        foreach (ref readonly var demand in request.Gres.AsSpan())
            if (demand.IsPart && !pick.AddParts(request, node, balance, left, demand, CountOn(request, demand, tasks, jobGres))) return null;
        return pick;
    }

    private static long CountOn(Request request, in GresDemand demand, int tasks, int jobGres) => demand.Per switch
    {
        GresPer.PerTask => (long)demand.Count * tasks,
        GresPer.PerJob => jobGres,
        GresPer.PerSocket => (long)demand.Count * Math.Max(1, request.SocketsPerNode),
        _ => demand.Count,
    };

    private bool Add(Request request, NodeKind kind, int[] left, CpuSet free, int cores, in GresDemand demand, long count)
    {
        foreach (var pool in kind.Pools)
        {
            if (pool.Form != PoolForm.Count || !pool.Is(demand.Name, demand.Type)) continue;
            var here = (int)Math.Min(left[pool.FirstCell], count);
            if (here == 0) continue;
            left[pool.FirstCell] -= here;
            counted.Add((pool, pool.FirstCell, here));
            count -= here;
        }
        if (count == 0) return true;
        if (count > int.MaxValue) return false;
        Span<int> units = stackalloc int[Math.Max(1, kind.Groups.Count)];
        Span<int> cpus = stackalloc int[units.Length];
        for (var group = 0; group < kind.Groups.Count; group++)
        {
            cpus[group] = free.Intersect(kind.Groups.CpusOf(group)).WholeCores(kind.Threads);
            units[group] = request.EnforceBinding && cpus[group] == 0 ? 0 : Usable(kind, left, demand, group);
        }
        var before = cells.Count;
        var done = demand.Per == GresPer.PerSocket
            ? PerSocket(request, kind, left, demand, units, cpus)
            : Nearby(kind, left, demand, (int)count, units, cpus, cores);
        if (demand.IsGpu) Gpus += cells.Count - before;
        return done;
    }

    private static int Usable(NodeKind kind, int[] left, in GresDemand demand, int group)
    {
        var usable = 0;
        foreach (var pool in kind.Pools)
        {
            if (pool.Form != PoolForm.Units || !pool.Is(demand.Name, demand.Type)) continue;
            for (var i = 0; i < pool.Cells; i++)
                if (kind.Groups.Of(pool.FirstCell + i) == group && kind.Gres.IsUsable(left, pool, i)) usable++;
        }
        return usable;
    }

    /// <summary>All of one group that has the cores too, the one with the least left over; else from the groups with the most.</summary>
    private bool Nearby(NodeKind kind, int[] left, in GresDemand demand, int count, Span<int> units, Span<int> cpus, int cores)
    {
        var best = -1;
        for (var group = 0; group < kind.Groups.Count; group++)
        {
            if (units[group] < count || cpus[group] < cores) continue;
            if (best < 0 || units[group] < units[best] || units[group] == units[best] && cpus[group] < cpus[best]) best = group;
        }
        while (count > 0)
        {
            if (best < 0)
                for (var group = 0; group < kind.Groups.Count; group++)
                    if (units[group] > 0 && (best < 0 || (Math.Min(units[group], count), cpus[group]).CompareTo((Math.Min(units[best], count), cpus[best])) > 0)) best = group;
            if (best < 0) return false;
            count -= TakeUnits(kind, left, demand, best, count);
            units[best] = 0;
            best = -1;
        }
        return true;
    }

    private bool PerSocket(Request request, NodeKind kind, int[] left, in GresDemand demand, Span<int> units, Span<int> cpus)
    {
        var sockets = Math.Max(1, request.SocketsPerNode);
        for (var socket = 0; socket < kind.Sockets && sockets > 0; socket++)
        {
            var (here, cores) = (0, 0);
            for (var group = 0; group < kind.Groups.Count; group++)
                if (kind.Groups.Sockets[group] == socket) (here, cores) = (here + units[group], cores + cpus[group]);
            if (here < demand.Count || cores == 0) continue;
            var wanted = demand.Count;
            for (var group = 0; group < kind.Groups.Count && wanted > 0; group++)
                if (kind.Groups.Sockets[group] == socket) wanted -= TakeUnits(kind, left, demand, group, wanted);
            sockets--;
        }
        return sockets == 0;
    }

    private int TakeUnits(NodeKind kind, int[] left, in GresDemand demand, int group, int count)
    {
        var taken = 0;
        foreach (var pool in kind.Pools)
        {
            if (pool.Form != PoolForm.Units || !pool.Is(demand.Name, demand.Type)) continue;
            for (var i = 0; i < pool.Cells && taken < count; i++)
            {
                var cell = pool.FirstCell + i;
                if (kind.Groups.Of(cell) != group || !kind.Gres.IsUsable(left, pool, i)) continue;
                left[cell] = 0;
                cells.Add(cell);
                devices.Add(cell);
                taken++;
            }
        }
        return taken;
    }

    /// <summary>All from one GPU: the one that fragments least, else the fullest that has them.</summary>
    private bool AddParts(Request request, Node node, in NodeBalance balance, int[] left, in GresDemand demand, long count)
    {
        var kind = node.Kind;
        var wished = request.Gres.Length == 1 ? node.Scope.Ratings.Rate(node.Scope, request, kind, balance).GpuCell : -1;
        GresPool? from = null;
        var (best, bestLeft) = (-1, int.MaxValue);
        foreach (var pool in kind.Pools)
        {
            if (pool.Form != PoolForm.Parts || !pool.Is(demand.Name, demand.Type)) continue;
            for (var i = 0; i < pool.Cells; i++)
            {
                var usable = kind.Gres.UsableParts(left, pool, i);
                if (usable < count) continue;
                if (kind.Gres.GpuOf(pool.FirstCell + i) == wished) usable = -1;
                if (usable < bestLeft) (from, best, bestLeft) = (pool, pool.FirstCell + i, usable);
            }
        }
        if (from is null) return false;
        left[best] -= (int)count;
        counted.Add((from, best, (int)count));
        cells.Add(kind.Gres.GpuOf(best));
        return true;
    }

    /// <summary>One entry per kind, devices by their numbers.</summary>
    public void WriteTo(NodeShare share, NodeKind kind)
    {
        foreach (var pool in kind.Pools)
        {
            GresShare? given = null;
            if (pool.Form == PoolForm.Units)
            {
                for (var i = 0; i < pool.Cells; i++)
                {
                    if (!devices.Contains(pool.FirstCell + i)) continue;
                    given ??= new GresShare { Name = pool.Name, Type = pool.Type };
                    given.Indices.Add(pool.Units[i].Index);
                }
            }
            if (given is not null) share.Gres.Add(given);
            foreach (var (from, cell, count) in counted)
            {
                if (from != pool) continue;
                var number = new GresShare { Name = pool.Name, Type = pool.Type, Count = (ulong)count };
                if (pool.Form == PoolForm.Parts) number.Indices.Add(kind.Gres.IndexOf(kind.Gres.GpuOf(cell)));
                share.Gres.Add(number);
            }
        }
    }
}
