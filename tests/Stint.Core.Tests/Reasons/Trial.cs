using Google.Protobuf;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Reasons;

/// <summary>A copy of a cluster to try something on; the original knows nothing of it.</summary>
internal sealed class Trial
{
    private readonly uint id;
    private readonly HashSet<uint> startedBefore;

    public Cluster Cluster { get; }
    public Instant Now { get; private set; }

    public Trial(byte[] snapshot, Instant now, uint id)
    {
        (this.id, Now) = (id, now);
        Cluster = Cluster.FromSnapshot(Snapshot.Parser.ParseFrom(snapshot));
        startedBefore = [.. Started];
    }

    public Job Job => Cluster.Jobs[id];
    public bool HasStarted => !startedBefore.IsSupersetOf(Started);
    public Waiting Why => Cluster.ReasonOf(Job);

    /// <summary>The job, or tasks of the array, that hold resources.</summary>
    private IEnumerable<uint> Started => Cluster.JobsOf(id).Where(static job => job.State == JobState.Running).Select(static job => job.Id);

    public Decision Try(Command command)
    {
        var decision = Cluster.Decide(command, Now);
        foreach (var record in decision.Records) Cluster.Apply(record);
        return decision;
    }

    public void Do(Command command)
    {
        var decision = Try(command);
        Assert.True(decision.Refusal is null, $"{command}: {decision.Refusal}");
    }

    /// <summary>Until a full plan has been made: of a long queue the dear ones are a second apart.</summary>
    public void Schedule()
    {
        Now += TimeSpan.FromSeconds(2);
        Do(new Tick());
        Passes();
    }

    private void Passes()
    {
        for (var pass = 0; pass < 50; pass++)
        {
            Do(new Schedule());
            if (!Cluster.NeedsSchedule) return;
        }
    }

    public void Configure(Action<ClusterConfigured> change)
    {
        var config = Cluster.Config.Clone();
        change(config);
        Do(new Configure(config));
    }

    /// <summary>It ends, and nothing is left of it.</summary>
    public void End(uint running)
    {
        if (Cluster.Jobs[running] is not { IsActive: true } job) return;
        if (job.State != JobState.Completing) Do(new CancelJob(running, null, Lab.Root));
        foreach (var share in job.Shares.ToArray())
            if (Cluster.Jobs[running].IsActive) Do(new ReportNodeReleased(running, Cluster.Jobs[running].Attempt, share.Node));
    }
}
