using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Resources;
using Stint.Core.Tests.Resources;
using static Stint.Core.Tests.Resources.Machines;

namespace Stint.Core.Tests.Steps;

/// <summary>CPUs, memory and devices of steps, out of what their job has.</summary>
public sealed class StepResourceTests
{
    private static readonly Actor AliceHerself = Lab.User(Lab.Alice);

    /// <summary>Two sockets of four cores of two threads; two GPUs near each socket.</summary>
    private static (Lab Lab, uint Job) Running(Action<JobSpec> with, int nodes = 1)
    {
        var lab = new Lab().With([.. Enumerable.Range(1, nodes).Select(n => Machine($"n{n}", sockets: 2, cores: 4, threads: 2, gres: Gpus("a100", "0-7", "0-7", "8-15", "8-15")))]);
        return (lab, lab.Run(with));
    }

    private static Step Step(Lab lab, uint job, StepSpec spec) => lab.Job(job).Steps[lab.Do(new CreateStep(job, spec, AliceHerself))];
    private static string Refused(Lab lab, uint job, StepSpec spec) => lab.Refused(new CreateStep(job, spec, AliceHerself)).Code;

    private static string Shares(Step step) => string.Join(' ', step.Shares.Select(s =>
        $"{s.Node}:{Lab.Cpus(s)}x{s.Tasks}{string.Concat(s.Gres.Select(g => $" {g.Name}[{string.Join(',', g.Indices)}]"))}"));

    private static StepSpec OfGpus(ulong count, GresPer per = GresPer.PerNode) => new() { Tasks = 1, Gres = { Gpu(count, per) } };

    [Fact]
    public void Steps_side_by_side_have_different_GPUs_and_the_third_waits()
    {
        var (lab, job) = Running(s => { s.Tasks = 8; s.Gres.Add(Gpu(2)); });
        var first = Step(lab, job, OfGpus(1));
        var second = Step(lab, job, OfGpus(1));
        Assert.NotEqual(first.Shares[0].Gres[0].Indices, second.Shares[0].Gres[0].Indices);
        Assert.False(CpuSet.FromBytes(first.Shares[0].Cpus).Intersects(CpuSet.FromBytes(second.Shares[0].Cpus)));
        Assert.Equal(RefusalCodes.StepResourcesBusy, Refused(lab, job, OfGpus(1)));
        Assert.Equal(RefusalCodes.InvalidGres, Refused(lab, job, OfGpus(3)));
        lab.ReportExit(job, step: first.Id, released: false);
        Assert.Equal(first.Shares[0].Gres[0].Indices, Step(lab, job, OfGpus(1)).Shares[0].Gres[0].Indices);
    }

    [Fact]
    public void A_step_that_says_nothing_has_all_GPUs_and_one_that_wants_none_has_none()
    {
        var (lab, job) = Running(s => { s.Tasks = 8; s.Gres.Add(Gpu(2)); });
        Assert.Equal(2, Step(lab, job, new StepSpec { Tasks = 1 }).Shares[0].Gres[0].Indices.Count);
        Assert.Equal(RefusalCodes.StepResourcesBusy, Refused(lab, job, new StepSpec { Tasks = 1 }));
        Assert.Empty(Step(lab, job, new StepSpec { Tasks = 1, NoGres = true }).Shares[0].Gres);
        Assert.Equal(2, Step(lab, job, new StepSpec { Tasks = 1, Overlap = true }).Shares[0].Gres[0].Indices.Count);
    }

    [Fact]
    public void GPUs_near_the_steps_CPUs_are_taken_first()
    {
        var (lab, job) = Running(s => { s.Exclusive = true; s.Gres.Add(Gpu(4)); });
        Assert.Equal("n1:0-1x1 gpu[0]", Shares(Step(lab, job, OfGpus(1))));
        Assert.Equal("n1:2-9x4 gpu[1,2,3]", Shares(Step(lab, job, new StepSpec { Tasks = 4, CpusPerTask = 2, Distribution = "block:block", Gres = { Gpu(3, GresPer.PerJob) } })));
    }

    [Fact]
    public void GPUs_per_task_bound_the_tasks_of_a_node()
    {
        var (lab, job) = Running(s => { s.NodesMin = 2; s.Tasks = 8; s.Gres.Add(Gpu(2)); }, nodes: 2);
        Assert.Equal("2 2", string.Join(' ', Step(lab, job, new StepSpec { Tasks = 4, Gres = { Gpu(1, GresPer.PerTask) } }).Shares.Select(s => s.Tasks)));
        Assert.Equal(RefusalCodes.InvalidGres, Refused(lab, job, new StepSpec { Tasks = 5, Gres = { Gpu(1, GresPer.PerTask) } }));
    }

    [Theory]
    // What a real slurmctld gave: 3 CPUs for each of two tasks are two whole cores on either socket.
    [InlineData(2u, 3u, "", "0-3,8-11")]
    [InlineData(2u, 3u, "block:block", "0-7")]
    [InlineData(2u, 2u, "", "0-1,8-9")]
    [InlineData(4u, 1u, "", "0-1,8-9")]
    [InlineData(1u, 8u, "", "0-7")]
    public void An_exact_step_has_whole_cores_from_the_sockets_in_turn(uint tasks, uint perTask, string distribution, string cpus)
    {
        var (lab, job) = Running(s => s.Exclusive = true);
        Assert.Equal($"n1:{cpus}x{tasks}", Shares(Step(lab, job, new StepSpec { Tasks = tasks, CpusPerTask = perTask, Distribution = distribution })));
    }

    [Fact]
    public void A_whole_step_has_every_CPU_of_its_nodes_and_waits_for_them()
    {
        var (lab, job) = Running(s => { s.NodesMin = 2; s.Tasks = 8; s.TasksPerNode = 4; }, nodes: 2);
        Assert.Equal("n1:0-3x1", Shares(Step(lab, job, new StepSpec { Tasks = 1, Whole = true })));
        Assert.Equal("n2:0-3x3", Shares(Step(lab, job, new StepSpec { Tasks = 3, Whole = true })));
        Assert.Equal(RefusalCodes.StepResourcesBusy, Refused(lab, job, new StepSpec { Tasks = 1, Whole = true }));
        Assert.Equal(RefusalCodes.StepTooLarge, Refused(lab, job, new StepSpec { Tasks = 9, Whole = true }));
        Assert.Equal(9, (int)Step(lab, job, new StepSpec { Tasks = 9, Whole = true, Overlap = true, Overcommit = true }).Shares.Sum(s => s.Tasks));
    }

    [Fact]
    public void Memory_that_a_step_asks_for_is_its_own_and_comes_out_of_the_jobs()
    {
        var (lab, job) = Running(s => { s.Tasks = 8; s.MemoryPerNodeBytes = 4 * Lab.GiB; });
        Assert.Equal(4 * Lab.GiB, Step(lab, job, new StepSpec { Tasks = 1, CpusPerTask = 2 }).Shares[0].MemoryBytes);
        Assert.Equal(3 * Lab.GiB, Step(lab, job, new StepSpec { Tasks = 1, MemoryPerNodeBytes = 3 * Lab.GiB }).Shares[0].MemoryBytes);
        Assert.Equal(RefusalCodes.StepResourcesBusy, Refused(lab, job, new StepSpec { Tasks = 1, MemoryPerNodeBytes = 2 * Lab.GiB }));
        Assert.Equal(Lab.GiB, Step(lab, job, new StepSpec { Tasks = 2, MemoryPerCpuBytes = Lab.GiB / 2 }).Shares[0].MemoryBytes);
        Assert.Equal(RefusalCodes.StepMemory, Refused(lab, job, new StepSpec { Tasks = 1, MemoryPerNodeBytes = 5 * Lab.GiB }));
    }

    [Fact]
    public void Nodes_can_be_named_left_out_and_counted_from()
    {
        var (lab, job) = Running(s => { s.NodesMin = 3; s.Tasks = 3; }, nodes: 3);
        string Nodes(StepSpec spec)
        {
            spec.Overlap = true;
            return string.Join(',', Step(lab, job, spec).Shares.Select(s => s.Node));
        }
        Assert.Equal("n2", Nodes(new StepSpec { Tasks = 1, NodeList = "n2" }));
        Assert.Equal("n2,n3", Nodes(new StepSpec { Tasks = 2, Nodes = 2, ExcludeList = "n1" }));
        Assert.Equal("n3,n1", Nodes(new StepSpec { Tasks = 2, Nodes = 2, Relative = 2 }));
        Assert.Equal(RefusalCodes.NodeConfigUnavailable, Refused(lab, job, new StepSpec { Tasks = 1, NodeList = "n9" }));
        Assert.Equal(RefusalCodes.NodeConfigUnavailable, Refused(lab, job, new StepSpec { Tasks = 1, Relative = 3 }));
        Assert.Equal(RefusalCodes.NodeConfigUnavailable, Refused(lab, job, new StepSpec { Tasks = 1, NodeList = "n1", ExcludeList = "n1" }));
    }

    [Theory]
    // (counts, ids) as slurmctld 22.05 laid six tasks over two nodes of four.
    [InlineData("block", "0,1,2,3 4,5")]
    [InlineData("cyclic", "0,2,4 1,3,5")]
    [InlineData("plane=2", "0,1,4,5 2,3")]
    public void Tasks_are_numbered_by_the_first_level_of_the_distribution(string text, string expected)
    {
        var distribution = TaskDistribution.Parse(text)!.Value;
        var counts = TaskSpread.Over([4, 4], 6, onEach: true, distribution)!;
        Assert.Equal(expected, string.Join(' ', TaskSpread.Ids([.. counts.Select(c => (uint)c)], distribution).Select(ids => string.Join(',', ids))));
    }

    [Fact]
    public void Every_task_is_somewhere_once_and_no_node_has_more_than_it_can()
    {
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            int[] capacity = [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => random.Next(0, 6))];
            var (tasks, onEach) = (random.Next(1, 20), random.Next(2) == 0);
            var distribution = TaskDistribution.Parse(((string[])["block", "cyclic", "plane=2", "plane=5"])[random.Next(4)])!.Value;
            var counts = TaskSpread.Over(capacity, tasks, onEach, distribution);
            var fits = capacity.Sum() >= tasks && (!onEach || tasks >= capacity.Length && capacity.All(c => c > 0));
            Assert.Equal(fits, counts is not null);
            if (counts is null) continue;
            Assert.Equal(tasks, counts.Sum());
            for (var n = 0; n < counts.Length; n++) Assert.InRange(counts[n], onEach ? 1 : 0, capacity[n]);
            Assert.Equal(Enumerable.Range(0, tasks).Select(t => (uint)t), TaskSpread.Ids([.. counts.Select(c => (uint)c)], distribution).SelectMany(ids => ids).Order());
        }
    }

    [Fact]
    public void Nothing_of_a_job_is_given_to_two_steps_that_do_not_overlap_and_none_leaves_the_job()
    {
        var random = new Random(31);
        for (var round = 0; round < 60; round++)
        {
            var (lab, job) = Running(s => { s.NodesMin = (uint)random.Next(1, 4); s.Tasks = 24; s.MemoryPerNodeBytes = 8 * Lab.GiB; s.Gres.Add(Gpu(4)); }, nodes: 3);
            lab.Audits = false;
            for (var i = 0; i < 60; i++)
            {
                var live = lab.Job(job).Steps.Values.Where(s => !s.IsOver && s.Id != StepIds.Batch).ToList();
                if (live.Count > 0 && random.Next(3) == 0)
                {
                    var gone = live[random.Next(live.Count)];
                    foreach (var share in gone.Shares) lab.ReportExit(job, step: gone.Id, node: share.Node, released: false);
                }
                else lab.Try(new CreateStep(job, RandomStep(random), AliceHerself));
                CheckSteps(lab.Job(job));
            }
        }
    }

    private static StepSpec RandomStep(Random random)
    {
        var spec = new StepSpec
        {
            Tasks = (uint)random.Next(0, 6), CpusPerTask = (uint)random.Next(0, 4), Nodes = (uint)random.Next(0, 3), Whole = random.Next(4) == 0, Overlap = random.Next(6) == 0,
            NoGres = random.Next(3) == 0, Distribution = random.Next(2) == 0 ? "cyclic" : "", ThreadsPerCore = (uint)random.Next(0, 3), TasksPerNode = (uint)random.Next(0, 3),
        };
        if (random.Next(3) == 0) spec.MemoryPerNodeBytes = (ulong)random.Next(1, 9) << 30;
        else if (random.Next(4) == 0) spec.MemoryPerCpuBytes = 1UL << 29;
        if (!spec.NoGres && random.Next(2) == 0) spec.Gres.Add(Gpu((ulong)random.Next(1, 5), (GresPer)random.Next(4)));
        return spec;
    }

    private static void CheckSteps(Job job)
    {
        foreach (var held in job.Shares)
        {
            var (cpus, gpus, memory) = (default(CpuSet), new HashSet<uint>(), 0UL);
            foreach (var step in job.Steps.Values.Where(s => !s.IsOver && s.Id != StepIds.Batch))
                foreach (var share in step.Shares.Where(s => s.Node == held.Node))
                {
                    var mine = CpuSet.FromBytes(share.Cpus);
                    Assert.True(mine.IsSubsetOf(CpuSet.FromBytes(held.Cpus)) && !mine.IsEmpty && share.Tasks > 0 && share.MemoryBytes <= held.MemoryBytes);
                    Assert.Subset(held.Gres.SelectMany(g => g.Indices).ToHashSet(), share.Gres.SelectMany(g => g.Indices).ToHashSet());
                    if (step.Spec.Overlap) continue;
                    Assert.False(cpus.Intersects(mine), $"{step.Spec}: {share.Node} {mine} of {cpus}");
                    cpus = cpus.Union(mine);
                    foreach (var index in share.Gres.SelectMany(g => g.Indices)) Assert.True(gpus.Add(index), $"GPU {index} twice");
                    if (step.Spec.HasMemoryPerNodeBytes || step.Spec.HasMemoryPerCpuBytes) memory += share.MemoryBytes;
                }
            Assert.True(memory <= held.MemoryBytes);
        }
    }
}
