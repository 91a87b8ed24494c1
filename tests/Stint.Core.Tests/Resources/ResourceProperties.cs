using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core.Tests.Resources;

public sealed class ResourceProperties
{
    /// <summary>STINT_SEEDS: how many seeds of the longest property, 100 unless said otherwise.</summary>
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("STINT_SEEDS"), out var seeds) ? seeds : 100;

    private static void ForAnySeed(int tests, Action<RandomMachines> holds) => Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => holds(new RandomMachines(seed)))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithQuietOnSuccess(true));

    /// <summary>The lab audits after each command: no CPU, byte, GPU, shard or licence is given twice, whatever jobs come and go.</summary>
    [Fact]
    public void Whatever_is_asked_nothing_is_given_twice_and_each_job_gets_what_it_asked_for() => ForAnySeed(Seeds, ComeAndGo);

    private static void ComeAndGo(RandomMachines random)
    {
        var lab = random.Cluster(6);
        for (var step = 0; step < 60; step++)
        {
            if (random.Next(3) > 0) lab.Try(new SubmitJob(random.Request()));
            else if (lab.Cluster.ActiveJobs.Count > 0) lab.Finish(lab.Cluster.ActiveJobs.ElementAt(random.Next(lab.Cluster.ActiveJobs.Count)));
            var before = lab.Journal.Count;
            lab.Schedule();
            foreach (var record in lab.Journal.Skip(before))
                if (record.JobAllocated is { } start) ShareCheck.Of(lab, lab.Job(start.JobId));
        }
        Assert.Equal(lab.Cluster.StateHash(), Lab.Replay(lab.Journal).StateHash());
        var copy = Cluster.FromSnapshot(lab.Cluster.ToSnapshot(1));
        copy.Audit();
        foreach (var node in lab.Cluster.Nodes.Values) Assert.Equal(node.Free, copy.Nodes[node.Name].Free);
    }

    [Theory]
    [InlineData(1621886019)]        // exclusive, with a core kept for the system: the GPU's cores were those
    [InlineData(1912193013)]
    public void Seeds_that_once_failed_hold(int seed) => ComeAndGo(new RandomMachines(seed));

    [Fact]
    public void A_node_takes_as_many_tasks_as_trying_them_one_after_the_other_finds() => ForAnySeed(1_500, random =>
    {
        var lab = Busy(random);
        var spec = random.Request(plain: true);
        spec.TasksPerGpu = 0;
        var request = Request.Of(spec);
        foreach (var node in lab.Cluster.Nodes.Values)
        {
            var balance = new FreeResources().On(node);
            Assert.Equal(NaiveRoom.TasksOn(spec, node, balance), Placement.TasksOn(request, node, balance));
        }
    });

    [Fact]
    public void Counting_gives_the_same_answer_as_placing_when_nothing_is_scattered() => ForAnySeed(1_000, random =>
    {
        var lab = Busy(random);
        var request = Request.Of(random.Request(plain: true));
        foreach (var node in lab.Cluster.Nodes.Values)
        {
            var balance = new FreeResources().On(node);
            if (balance.Users.Alone || balance.Users.Whole || balance.Users.Closed) continue;       // who is there is not counted
            var counted = request.TasksWithin(node, node.Free);
            var placed = Placement.TasksOn(request, node, balance);
            var inParts = node.Kind.Pools.ToArray().Any(pool => pool.Form == PoolForm.Parts) && request.Gres.Length > 0;
            if (request.Exclusive || !inParts) Assert.Equal(counted, placed);
            else Assert.True(placed <= counted, $"{placed} tasks are placed where {counted} fit by counting");
            Assert.Equal(Placement.TasksOn(request, node, FreeResources.Total(node)), request.TasksWithin(node, node.Total));
        }
    });

    [Fact]
    public void What_jobs_take_and_what_is_left_add_up_to_the_whole() => ForAnySeed(200, random =>
    {
        var lab = Busy(random, share: false);
        foreach (var node in lab.Cluster.Nodes.Values)
        {
            var sum = node.Free;
            foreach (var id in node.Jobs) sum += node.AmountOf(lab.Job(id).Shares.Single(share => share.Node == node.Name));
            Assert.Equal(node.Total, sum);
            Assert.True(node.Total.Covers(node.Free) && (node.Total - node.Total).IsZero);
        }
    });

    [Fact]
    public void A_request_is_placed_whenever_some_set_of_nodes_has_room() => ForAnySeed(600, random =>
    {
        var lab = Busy(random);
        var spec = random.Request(plain: true);
        spec.TasksPerGpu = 0;
        var request = Request.Of(spec);
        var nodes = lab.Cluster.Partitions[0].Nodes;
        NodeBalance? On(Node node) => new FreeResources().On(node);
        var shares = Placement.Find(request, nodes, On);
        Assert.Equal(shares is not null, Placement.Fits(request, nodes, On));
        Assert.True(NaiveRoom.FitsSomewhere(spec, request, nodes, On) == shares is not null, $"{spec} on {string.Join("; ", nodes.Select(node => $"{node.Name}: {Placement.RoomOn(request, node, node.Balance)} part {node.TopologyPart} {node.Kind.Sockets}x{node.Kind.CoresPerSocket}x{node.Kind.Threads} {string.Join(' ', node.Kind.Pools.ToArray().Select(p => p.ToString()))}"))}");
        if (shares is null) Assert.NotEqual("", Shortage.Of(request, nodes, On).Sentence);
        var free = new FreeResources();
        foreach (var share in shares ?? []) Assert.True(free.TryTake(lab.NodeOf(share.Node), share, Holder.Of(spec)), $"{Machines.Text(share)} is not free");
    });

    [Fact]
    public void Equal_shapes_are_one_request_whoever_asks() => ForAnySeed(300, random =>
    {
        var (table, spec) = (new RequestTable(), random.Request());
        var other = spec.Clone();
        (other.Name, other.TimeLimitMs, other.Account, other.Comment) = ("other", 5, "x", "y");
        Assert.Same(table.Of(spec), table.Of(other));
        Assert.Equal(Request.Of(spec), table.Of(other));
        other.CpusPerTask += 7;
        Assert.NotEqual(Request.Of(spec), Request.Of(other));
    });

    private static Lab Busy(RandomMachines random, bool share = true)
    {
        var lab = random.Cluster(5);
        lab.Audits = false;
        for (var job = 0; job < random.Next(6); job++)
        {
            var spec = random.Request();
            if (!share && spec.Sharing == NodeSharing.SharingOversubscribe) spec.Sharing = NodeSharing.SharingDefault;
            if (!share && lab.Cluster.Config.Partitions[0].OverSubscribe.Length > 0) continue;
            var id = lab.Try(new SubmitJob(spec)).Id;
            lab.Schedule();
            if (id > 0 && lab.Job(id).State == JobState.Pending) lab.Do(new CancelJob(id, null, Lab.Root));
        }
        return lab;
    }
}
