using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Preemption;

public sealed class PreemptionTests
{
    private static Lab Cluster(PreemptMode mode, Action<ClusterConfigured>? with = null) => PreemptionLab.Tiers(mode, with).Node("n1", cpus: 4);

    [Fact]
    public void A_partition_of_tier_0_gives_way_to_one_that_says_nothing()
    {
        var lab = Cluster(PreemptMode.PreemptCancel, c =>
        {
            c.Partitions[1].PriorityTier = 0;
            c.Partitions[0].ClearPriorityTier();
        });
        var low = lab.Low(4);
        lab.High(4);
        Assert.Equal(JobState.Completing, lab.Job(low).State);
    }

    [Fact]
    public void Without_preemption_the_higher_tier_waits()
    {
        var lab = PreemptionLab.Tiers(PreemptMode.PreemptCancel, c => c.Preempt.By = PreemptBy.PreemptNone).Node("n1", cpus: 4);
        var low = lab.Low(4);
        var high = lab.High();
        Assert.Equal((JobState.Running, JobState.Pending), (lab.Job(low).State, lab.Job(high).State));
    }

    [Fact]
    public void Cancel_ends_the_victim_as_preempted()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        var low = lab.Low(4);
        var high = lab.High();
        Assert.Equal((JobState.Completing, $"preempted by job {high}"), (lab.Job(low).State, lab.Job(low).Cause));
        lab.Release(low).Schedule();
        Assert.Equal((JobState.Preempted, JobState.Running), (lab.Job(low).State, lab.Job(high).State));
    }

    [Fact]
    public void Requeue_puts_the_victim_back_as_another_attempt()
    {
        var lab = Cluster(PreemptMode.PreemptRequeue);
        var low = lab.Low(4);
        var high = lab.High();
        lab.Release(low).Schedule();
        Assert.Equal((JobState.Pending, 1u, JobState.Running), (lab.Job(low).State, lab.Job(low).Attempt, lab.Job(high).State));
        Assert.Equal(lab.Now, lab.Job(low).Eligible);
        lab.Finish(high).Schedule();
        Assert.Equal(JobState.Running, lab.Job(low).State);
    }

    [Fact]
    public void A_job_that_can_not_be_requeued_is_cancelled_instead()
    {
        var lab = Cluster(PreemptMode.PreemptRequeue);
        var low = lab.Low(4, s => s.Requeue = false);
        lab.High();
        lab.Release(low);
        Assert.Equal(JobState.Preempted, lab.Job(low).State);
    }

    [Fact]
    public void Suspend_lends_the_cpus_and_the_victim_goes_on_when_the_other_has_ended()
    {
        var lab = Cluster(PreemptMode.PreemptSuspend);
        var low = lab.Low(4);
        var high = lab.High(2);
        Assert.Equal((JobState.Suspended, JobState.Running), (lab.Job(low).State, lab.Job(high).State));
        Assert.Equal([low], lab.Cluster.SuspendedForOthers);
        var limit = lab.Job(low).EndLimit;
        lab.After(TimeSpan.FromMinutes(10)).Finish(high).Schedule();
        Assert.Equal((JobState.Running, limit + TimeSpan.FromMinutes(10)), (lab.Job(low).State, lab.Job(low).EndLimit));
    }

    [Fact]
    public void Nobody_of_the_same_tier_takes_the_cpus_of_a_suspended_job()
    {
        var lab = Cluster(PreemptMode.PreemptSuspend);
        var low = lab.Low(4);
        var high = lab.High(2);
        var late = lab.Submit();
        lab.Schedule();
        Assert.Equal(JobState.Pending, lab.Job(late).State);
        lab.Finish(high).Schedule();
        Assert.Equal((JobState.Running, JobState.Pending), (lab.Job(low).State, lab.Job(late).State));
    }

    [Fact]
    public void A_suspended_victim_keeps_its_memory()
    {
        var lab = PreemptionLab.Tiers(PreemptMode.PreemptSuspend).Node("n1", cpus: 4, memory: 4 * Lab.GiB);
        lab.Low(4, s => s.MemoryPerNodeBytes = 3 * Lab.GiB);
        var high = lab.High(1, s => s.MemoryPerNodeBytes = 2 * Lab.GiB);
        Assert.Equal((JobState.Pending, 1), (lab.Job(high).State, lab.InState(JobState.Running).Length));
        lab.Do(new CancelJob(high, null, Lab.Root));
        Assert.Equal(JobState.Running, lab.Job(lab.High(1, s => s.MemoryPerNodeBytes = Lab.GiB)).State);
    }

    [Fact]
    public void The_tier_must_be_higher()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        lab.High(4);
        Assert.Equal(JobState.Pending, lab.Job(lab.High()).State);
        Assert.Equal(1, lab.InState(JobState.Running).Length);
    }

    [Fact]
    public void A_partition_can_be_spared()
    {
        var lab = Cluster(PreemptMode.PreemptCancel, c => { c.Partitions[1].HasPreemptMode = true; c.Partitions[1].PreemptMode = PreemptMode.PreemptOff; });
        var low = lab.Low(4);
        lab.High();
        Assert.Equal(JobState.Running, lab.Job(low).State);
    }

    [Fact]
    public void A_partition_has_its_own_mode_and_grace()
    {
        var lab = Cluster(PreemptMode.PreemptCancel, c =>
        {
            c.Partitions[1].HasPreemptMode = true;
            c.Partitions[1].PreemptMode = PreemptMode.PreemptRequeue;
            c.Partitions[1].GraceMs = 120_000;
        });
        var low = lab.Low(4);
        lab.High();
        Assert.Equal((true, 120_000L), (lab.Job(low).RequeuePending, lab.Job(low).GraceMs));
    }

    [Fact]
    public void A_job_is_left_alone_for_the_exempt_time()
    {
        var lab = Cluster(PreemptMode.PreemptCancel, c => c.Preempt.ExemptMs = 600_000);
        var low = lab.Low(4);
        var high = lab.High();
        Assert.Equal(JobState.Running, lab.Job(low).State);
        Assert.Equal(lab.Now + TimeSpan.FromMinutes(10), lab.Cluster.NextWake);
        lab.After(TimeSpan.FromMinutes(10)).Tick().Schedule();
        Assert.Equal(JobState.Completing, lab.Job(low).State);
        Assert.Equal(JobState.Running, lab.Release(low).Schedule().Job(high).State);
    }

    [Fact]
    public void No_more_victims_than_needed()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        for (var i = 0; i < 4; i++) lab.Low();
        lab.High(2);
        Assert.Equal((2, 2), (lab.InState(JobState.Completing).Length, lab.InState(JobState.Running).Length));
    }

    [Fact]
    public void One_large_victim_rather_than_several_small_ones()
    {
        var lab = PreemptionLab.Tiers(PreemptMode.PreemptCancel).Node("n1", cpus: 4).Node("n2", cpus: 4);
        for (var i = 0; i < 4; i++) lab.Low(1, s => s.NodeList = "n1");
        var large = lab.Low(4, s => s.NodeList = "n2");
        lab.High(4, s => s.NodesMax = 1);
        Assert.Equal([large], lab.InState(JobState.Completing));
    }

    [Fact]
    public void Of_equals_the_one_that_loses_the_least_work()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        lab.Low(2);
        lab.After(TimeSpan.FromMinutes(30));
        var young = lab.Low(2);
        lab.After(TimeSpan.FromMinutes(1));
        lab.High(2);
        Assert.Equal([young], lab.InState(JobState.Completing));
    }

    [Fact]
    public void With_youngest_first_the_size_does_not_count()
    {
        var lab = Cluster(PreemptMode.PreemptCancel, c => c.Preempt.YoungestFirst = true);
        lab.Low(1);
        lab.After(TimeSpan.FromMinutes(10));
        var young = lab.Low(3);
        lab.After(TimeSpan.FromMinutes(10));
        lab.High(1);
        Assert.Equal([young], lab.InState(JobState.Completing));
    }

    [Fact]
    public void The_lowest_tier_gives_way_first()
    {
        var lab = Cluster(PreemptMode.PreemptCancel, c => c.Partitions.Insert(1, new PartitionSpec { Name = "middle", Nodes = "ALL", IsUp = true, PriorityTier = 5 }));
        lab.Low(2, s => s.Partition = "middle");
        var low = lab.Low(2);
        lab.After(TimeSpan.FromHours(1) - TimeSpan.FromMinutes(1));
        lab.High(2);
        Assert.Equal([low], lab.InState(JobState.Completing));
    }

    [Fact]
    public void Nobody_gives_way_in_vain()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        var low = lab.Low(4);
        lab.High(3, s => s.NodesMin = 2);
        Assert.Equal(JobState.Running, lab.Job(low).State);
    }

    [Fact]
    public void What_ends_already_is_waited_for()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        var (first, second) = (lab.Low(2), lab.Low(2));
        lab.Do(new CancelJob(first, null, Lab.Root));
        var high = lab.High(2);
        Assert.Equal(JobState.Running, lab.Job(second).State);
        Assert.Equal(JobState.Running, lab.Release(first).Schedule().Job(high).State);
    }

    [Fact]
    public void A_whole_node_job_preempts_all_on_one_node()
    {
        var lab = PreemptionLab.Tiers(PreemptMode.PreemptRequeue).Node("n1", cpus: 2).Node("n2", cpus: 2);
        for (var i = 0; i < 4; i++) lab.Low();
        var high = lab.High(1, s => s.Exclusive = true);
        Assert.Equal(2, lab.InState(JobState.Completing).Length);
        foreach (var id in lab.InState(JobState.Completing)) lab.Release(id);
        Assert.Equal(JobState.Running, lab.Schedule().Job(high).State);
    }

    [Fact]
    public void The_reserved_is_not_won_by_preemption()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        var start = lab.Now.Milliseconds;
        lab.Do(new MakeReservation(new ReservationSpec { Name = "r", StartMs = start, EndMs = start + 3_600_000, Nodes = "n1", Users = { "alice" } }, Lab.Root));
        var low = lab.Low(4, s => s.Reservation = "r");
        lab.High(1, s => (s.Uid, s.User) = (Lab.Bob, "bob"));
        Assert.Equal(JobState.Running, lab.Job(low).State);
    }

    [Fact]
    public void A_snapshot_holds_suspended_jobs()
    {
        var lab = Cluster(PreemptMode.PreemptSuspend);
        var low = lab.Low(4);
        lab.High(2);
        var loaded = Core.Cluster.FromSnapshot(lab.Cluster.ToSnapshot(1));
        loaded.Audit();
        Assert.Equal(lab.Cluster.StateHash(), loaded.StateHash());
        Assert.Equal([low], loaded.SuspendedForOthers);
    }
}
