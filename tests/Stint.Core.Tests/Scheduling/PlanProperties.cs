using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Scheduling;

/// <summary>Any mix of jobs on a few nodes, run to its end with limits that are exactly the run times.</summary>
public sealed class PlanProperties
{
    private sealed class World
    {
        public Lab Lab { get; }
        public Dictionary<uint, Instant> Promised { get; } = [];

        public World(string policy, uint depth)
        {
            Lab = new Lab(c => c.Planning = new PlanningSettings { Policy = policy, ReservationsMax = depth });
            Lab.Node("n1", cpus: 4).Node("n2", cpus: 8, threadsPerCore: 2).Node("n3", cpus: 2);
        }

        public void Submit(int a, int b) => Lab.Try(new SubmitJob(Lab.Spec(s =>
        {
            s.IsBatch = false;
            s.Uid = (uint)(a % 3 + 1);
            s.NodesMin = (uint)(b % 7 == 0 ? 2 : 1);
            s.Tasks = (uint)(a % 5 + 1);
            s.TimeLimitMs = (b % 6 + 1) * 60_000;
            s.MemoryPerNodeBytes = Lab.GiB * (ulong)(b % 3 + 1);
        })));

        /// <summary>Ends what is over at this very moment, then plans.</summary>
        public void Pass()
        {
            foreach (var id in Lab.Cluster.ActiveJobs.ToList())
            {
                if (Lab.Job(id).EndLimit > Lab.Now) continue;
                Lab.Try(new CompleteInteractiveJob(id, Lab.Root, 0, 0));
                Lab.Release(id);
            }
            Lab.Schedule();
        }

        public uint FirstPlanned() => Lab.Cluster.Jobs.Values.Where(job => Lab.Cluster.PlannedStart(job.Id) is not null).Select(static job => job.Id).DefaultIfEmpty().Min();

        public Instant? NextEnd() => Lab.Cluster.ActiveJobs.Count == 0 ? null : new Instant(Lab.Cluster.ActiveJobs.Min(id => Lab.Job(id).EndLimit.Milliseconds));

        public void MoveTo(Instant at) => Lab.After(at - Lab.Now);
    }

    private static void ForAny(string policy, uint depth, Action<World, int, int> step, Action<World> end)
    {
        var operation = from a in Gen.Choose(0, 1_000) from b in Gen.Choose(0, 1_000) select (a, b);
        Prop.ForAll(Gen.ArrayOf(operation, 40).ToArbitrary(), operations =>
        {
            var world = new World(policy, depth);
            foreach (var (a, b) in operations) step(world, a, b);
            for (var round = 0; round < 200 && world.Lab.Cluster.Jobs.Values.Any(static job => !job.IsOver); round++)
            {
                world.Pass();
                end(world);
                if (world.NextEnd() is { } next) world.MoveTo(next);
            }
            Assert.All(world.Lab.Cluster.Jobs.Values, job => Assert.True(job.IsOver || job.Reason == PendingReason.PartitionConfig, $"job {job.Id} is {job.State}: {job.Reason}"));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true));
    }

    [Theory]
    [InlineData("easy"), InlineData("conservative"), InlineData("fcfs"), InlineData("default")]
    public void Every_feasible_job_runs_and_no_CPU_is_given_twice(string policy) => ForAny(policy, 0, static (world, a, b) =>
    {
        world.Submit(a, b);
        if (a % 4 == 0) world.Pass();
        if (a % 9 == 0 && world.NextEnd() is { } next) world.MoveTo(next);
    }, static _ => { });

    /// <summary>With exact run times and nobody new, a promised start never moves back.</summary>
    [Theory]
    [InlineData("easy", 1), InlineData("easy", 4), InlineData("conservative", 0)]
    public void Backfill_never_delays_a_planned_start(string policy, int depth) => ForAny(policy, (uint)depth, static (world, a, b) => world.Submit(a, b), static world =>
    {
        // The first that waits: those behind it are planned anew around it, and may change places.
        foreach (var job in world.Lab.Cluster.Jobs.Values.Where(job => world.Promised.ContainsKey(job.Id) || job.Id == world.FirstPlanned()))
        {
            if (world.Promised.TryGetValue(job.Id, out var promised))
            {
                if (job.Started.IsSet) Assert.True(job.Started <= promised, $"job {job.Id} started {job.Started - promised} late");
                else Assert.True(world.Lab.Now <= promised, $"job {job.Id} did not start when it was promised");
            }
            if (world.Lab.Cluster.PlannedStart(job.Id) is { } planned && (!world.Promised.TryGetValue(job.Id, out var before) || planned.At < before))
                world.Promised[job.Id] = planned.At;
        }
    });

    /// <summary>First come, first served among feasible ones: nobody starts before one that was submitted earlier and fits on the empty cluster.</summary>
    [Fact]
    public void An_infeasible_head_never_inverts_the_order() => ForAny("fcfs", 0, static (world, a, b) =>
    {
        if (b % 5 == 0) world.Lab.Try(new SubmitJob(Lab.Spec(s => { s.NodesMin = 4; s.Tasks = 4; s.IsBatch = false; })));
        else world.Submit(a, b);
    }, static world =>
    {
        Instant last = default;
        foreach (var job in world.Lab.Cluster.Jobs.Values.Where(static job => job.Spec.NodesMin < 4).OrderBy(static job => job.Id))
        {
            if (!job.Started.IsSet) { last = new Instant(long.MaxValue); continue; }
            Assert.True(job.Started >= last, $"job {job.Id} started before one that came earlier");
            last = job.Started;
        }
    });
}
