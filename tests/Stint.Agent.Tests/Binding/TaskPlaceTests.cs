using Stint.Agent.Binding;
using Stint.Agent.Hardware;
using Stint.Protocol.Slurm;

namespace Stint.Agent.Tests.Binding;

/// <summary>GPUs and memory of tasks.</summary>
public sealed class TaskPlaceTests
{
    private static readonly IReadOnlyList<IReadOnlySet<int>?> FourGpus = [Set(0, 1, 2, 3), Set(0, 1, 2, 3), Set(4, 5, 6, 7), Set(4, 5, 6, 7)];
    private static HashSet<int> Set(params int[] ids) => [.. ids];

    [Theory]
    [InlineData("single:1", "0 1 2 3")]
    [InlineData("single:2", "0 0 1 1")]
    [InlineData("per_task:1", "0 1 2 3")]
    [InlineData("per_task:2", "0,1 2,3 0,1 2,3")]
    [InlineData("map_gpu:1,0", "1 0 1 0")]
    [InlineData("mask_gpu:0x1,0x3", "0 0,1 0 0,1")]
    [InlineData("closest", "0,1 2,3 0,1 2,3")]
    public void Tasks_see_the_gpus_that_Slurm_lets_them_see(string text, string expected)
    {
        Assert.True(GpuBinding.TryParse(text, out var binding));
        // Four tasks on two sockets of four cpus in turn.
        var chosen = TaskGpus.Choose(binding, FourGpus, [[0], [4], [1], [5]], out var error);
        Assert.Null(error);
        Assert.Equal(expected, string.Join(' ', chosen!.Select(gpus => string.Join(',', gpus))));
    }

    [Fact]
    public void A_gpu_that_the_step_does_not_have_is_an_error_with_the_number()
    {
        Assert.True(GpuBinding.TryParse("map_gpu:0,4", out var binding));
        Assert.Null(TaskGpus.Choose(binding, FourGpus, [[0]], out var error));
        Assert.Equal("--gpu-bind names GPU 4; the step has 4 on this node, 0 to 3", error);
    }

    private static readonly CpuShape TwoNodes = new(8, 2, 4, 1, [0, 0, 0, 0, 1, 1, 1, 1], new CpuMap([.. Enumerable.Range(0, 8)], 8));

    [Theory]
    [InlineData("local", 2u, "0 1 0,1")]
    [InlineData("rank", 2u, "0 1")]
    [InlineData("map_mem:1,0", 2u, "1 0 1")]
    [InlineData("mask_mem:0x3", 2u, "0,1 0,1 0,1")]
    [InlineData("prefer,local", 1u, "0 1 0")]
    [InlineData("none", 0u, "  ")]
    public void Memory_comes_from_the_nodes_that_were_named(string text, uint policy, string expected)
    {
        Assert.True(MemBind.TryParse(text, out var bind, out _));
        IReadOnlyList<int>[] cpus = expected.Split(' ').Length == 2 ? [[0], [4]] : [[0, 1], [5], [3, 4]];
        Assert.Equal(policy, TaskMemory.Choose(TwoNodes, bind, cpus, out var nodes, out var error));
        Assert.Null(error);
        Assert.Equal(expected, string.Join(' ', nodes.Select(n => string.Join(',', n))));
    }

    [Fact]
    public void A_node_that_does_not_exist_is_said_as_Slurm_says_it()
    {
        Assert.True(MemBind.TryParse("rank", out var bind, out _));
        TaskMemory.Choose(TwoNodes, bind, [[0], [1], [2]], out _, out var error);
        Assert.Equal("NUMA node 2 does not exist; cannot bind local task 2 to it (--mem-bind=rank)", error);
    }
}
