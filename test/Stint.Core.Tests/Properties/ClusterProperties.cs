using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Properties;

/// <summary>Any sequence of commands: the lab audits after each of them (no CPU or byte given twice, every counter and index right).</summary>
public sealed class ClusterProperties
{
    private static void ForAnyLife(int tests, int steps, Action<RandomCluster> holds)
    {
        var operation = from op in Gen.Choose(0, 19) from a in Gen.Choose(0, 10_000) from b in Gen.Choose(0, 10_000) select (op, a, b);
        var life = Gen.ArrayOf(operation, steps).ToArbitrary();
        Prop.ForAll(life, operations =>
        {
            var cluster = new RandomCluster();
            foreach (var (op, a, b) in operations) cluster.Step(op, a, b);
            holds(cluster);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithQuietOnSuccess(true));
    }

    [Fact]
    public void Whatever_happens_the_audit_holds_and_the_journal_replays_to_the_same_state_twice() => ForAnyLife(100, 200, random =>
    {
        var live = random.Lab.Cluster.StateHash();
        Assert.Equal(live, Lab.Replay(random.Lab.Journal).StateHash());
        Assert.Equal(live, Lab.Replay(random.Lab.Journal).StateHash());
    });

    [Fact]
    public void A_snapshot_anywhere_plus_the_tail_is_the_full_replay() => ForAnyLife(60, 200, random =>
    {
        var journal = random.Lab.Journal;
        foreach (var cut in new[] { journal.Count / 3, journal.Count * 2 / 3 })
        {
            var cluster = Cluster.FromSnapshot(Snapshot.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(Lab.Replay(journal.Take(cut)).ToSnapshot(cut))));
            foreach (var record in journal.Skip(cut)) cluster.Apply(record);
            Assert.Equal(random.Lab.Cluster.StateHash(), cluster.StateHash());
            cluster.Audit();
        }
    });

    [Fact]
    public void Every_job_ends_exactly_once_when_all_is_drained_and_no_id_is_given_out_twice() => ForAnyLife(100, 250, random =>
    {
        random.Drain();
        Assert.All(random.Lab.Cluster.Jobs.Values, job => Assert.True(job.IsOver, $"job {job.Id} is {job.State} ({job.Reason}: {job.ReasonDetail})"));
        Assert.All(random.IdsGivenOut, id => Assert.Equal(1, random.Ends.GetValueOrDefault(id)));
        Assert.All(random.Lab.Cluster.Nodes.Values, node => Assert.Equal((0, 0ul), (node.CpusAllocated, node.MemoryAllocatedBytes)));
    });

    [Fact]
    public void A_property_that_does_not_hold_is_noticed() =>
        Assert.ThrowsAny<Exception>(() => ForAnyLife(2, 3, _ => Assert.Fail("it does not hold")));
}
