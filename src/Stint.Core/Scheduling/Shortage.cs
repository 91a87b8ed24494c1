using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling.Placing;

namespace Stint.Core.Scheduling;

/// <summary>What of a request is scarcest on a list of nodes, for people.</summary>
/// <param name="Resource">cpu, mem, disk, a kind of generic resource (gres/gpu:a100), features, node; empty: all that is needed is there.</param>
/// <param name="NodesWith">Nodes that have enough of it for one task.</param>
/// <param name="Sentence">What is needed, how many nodes have it, how much there is at most.</param>
public readonly record struct Shortage(string Resource, int NodesWith, string Sentence)
{
    /// <summary>One resource over all nodes: who has enough of it for one task, and who has most.</summary>
    private struct Count(string resource, string needed)
    {
        public readonly string Resource = resource, Needed = needed;
        public int Enough;
        public long Most = -1;
        public string MostOn = "";

        public void Note(Node node, bool isEnough, long has)
        {
            if (isEnough) Enough++;
            if (has > Most) (Most, MostOn) = (has, node.Name);
        }
    }

    /// <param name="balanceOf">As for <see cref="Placement.Find"/>.</param>
    public static Shortage Of(Request request, IReadOnlyList<Node> nodes, Func<Node, NodeBalance?> balanceOf)
    {
        var usable = new List<(Node Node, NodeBalance Balance)>();
        var fitting = 0;
        foreach (var node in nodes)
        {
            if (request.Excluded.Contains(node.Name) || balanceOf(node) is not { } balance) continue;
            if (request.Constraint is not null && !request.Constraint.Allows(node.Kind.Features)) { fitting++; continue; }
            usable.Add((node, balance));
        }
        if (usable.Count < request.NodesMin && fitting > 0)
            return new Shortage("features", usable.Count, $"needs {Nodes(request.NodesMin)} with {request.Constraint}; {usable.Count} of {Nodes(usable.Count + fitting)} have it");
        if (usable.Count < request.NodesMin)
            return new Shortage("node", usable.Count, $"needs {Nodes(request.NodesMin)}; {usable.Count} of {Nodes(nodes.Count)} can be used");
        foreach (var name in request.Required)
        {
            if (!usable.Exists(entry => entry.Node.Name == name)) return new Shortage("node", 0, $"needs node {name}, which is not free for it");
            var (named, left) = usable.Find(entry => entry.Node.Name == name);
            if (Placement.TasksOn(request, named, left) > 0) continue;
            var isTooSmall = Placement.TasksOn(request, named, FreeResources.Total(named)) == 0;
            return new Shortage("node", 0, $"needs node {name}, which {(isTooSmall ? "does not have what it needs there" : "is not free for it")}");
        }
        return Scarcest(request, usable);
    }

    private static Shortage Scarcest(Request request, List<(Node Node, NodeBalance Balance)> usable)
    {
        var counts = request.Ranges is null ? Counts(request, usable) : [Offers(request, usable)];
        var (worst, joint) = (counts[0], 0);
        foreach (var count in counts)
            if (count.Enough < worst.Enough) worst = count;
        long tasks = 0, gres = 0, cpus = 0;
        ulong memory = 0;
        foreach (var (node, balance) in usable)
        {
            var room = Placement.RoomOn(request, node, balance);
            if (room.Tasks > 0)
            {
                joint++;
                cpus += (long)balance.CpusFor(request, node).WholeCores(node.Kind.Threads) * node.Kind.Threads;
                memory += balance.MemoryBytes;
            }
            tasks += room.Tasks;
            gres += room.JobGres;
        }
        if (worst.Enough < request.NodesMin)
        {
            var most = worst.Most >= 0 && worst.MostOn.Length > 0 ? $" (at most {Amount(worst.Resource, worst.Most)}, on {worst.MostOn})" : "";
            return new Shortage(worst.Resource, worst.Enough, $"needs {worst.Needed} on {Nodes(request.NodesMin)}; {worst.Enough} of {Nodes(usable.Count)} {Have(worst.Enough)} it free{most}");
        }
        if (joint < request.NodesMin)
            return new Shortage(worst.Resource, joint, $"needs {request}; {joint} of {Nodes(usable.Count)} {Have(joint)} all of it free at once ("
                + string.Join(", ", counts.Select(static count => $"{count.Enough} {Have(count.Enough)} {count.Needed}")) + ")");
        if (tasks < request.Tasks)
            return new Shortage("cpu", joint, $"needs {request}; {Nodes(joint)} {Have(joint)} room for {tasks} of its {request.Tasks} tasks ({cpus} {(cpus == 1 ? "CPU" : "CPUs")} and {new ByteSize(memory)} of memory free)");
        if (request.JobGres >= 0 && gres < request.Gres[request.JobGres].Count)
            return new Shortage("gres/" + request.Gres[request.JobGres].Kind, joint, $"needs {request.Gres[request.JobGres]}; {gres} {(gres == 1 ? "is" : "are")} free on {Nodes(joint)}");
        return Placement.Fits(request, usable.ConvertAll(static entry => entry.Node), node => usable.Find(entry => entry.Node == node).Balance)
            ? new Shortage("", joint, "all that it needs is free")
            : new Shortage("node", joint, $"needs {request}; {Nodes(joint)} {Have(joint)} it free, but not together as it asks ({Together(request)})");
    }

    private static string Together(Request request) =>
        request.Contiguous ? "side by side" : request.SwitchesMax > 0 ? request.SwitchesMax == 1 ? "under 1 switch" : $"under {request.SwitchesMax} switches"
            : request.Segment > 1 ? $"in segments of {request.Segment}" : request.Constraint is not null ? request.Constraint.ToString()
            : request.NodesMax > 0 ? $"on at most {Nodes(request.NodesMax)}" : "node by node";

    private static Count Offers(Request request, List<(Node Node, NodeBalance Balance)> usable)
    {
        var offers = new Count("node", request.Ranges!.ToString());
        foreach (var (node, balance) in usable) offers.Note(node, Placement.TasksOn(request, node, balance) > 0, -1);
        return offers;
    }

    private static Count[] Counts(Request request, List<(Node Node, NodeBalance Balance)> usable)
    {
        var counts = new List<Count>();
        foreach (var demand in request.Gres)
        {
            var count = new Count("gres/" + demand.Kind, $"{Least(request, demand)} {demand.Kind}");
            foreach (var (node, balance) in usable)
            {
                var has = Has(node, balance, demand);
                count.Note(node, has >= Least(request, demand), has);
            }
            counts.Add(count);
        }
        var cpus = new Count("cpu", Math.Max(request.CpusPerTask, request.CpusPerNodeMin) is > 1 and var each ? $"{each} CPUs" : "1 CPU");
        var memory = new Count("mem", request.WholeMemory ? "all memory" : $"{new ByteSize(MemoryFor(request))} of memory");
        var disk = new Count("disk", $"{new ByteSize(request.DiskBytes)} of disk");
        var alone = new Count("node", request.Exclusive ? "a whole node" : "no other user");
        foreach (var (node, balance) in usable)
        {
            var free = balance.CpusFor(request, node).WholeCores(node.Kind.Threads) - Room.CoresKept(request, node.Kind);
            cpus.Note(node, free >= Room.CoresFor(request, node.Kind, 1, 0), (long)free * Room.ThreadsUsed(request, node.Kind));
            memory.Note(node, balance.MemoryBytes >= (request.WholeMemory ? node.Kind.MemoryBytes : MemoryFor(request)), (long)balance.MemoryBytes);
            disk.Note(node, balance.DiskBytes >= request.DiskBytes, (long)balance.DiskBytes);
            alone.Note(node, balance.IsIdle || !request.Exclusive && request.OnlyUser is null, -1);
        }
        counts.AddRange([cpus, memory]);
        if (request.DiskBytes > 0) counts.Add(disk);
        if (request.Exclusive || request.OnlyUser is not null) counts.Add(alone);
        return [.. counts];
    }

    private static int Least(Request request, in GresDemand demand) => demand.Per switch
    {
        GresPer.PerJob => 1,
        GresPer.PerSocket => demand.Count * Math.Max(1, request.SocketsPerNode),
        _ => demand.Count,
    };

    private static long Has(Node node, in NodeBalance balance, in GresDemand demand)
    {
        long has = 0;
        foreach (var pool in node.Kind.Pools)
            if (pool.Is(demand.Name, demand.Type)) has += node.Kind.Gres.Usable(balance.Gres.Cells, pool);
        return has;
    }

    private static ulong MemoryFor(Request request) =>
        (request.MemoryPerNode ?? 0) + (request.MemoryPerCpu ?? 0) * (ulong)request.CpusPerTask + (request.MemoryPerGpu ?? 0);

    private static string Amount(string resource, long value) => resource is "mem" or "disk" ? new ByteSize((ulong)value).ToString() : value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Have(int count) => count == 1 ? "has" : "have";

    private static string Nodes(int count) => count == 1 ? "1 node" : $"{count} nodes";
}
