using Stint.Core.Resources;

namespace Stint.Core.Steps;

/// <summary>
/// The CPUs of a step that gets no more than it asks for: whole cores as far as the job has them, for each task from one socket after the other, or
/// socket by socket with a block distribution over sockets (select/cons_tres does the same for steps).
/// </summary>
internal static class StepCpus
{
    /// <summary>Tasks that fit on these cores.</summary>
    public static int Capacity(int cores, int threads, int perTask) =>
        perTask >= threads ? cores / Cores(1, threads, perTask) : (int)Math.Min(int.MaxValue, (long)cores * (threads / perTask));

    private static int Cores(int tasks, int threads, int perTask) =>
        perTask >= threads ? tasks * ((perTask + threads - 1) / threads) : (tasks + threads / perTask - 1) / (threads / perTask);

    /// <summary>Cores of the room of which the step may have every thread that is the job's.</summary>
    public static List<int> FreeCores(StepRoom room)
    {
        var cores = new List<int>();
        var last = -1;
        foreach (var cpu in room.JobCpus.ToIds())
        {
            var core = cpu / room.Threads;
            if (!room.Cpus.Contains(cpu)) last = Drop(cores, core);
            else if (core != last) cores.Add(last = core);
        }
        return cores;
    }

    private static int Drop(List<int> cores, int core)
    {
        cores.Remove(core);
        return core;
    }

    /// <param name="threads">Of a core that a task may use.</param>
    public static CpuSet Pick(StepRoom room, int tasks, int perTask, int threads, bool blocks)
    {
        var free = FreeCores(room);
        var wanted = Cores(tasks, threads, perTask);
        var atOnce = perTask >= threads ? Cores(1, threads, perTask) : 1;
        var sockets = free.GroupBy(room.SocketOf).OrderBy(static socket => socket.Key).Select(static socket => new Queue<int>(socket)).ToList();
        var picked = new HashSet<int>();
        for (var turn = 0; picked.Count < wanted && sockets.Exists(static socket => socket.Count > 0); turn++)
        {
            var socket = blocks ? sockets.Find(static socket => socket.Count > 0)! : sockets[turn % sockets.Count];
            for (var i = 0; i < atOnce && picked.Count < wanted && socket.TryDequeue(out var core); i++) picked.Add(core);
        }
        return CpuSet.Of([.. room.JobCpus.ToIds().Where(cpu => picked.Contains(cpu / room.Threads))]);
    }
}
