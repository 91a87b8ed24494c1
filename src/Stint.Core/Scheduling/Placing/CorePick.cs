using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Placing;

/// <summary>The cores that a job gets of one node, whole ones: near its devices, on few sockets, lowest numbers first.</summary>
internal static class CorePick
{
    /// <summary>Empty when it does not fit.</summary>
    public static CpuSet Make(Request request, Node node, in NodeBalance balance, int tasks, DevicePick devices)
    {
        var kind = node.Kind;
        var free = Open(request, node, balance);
        var cores = Room.CoresFor(request, kind, tasks, devices.Gpus);
        if (free.WholeCores(kind.Threads) < cores) return default;
        if (request.Exclusive) return request.TasksPerSocket > 0 && BySocket(request, kind, free, tasks, cores).IsEmpty ? default : free;
        if (request.EnforceBinding && devices.Cells.Count > 0)
        {
            var near = default(CpuSet);
            foreach (var cell in devices.Cells) near = near.Union(kind.Groups.CpusOf(kind.Groups.Of(cell)));
            free = free.Intersect(near);
        }
        if (request.TasksPerSocket > 0)
        {
            // Some core near each device, where tasks can be spread over the sockets so.
            var near = request.DisableBinding || devices.Cells.Count == 0 ? default : NearDevices(kind, free, cores, devices);
            return near.WholeCores(kind.Threads) >= cores && TasksBySocket(request, kind, near) >= tasks ? near : BySocket(request, kind, free, tasks, cores);
        }
        var pick = default(CpuSet);
        if (devices.Cells.Count > 0 && !request.DisableBinding)
        {
            pick = NearDevices(kind, free, cores, devices);
            if (request.EnforceBinding) return pick.WholeCores(kind.Threads) < cores ? default : pick;
        }
        // With oversubscription cpus that nobody uses come first.
        var unused = free.Intersect(balance.Cpus).Except(pick);
        pick = pick.Union(Packed(kind, unused, cores - pick.WholeCores(kind.Threads), request.Distribution.OverSockets));
        if (request.SharesCpus) pick = pick.Union(Packed(kind, free.Except(pick), cores - pick.WholeCores(kind.Threads), false));
        return pick.WholeCores(kind.Threads) < cores ? default : pick;
    }

    /// <summary>CPUs that the job may have here: what is free, without the cores that it leaves to the system. Devices are near these or near none.</summary>
    public static CpuSet Open(Request request, Node node, in NodeBalance balance)
    {
        var free = balance.CpusFor(request, node);
        var kept = Room.CoresKept(request, node.Kind);
        return kept > 0 ? WithoutHighest(free, node.Kind, kept) : free;
    }

    private static CpuSet WithoutHighest(CpuSet free, NodeKind kind, int cores)
    {
        var sockets = new int[kind.Cores];
        for (var core = 0; core < sockets.Length; core++) sockets[core] = free.Contains(core * kind.Threads) ? kind.SocketOf(core) : -1;
        return free.Except(SpecializedCores.Of(sockets, kind.Sockets, cores, kind.Threads));
    }

    /// <summary>Cores near the devices, as many near each group as it has devices; what one group lacks, the others give.</summary>
    private static CpuSet NearDevices(NodeKind kind, CpuSet free, int cores, DevicePick devices)
    {
        Span<int> ofGroup = stackalloc int[kind.Groups.Count];
        ofGroup.Clear();
        foreach (var cell in devices.Cells) ofGroup[kind.Groups.Of(cell)]++;
        var pick = default(CpuSet);
        var (given, seen) = (0, 0);
        for (var group = 0; group < ofGroup.Length; group++)
        {
            if (ofGroup[group] == 0) continue;
            seen += ofGroup[group];
            var due = (int)(((long)cores * seen + devices.Cells.Count - 1) / devices.Cells.Count) - given;
            var here = free.Intersect(kind.Groups.CpusOf(group)).Except(pick).LowestCores(due, kind.Threads);
            pick = pick.Union(here);
            given += here.WholeCores(kind.Threads);
        }
        for (var group = 0; group < ofGroup.Length && given < cores; group++)
        {
            if (ofGroup[group] == 0) continue;
            var here = free.Intersect(kind.Groups.CpusOf(group)).Except(pick).LowestCores(cores - given, kind.Threads);
            pick = pick.Union(here);
            given += here.WholeCores(kind.Threads);
        }
        return pick;
    }

    /// <summary>On the socket with the fewest free cores that has enough; else on those with the most. Or over all sockets in turn.</summary>
    private static CpuSet Packed(NodeKind kind, CpuSet free, int cores, bool overSockets)
    {
        if (cores <= 0) return default;
        if (kind.Sockets == 1) return free.LowestCores(cores, kind.Threads);
        Span<int> ofSocket = stackalloc int[kind.Sockets];
        kind.FreeCores(free, ofSocket);
        if (overSockets) return InTurn(kind, free, ofSocket, cores);
        var pick = default(CpuSet);
        while (cores > 0)
        {
            var best = -1;
            for (var socket = 0; socket < ofSocket.Length; socket++)
            {
                if (ofSocket[socket] == 0) continue;
                if (best < 0 || IsBetter(ofSocket[socket], ofSocket[best], cores)) best = socket;
            }
            if (best < 0) return pick;
            var here = Math.Min(cores, ofSocket[best]);
            pick = pick.Union(free.Intersect(kind.CpusOf(best)).LowestCores(here, kind.Threads));
            cores -= here;
            ofSocket[best] = 0;
        }
        return pick;
    }

    private static bool IsBetter(int free, int other, int wanted) =>
        free >= wanted ? other < wanted || free < other : other < wanted && free > other;

    private static CpuSet InTurn(NodeKind kind, CpuSet free, ReadOnlySpan<int> ofSocket, int cores)
    {
        Span<int> given = stackalloc int[ofSocket.Length];
        given.Clear();
        for (var moved = true; cores > 0 && moved;)
        {
            moved = false;
            for (var socket = 0; socket < ofSocket.Length && cores > 0; socket++)
            {
                if (given[socket] == ofSocket[socket]) continue;
                given[socket]++;
                cores--;
                moved = true;
            }
        }
        var pick = default(CpuSet);
        for (var socket = 0; socket < ofSocket.Length; socket++)
            pick = pick.Union(free.Intersect(kind.CpusOf(socket)).LowestCores(given[socket], kind.Threads));
        return pick;
    }

    private static int TasksBySocket(Request request, NodeKind kind, CpuSet cpus)
    {
        var tasks = 0;
        for (var socket = 0; socket < kind.Sockets; socket++) tasks += TasksOn(request, kind, cpus.Intersect(kind.CpusOf(socket)).WholeCores(kind.Threads));
        return tasks;
    }

    /// <summary>What one socket takes with so many cores.</summary>
    private static int TasksOn(Request request, NodeKind kind, int cores)
    {
        var fit = Math.Min(request.TasksPerSocket, (int)((long)cores * Room.ThreadsUsed(request, kind) / request.CpusPerTask));
        return request.TasksPerCore > 0 ? Math.Min(fit, cores * request.TasksPerCore) : fit;
    }

    /// <summary>No more than so many tasks on each socket.</summary>
    private static CpuSet BySocket(Request request, NodeKind kind, CpuSet free, int tasks, int cores)
    {
        var used = Room.ThreadsUsed(request, kind);
        var pick = default(CpuSet);
        for (var socket = 0; socket < kind.Sockets && tasks > 0; socket++)
        {
            var here = free.Intersect(kind.CpusOf(socket));
            var fit = Math.Min(tasks, TasksOn(request, kind, here.WholeCores(kind.Threads)));
            if (fit <= 0) continue;
            var wanted = (fit * request.CpusPerTask + used - 1) / used;
            if (request.TasksPerCore > 0) wanted = Math.Max(wanted, (fit + request.TasksPerCore - 1) / request.TasksPerCore);
            pick = pick.Union(here.LowestCores(wanted, kind.Threads));
            tasks -= fit;
        }
        if (tasks > 0) return default;
        var more = cores - pick.WholeCores(kind.Threads);
        if (more > 0) pick = pick.Union(free.Except(pick).LowestCores(more, kind.Threads));
        return pick.WholeCores(kind.Threads) < cores ? default : pick;
    }
}
