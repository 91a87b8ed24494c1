using Stint.Agent.Binding;
using Stint.Agent.Hardware;
using Stint.Protocol.Slurm;

namespace Stint.Agent.Tests.Binding;

public sealed class TaskMaskTests
{
    private static CpuBind Bind(string text)
    {
        Assert.True(CpuBind.TryParse(text, out var bind, out var error), error);
        return bind;
    }

    private static CpuShape Shape(int sockets, int cores, int threads, int domains = 1)
    {
        var cpus = sockets * cores * threads;
        return new CpuShape(cpus, sockets, cores, threads, [.. Enumerable.Range(0, cpus).Select(id => (uint)(id * domains / cpus))], new CpuMap([.. Enumerable.Range(0, cpus)], cpus));
    }

    /// <summary>Random shapes, allocations of whole cores, and requests; the same ones each time.</summary>
    private static IEnumerable<(CpuShape Shape, int[] Allocated, BindRequest Request)> Cases(int count)
    {
        var random = new Random(20260822);
        for (var i = 0; i < count; i++)
        {
            var shape = Shape(random.Next(1, 5), random.Next(1, 9), random.Next(1, 5));
            var cores = Enumerable.Range(0, shape.Cpus / shape.ThreadsPerCore).Where(_ => random.Next(4) > 0).ToList();
            if (cores.Count == 0) cores.Add(0);
            int[] allocated = [.. cores.SelectMany(c => Enumerable.Range(c * shape.ThreadsPerCore, shape.ThreadsPerCore))];
            var unit = (string[])["", "threads", "cores", "sockets", "ldoms"];
            var distribution = (string[])["", "block", "cyclic", "block:block", "block:cyclic", "block:fcyclic", "cyclic:block", "plane=3"];
            yield return (shape, allocated, new BindRequest(Bind(unit[random.Next(unit.Length)]), distribution[random.Next(distribution.Length)], random.Next(1, 13), random.Next(1, 6))
            {
                ThreadsPerCore = random.Next(6) == 0 ? 1 : 0, TasksPerCore = random.Next(8) == 0 ? 1 : 0,
            });
        }
    }

    [Fact]
    public void A_task_never_gets_a_cpu_that_the_step_does_not_have_nor_none_at_all()
    {
        foreach (var (shape, allocated, request) in Cases(20_000))
        {
            var binding = TaskMasks.Compute(shape, allocated, request);
            Assert.Null(binding.Refusal);
            Assert.Equal(request.Tasks, binding.Cpus.Count);
            foreach (var mask in binding.Cpus)
            {
                Assert.NotEmpty(mask);
                Assert.Subset(allocated.ToHashSet(), mask.ToHashSet());
                Assert.Equal(mask.Order(), mask);
            }
        }
    }

    [Fact]
    public void Tasks_that_fit_beside_each_other_share_no_cpu()
    {
        // Threads: as long as there are as many as tasks want. Cores: as long as whole cores are.
        foreach (var (shape, allocated, request) in Cases(20_000))
        {
            if (request is not { Bind.Unit: BindUnit.Threads or BindUnit.Cores, ThreadsPerCore: 0, TasksPerCore: 0, IsFullCyclic: false }) continue;
            var perTask = request.Bind.Unit == BindUnit.Threads ? request.CpusPerTask : (request.CpusPerTask + shape.ThreadsPerCore - 1) / shape.ThreadsPerCore * shape.ThreadsPerCore;
            // Slurm leaves only the remainder of a core unused where a task takes more than one: half of the odd sizes share. They are told apart here.
            if (request.Bind.Unit == BindUnit.Cores && request.CpusPerTask > shape.ThreadsPerCore && request.CpusPerTask % shape.ThreadsPerCore * 2 % shape.ThreadsPerCore != 0) continue;
            // A socket that does not divide makes one task straddle two, and what it leaves there may then be too little for a whole core.
            if (shape.Sockets > 1 && !request.IsBlock || request.Tasks * perTask > allocated.Length) continue;
            var used = new HashSet<int>();
            foreach (var mask in TaskMasks.Compute(shape, allocated, request).Cpus)
                foreach (var cpu in mask) Assert.True(used.Add(cpu), $"cpu {cpu} twice: {request} on {shape.Sockets}:{shape.CoresPerSocket}:{shape.ThreadsPerCore} {string.Join(',', allocated)}");
        }
    }

    [Fact]
    public void Threads_in_blocks_are_the_allocated_ones_in_order()
    {
        // The naive model of block distribution: cut the list into runs.
        foreach (var (shape, allocated, request) in Cases(20_000))
        {
            if (request is not { Bind.Unit: BindUnit.Threads, IsBlock: true, ThreadsPerCore: 0, TasksPerCore: 0 } || request.Tasks * request.CpusPerTask > allocated.Length) continue;
            var naive = allocated.Chunk(request.CpusPerTask).Take(request.Tasks).ToList();
            var masks = TaskMasks.Compute(shape, allocated, request).Cpus;
            for (var i = 0; i < naive.Count; i++) Assert.Equal(naive[i], masks[i]);
        }
    }

    [Fact]
    public void Threads_over_sockets_are_taken_from_each_in_turn()
    {
        // The naive model of cyclic distribution with one cpu for each task: one queue for each socket, asked in turn.
        foreach (var (shape, allocated, request) in Cases(20_000))
        {
            if (request is not { Bind.Unit: BindUnit.Threads, IsBlock: false, CpusPerTask: 1, ThreadsPerCore: 0, TasksPerCore: 0 } || request.Tasks > allocated.Length) continue;
            var queues = Enumerable.Range(0, shape.Sockets).Select(s => new Queue<int>(allocated.Where(id => shape.SocketOf(id) == s))).ToList();
            var masks = TaskMasks.Compute(shape, allocated, request).Cpus;
            for (int task = 0, socket = 0; task < request.Tasks; task++)
            {
                while (queues[socket].Count == 0) socket = (socket + 1) % shape.Sockets;
                Assert.Equal([queues[socket].Dequeue()], masks[task]);
                socket = (socket + 1) % shape.Sockets;
            }
        }
    }

    [Theory]
    [InlineData("rank_ldom", "0-7;8-15;0-7")]
    [InlineData("map_ldom:1,0", "8-15;0-7;8-15")]
    [InlineData("mask_ldom:0x3,0x2", "0-15;8-15;0-15")]
    [InlineData("rank", "0;1;2")]
    [InlineData("map_cpu:15,0x3", "15;3;15")]
    [InlineData("map_cpu:5*2,1", "5;5;1")]
    [InlineData("mask_cpu:ff00,3", "8-15;0-1;8-15")]
    public void Explicit_masks_are_taken_as_they_are_said_and_again_from_the_first(string bind, string expected)
    {
        var shape = Shape(2, 4, 2, domains: 2);
        var binding = TaskMasks.Compute(shape, [.. Enumerable.Range(0, 16)], new BindRequest(Bind(bind), "", 3, 1));
        Assert.Equal(expected, string.Join(';', binding.Cpus.Select(Agent.Cgroups.CpuList.Format)));
    }

    [Fact]
    public void Masks_are_in_the_kernels_numbers()
    {
        // Siblings are 4 apart, as on most machines with two threads for each core: ids 0,1 are cpus 0,4.
        var shape = new CpuShape(8, 1, 4, 2, new uint[8], new CpuMap([0, 4, 1, 5, 2, 6, 3, 7], 8));
        var binding = TaskMasks.Compute(shape, [0, 1, 2, 3], new BindRequest(Bind("cores"), "", 2, 1));
        Assert.Equal("0x11,0x22", binding.List);
        Assert.Equal("CPU binding outside of job step allocation, allocated CPUs are: 0x33.", TaskMasks.Compute(shape, [0, 1, 2, 3], new BindRequest(Bind("map_cpu:2"), "", 1, 1)).Refusal);
        Assert.Null(TaskMasks.Compute(shape, [0, 1, 2, 3], new BindRequest(Bind("map_cpu:5"), "", 1, 1)).Refusal);
    }
}
