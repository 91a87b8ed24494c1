using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling.Offers;

namespace Stint.Core.Tests.Scheduling;

public sealed class OfferTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void What_fits_now_starts_now_and_says_where()
    {
        var lab = new Lab().Nodes("n1", "n2");
        lab.Run(spec => spec.Tasks = 3);
        var offer = Offer(lab, spec => spec.Tasks = 2);
        Assert.Equal((lab.Now, "main", PendingReason.None, ""), (offer.Start, offer.Partition, offer.Reason, offer.ReasonDetail));
        Assert.Equal(("n2", 2u), (Assert.Single(offer.Shares).Node, offer.Shares[0].Tasks));
        Assert.Equal(2u, offer.JobId);
    }

    [Fact]
    public void Nothing_changes_by_asking()
    {
        var lab = new Lab().Nodes("n1");
        lab.Run(spec => spec.Tasks = 4);
        lab.Submit();
        lab.Schedule();
        var before = lab.Cluster.ToSnapshot(0);
        Offer(lab, spec => spec.Tasks = 4);
        Assert.Equal(before, lab.Cluster.ToSnapshot(0));
        Assert.False(lab.Cluster.NeedsSchedule);
    }

    [Fact]
    public void A_refusal_is_the_one_that_a_submission_gets()
    {
        var lab = new Lab().Nodes("n1");
        var refusal = Offer(lab, spec => spec.CpusPerTask = 99).Refusal;
        Assert.Equal(lab.Refused(new SubmitJob(Lab.Spec(spec => spec.CpusPerTask = 99))), refusal);
    }

    [Fact]
    public void A_full_cluster_is_waited_for_until_the_time_limits_of_what_runs()
    {
        var lab = new Lab().Nodes("n1", "n2");
        var first = lab.Run(spec => { spec.Tasks = 4; spec.TimeLimitMs = 2 * (long)Hour.TotalMilliseconds; });
        lab.Run(spec => { spec.Tasks = 4; spec.TimeLimitMs = (long)Hour.TotalMilliseconds; });
        var one = Offer(lab, spec => spec.Tasks = 2);
        Assert.Equal((lab.Now + Hour, "n2"), (one.Start, Assert.Single(one.Shares).Node));
        Assert.Equal(PendingReason.Resources, one.Reason);
        Assert.Contains("needs", one.ReasonDetail, StringComparison.Ordinal);
        Assert.Equal(lab.Now + 2 * Hour, Offer(lab, spec => spec.NodesMin = 2).Start);
        lab.Finish(first);
        lab.Schedule();
        Assert.Equal((lab.Now, "n1"), (Offer(lab, spec => spec.Tasks = 2).Start, Offer(lab, spec => spec.Tasks = 2).Shares[0].Node));
    }

    [Fact]
    public void Jobs_in_the_queue_come_first()
    {
        var lab = new Lab().Nodes("n1");
        lab.Run(spec => spec.Tasks = 4);
        lab.Submit(spec => spec.Tasks = 4);
        lab.Submit(spec => spec.Tasks = 3);
        lab.Schedule();
        Assert.Equal(lab.Now + 3 * Hour, Offer(lab, spec => spec.Tasks = 2).Start);
        Assert.Equal(lab.Now + 2 * Hour, Offer(lab, spec => spec.Tasks = 1).Start);
    }

    [Fact]
    public void The_begin_time_and_the_ends_of_others_are_waited_for()
    {
        var lab = new Lab().Nodes("n1");
        var other = lab.Run(spec => spec.TimeLimitMs = (long)Hour.TotalMilliseconds);
        var begin = Offer(lab, spec => spec.BeginMs = (lab.Now + 5 * Hour).Milliseconds);
        Assert.Equal((lab.Now + 5 * Hour, PendingReason.BeginTime), (begin.Start, begin.Reason));
        var after = Offer(lab, spec => spec.Dependencies.Add(Lab.On("afterok", other)));
        Assert.Equal((lab.Now + Hour, PendingReason.Dependency), (after.Start, after.Reason));
    }

    [Fact]
    public void Where_no_end_is_in_sight_no_start_is_promised()
    {
        var lab = new Lab().Nodes("n1");
        lab.Run(spec => { spec.Tasks = 4; spec.TimeLimitMs = -1; });
        var offer = Offer(lab);
        Assert.Equal((Instant.Never, PendingReason.Resources), (offer.Start, offer.Reason));
        Assert.Empty(offer.Shares);
        var held = Offer(lab, spec => spec.Held = true);
        Assert.Equal((Instant.Never, PendingReason.JobHeldUser), (held.Start, held.Reason));
    }

    [Fact]
    public void An_array_starts_with_its_first_task()
    {
        var lab = new Lab().Nodes("n1");
        lab.Run(spec => spec.Tasks = 4);
        var offer = Offer(lab, spec => spec.Array.Add(new ArrayRange { First = 0, Last = 99, Step = 1 }));
        Assert.Equal(lab.Now + Hour, offer.Start);
        Assert.Single(offer.Shares);
    }

    [Fact]
    public void Each_node_says_what_it_could_give_and_from_when()
    {
        var lab = new Lab().Nodes("n1", "n2").Node("small", cpus: 1).Node("big", cpus: 8);
        lab.Run(spec => { spec.Tasks = 3; spec.NodeList = "n1"; });
        lab.Run(spec => { spec.Tasks = 8; spec.NodeList = "big"; spec.TimeLimitMs /= 2; });
        lab.Run(spec => { spec.Tasks = 4; spec.NodeList = "n2"; spec.TimeLimitMs *= 10; });
        var offer = Offer(lab, spec => spec.CpusPerTask = 2);
        Assert.Equal(
            [new NodeOffer("big", 0, 4, lab.Now + Hour / 2), new NodeOffer("n1", 0, 2, Instant.Never), new NodeOffer("n2", 0, 2, Instant.Never)],
            offer.Nodes.OrderBy(node => node.Node, StringComparer.Ordinal));
    }

    [Fact]
    public void The_id_is_looked_at_on_a_copy_even_when_the_same_token_was_used_before()
    {
        var lab = new Lab().Nodes("n1");
        lab.Run(spec => spec.ClientToken = "once");
        Assert.Equal(2u, Offer(lab, spec => spec.ClientToken = "once").JobId);
    }

    [Fact]
    public void A_long_queue_is_cut_and_says_so()
    {
        var lab = new Lab(config => config.MaxJobs = 0) { Audits = false };
        lab.Node("n1");
        lab.Run(spec => spec.Tasks = 4);
        for (var i = 0; i < 5_000; i++) lab.Submit(spec => { spec.Tasks = 4; spec.TimeLimitMs = 60_000; });
        lab.SubmitArray(0, 9);
        var offer = Offer(lab);
        Assert.True(offer.QueueWasCut);
        Assert.Equal(5_003u, offer.JobId);
        Assert.True(offer.Start > lab.Now);
    }

    [Fact]
    public void The_start_that_is_offered_is_the_start_that_comes()
    {
        var random = new Random(11);
        for (var round = 0; round < 20; round++)
        {
            var lab = new Lab().Nodes("n1", "n2", "n3");
            for (var i = 0; i < 12; i++)
                lab.Submit(spec => { spec.Tasks = (uint)random.Next(1, 9); spec.TimeLimitMs = random.Next(1, 300) * 60_000L; });
            lab.Schedule();
            uint tasks = (uint)random.Next(1, 9);
            var offer = Offer(lab, spec => spec.Tasks = tasks);
            var id = lab.Submit(spec => spec.Tasks = tasks);
            lab.Schedule();
            while (lab.Job(id).State == JobState.Pending)
            {
                var next = lab.Cluster.ActiveJobs.Min(active => lab.Job(active).EndLimit);
                lab.After(next - lab.Now);
                foreach (var over in lab.Cluster.ActiveJobs.Where(active => lab.Job(active).EndLimit <= next).ToArray()) lab.Finish(over);
                lab.Schedule();
            }
            Assert.Equal((offer.Start, id), (lab.Job(id).Started, offer.JobId));
            Assert.Equal(offer.Shares, lab.Job(id).Shares);
        }
    }

    private static Offer Offer(Lab lab, Action<JobSpec>? with = null) => lab.Cluster.Offer(Lab.Spec(with), lab.Now);
}
