using Google.Protobuf;
using Stint.Core.Jobs;

namespace Stint.Core.Tests.Reasons;

/// <summary>
/// Is what a pending job is told true? In a copy of the cluster the named obstacle is taken away. The job starts, or another obstacle is
/// named, which goes too, and so on until it starts. Then, in another copy, all that was named later goes, and room is made: as long as
/// what the job was told first is there, it must wait. So nothing is named that is no obstacle.
/// </summary>
internal sealed class ReasonCheck(Cluster cluster, Instant now)
{
    private const int RemovalsMax = 12;

    /// <summary>What was in the way, in order, and what is wrong with that; null: nothing.</summary>
    public readonly record struct Finding(IReadOnlyList<Waiting> Obstacles, string? Fault);

    private readonly byte[] snapshot = cluster.ToSnapshot(1).ToByteArray();

    /// <param name="claimed">In place of what the cluster says.</param>
    public Finding Check(uint id, Waiting? claimed = null)
    {
        var obstacles = new List<Waiting>();
        var why = claimed ?? cluster.ReasonOf(cluster.Jobs[id]);
        var trial = new Trial(snapshot, now, id);
        while (true)
        {
            if (why.Reason == PendingReason.None) return new(obstacles, "no reason is given");
            if (obstacles.Count == RemovalsMax) return new(obstacles, $"{RemovalsMax} obstacles are gone, and it still waits: {why.Reason} {why.Detail}");
            obstacles.Add(why);
            if (!new Removal(trial, why).Apply()) return new(obstacles, $"nothing is named that could be taken away: \"{why.Detail}\"");
            trial.Schedule();
            if (trial.HasStarted) return new(obstacles, IsNeedless(id, obstacles) ? $"it starts although {obstacles[0].Reason} ({obstacles[0].Detail}) is still in the way" : null);
            var next = trial.Why;
            if (next == why) return new(obstacles, $"the obstacle is gone, and it still waits with {why.Reason}: {why.Detail}");
            why = next;
        }
    }

    /// <summary>The first of them is none: the job starts with it.</summary>
    private bool IsNeedless(uint id, List<Waiting> obstacles)
    {
        // Who goes first and what is free stand in each other's way alone: more room takes both away. So it does where nodes are kept back, and then other nodes that are kept back are more room.
        if (IsRoom(obstacles[0])) return false;
        var trial = new Trial(snapshot, now, id);
        if (obstacles[0].Reason == PendingReason.Dependency) Removal.Hold(trial);
        foreach (var later in obstacles.Skip(1))
            // The same reason again may be the same thing again.
            if (!IsRoom(later) && !(KeepsNodes(obstacles[0]) && KeepsNodes(later)) && later.Reason != obstacles[0].Reason) new Removal(trial, later) { MayEnd = false }.Apply();
        if (!KeepsNodes(obstacles[0]) && obstacles.Exists(static why => IsRoom(why) || KeepsNodes(why))) Removal.MakeRoom(trial);
        trial.ScheduleAtOnce();
        return trial.HasStarted;
    }

    private static bool IsRoom(Waiting why) => why.Reason is PendingReason.Priority or PendingReason.Resources;
    private static bool KeepsNodes(Waiting why) => why.Reason is PendingReason.Reservation or PendingReason.ReqNodeNotAvail;
}
