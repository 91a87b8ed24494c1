using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Properties;

/// <summary>Lives with reservations, preemption, suspension and updates; the lab audits after each command, an oracle checks each start.</summary>
public sealed class PlanProperties
{
    /// <summary>How many times as many lives as every day.</summary>
    private static readonly int Times = int.TryParse(Environment.GetEnvironmentVariable("STINT_PROPERTIES"), out var times) ? Math.Clamp(times, 1, 10_000) : 1;

    private static void ForAnyLife(PreemptMode mode, int tests, int steps, Action<RandomPlans> holds)
    {
        var operation = from op in Gen.Choose(0, 19) from a in Gen.Choose(0, 10_000) from b in Gen.Choose(0, 10_000) select (op, a, b);
        Prop.ForAll(Gen.ArrayOf(operation, steps).ToArbitrary(), operations =>
        {
            var plans = new RandomPlans(mode);
            foreach (var (op, a, b) in operations) plans.Step(op, a, b);
            holds(plans);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(tests * Times).WithQuietOnSuccess(true));
    }

    [Theory, InlineData(PreemptMode.PreemptCancel), InlineData(PreemptMode.PreemptRequeue), InlineData(PreemptMode.PreemptSuspend)]
    public void The_audit_holds_no_reservation_is_violated_and_the_replay_is_the_live_state(PreemptMode mode) => ForAnyLife(mode, 60, 150, plans =>
    {
        var live = plans.Lab.Cluster.StateHash();
        Assert.Equal(live, Lab.Replay(plans.Lab.Journal).StateHash());
    });

    [Fact]
    public void A_snapshot_anywhere_plus_the_tail_is_the_full_replay() => ForAnyLife(PreemptMode.PreemptSuspend, 60, 150, plans =>
    {
        var journal = plans.Lab.Journal;
        foreach (var cut in new[] { journal.Count / 3, journal.Count * 2 / 3 })
        {
            var cluster = Cluster.FromSnapshot(Google.Protobuf.MessageExtensions.ToByteArray(Lab.Replay(journal.Take(cut)).ToSnapshot(cut)), out _);
            foreach (var record in journal.Skip(cut)) cluster.Apply(record);
            Assert.Equal(plans.Lab.Cluster.StateHash(), cluster.StateHash());
            cluster.Audit();
        }
    });

    [Theory, InlineData(PreemptMode.PreemptCancel), InlineData(PreemptMode.PreemptSuspend)]
    public void Every_job_ends_when_all_is_drained_and_nothing_is_left_taken(PreemptMode mode) => ForAnyLife(mode, 60, 150, plans =>
    {
        plans.Drain();
        Assert.All(plans.Lab.Cluster.Jobs.Values, job => Assert.True(job.IsOver, $"job {job.Id} is {job.State} ({job.Reason}: {job.ReasonDetail})"));
        Assert.All(plans.Lab.Cluster.Nodes.Values, node => Assert.Equal((0, 0ul), (node.CpusAllocated, node.MemoryAllocatedBytes)));
    });
}
