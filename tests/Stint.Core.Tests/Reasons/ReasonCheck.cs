using Google.Protobuf;
using Stint.Core.Jobs;

namespace Stint.Core.Tests.Reasons;

/// <summary>
/// Is what a pending job is told true? In a copy of the cluster the named obstacle is taken away. The job starts, or another obstacle is
/// named, which goes too, and so on until it starts. Then each of them is put back alone: with it in the way, and all others gone, the job
/// must wait, so that no obstacle was named that is none.
/// </summary>
internal sealed class ReasonCheck(Cluster cluster, Instant now)
{
    private const int RemovalsMax = 12;
    private readonly byte[] snapshot = cluster.ToSnapshot(1).ToByteArray();

    /// <summary>What was in the way, in order, and what is wrong with that; null: nothing.</summary>
    public readonly record struct Finding(IReadOnlyList<Waiting> Obstacles, string? Fault);

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
            if (trial.HasStarted) break;
            var next = trial.Why;
            if (next == why) return new(obstacles, $"the obstacle is gone, and it still waits with {why.Reason}: {why.Detail}");
            why = next;
        }
        return new(obstacles, Unneeded(id, obstacles));
    }

    /// <summary>An obstacle without which the job would wait no less; null: there is none.</summary>
    private string? Unneeded(uint id, List<Waiting> obstacles)
    {
        for (var left = 0; left < obstacles.Count; left++)
        {
            var why = obstacles[left];
            // Who goes first matters only as long as there is not enough for all; and whoever ends others makes room for more than one.
            if (why.Reason == PendingReason.Priority) continue;
            var trial = new Trial(snapshot, now, id);
            for (var i = 0; i < obstacles.Count; i++)
                if (i != left) new Removal(trial, obstacles[i]).Apply();
            trial.Schedule();
            if (trial.HasStarted) return $"it starts although {why.Reason} ({why.Detail}) is still in the way";
        }
        return null;
    }
}
