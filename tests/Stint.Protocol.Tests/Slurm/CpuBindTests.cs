using Stint.Protocol.Slurm;

namespace Stint.Protocol.Tests.Slurm;

public sealed class CpuBindTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("cores", "cores")]
    [InlineData("q,threads", "quiet,threads")]
    [InlineData("verbose,map_cpu:0,1,0x2", "verbose,map_cpu:0,1,0x2")]
    [InlineData("mask_cpu:1b95,c97a", "mask_cpu:1b95,c97a")]
    [InlineData("mask_cpu=0x3,0xC,verbose", "verbose,mask_cpu:0x3,0xC")]
    [InlineData("map_cpu:0*4,3*2", "map_cpu:0*4,3*2")]
    [InlineData("v,cores,rank_ldom", "verbose,cores,rank_ldom")]
    [InlineData("none", "none")]
    [InlineData("quiet,mask_cpu:0x0003,0x000C", "quiet,mask_cpu:0x0003,0x000C")]
    public void What_Slurm_takes_is_taken(string text, string same)
    {
        Assert.True(CpuBind.TryParse(text, out var bind, out var error), error);
        Assert.Equal(same, bind.ToString());
        Assert.True(CpuBind.TryParse(same, out var again, out _));
        Assert.Equal(bind, again);
    }

    [Theory]
    [InlineData("foo", "unrecognized --cpu-bind argument \"foo\"")]
    [InlineData("mask_cpu:", "missing list for \"--cpu-bind=mask_cpu:<list>\"")]
    [InlineData("map_cpu", "missing list for \"--cpu-bind=map_cpu:<list>\"")]
    [InlineData("map_cpu:x", "Invalid --cpu-bind specification: \"x\" is no number")]
    [InlineData("map_cpu:-1", "Invalid --cpu-bind specification: \"-1\" is no number")]
    [InlineData("map_cpu:99999999999", "Invalid --cpu-bind specification: \"99999999999\" is no number")]
    [InlineData("map_cpu:1*0", "Invalid --cpu-bind specification: \"1*0\" repeats nothing")]
    [InlineData("mask_cpu:0x0", "Invalid --cpu-bind specification: \"0x0\" names no CPU")]
    [InlineData("mask_cpu:0x", "Invalid --cpu-bind specification: \"0x\" is no hexadecimal mask")]
    public void Everything_else_is_refused_with_what_is_wrong(string text, string expected)
    {
        Assert.False(CpuBind.TryParse(text, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void A_list_that_stands_for_too_much_is_refused()
    {
        Assert.False(CpuBind.TryParse("map_cpu:1*65536,2*65536", out _, out _));
        Assert.False(CpuBind.TryParse("mask_cpu:" + new string('f', 20_000), out _, out _));
    }

    [Theory]
    [InlineData("", null, 0u, 1u, 0u, "threads", 1u)]
    [InlineData("verbose", null, 0u, 1u, 0u, "verbose,threads", 1u)]
    [InlineData("", "nomultithread", 0u, 0u, 0u, "threads", 1u)]
    [InlineData("", "compute_bound", 0u, 0u, 0u, "cores", 1u)]
    [InlineData("", "multithread", 0u, 0u, 0u, "threads", 0u)]
    [InlineData("sockets", "compute_bound", 0u, 0u, 0u, "sockets", 0u)]
    [InlineData("none", null, 1u, 0u, 0u, "cores,none", 0u)]
    [InlineData("", null, 0u, 0u, 2u, "sockets", 0u)]
    public void Other_options_say_what_this_one_leaves_open(string text, string? hint, uint perCore, uint threads, uint perSocket, string settled, uint threadsThen)
    {
        Assert.True(CpuBind.TryParse(text, out var bind, out _));
        Assert.Equal(settled, bind.Settled(hint, perCore, perSocket, ref threads).ToString());
        Assert.Equal(threadsThen, threads);
    }

    [Theory]
    [InlineData("local", true)]
    [InlineData("verbose,prefer,map_mem:0,1", true)]
    [InlineData("p,sort,mask_mem:0x3", true)]
    [InlineData("foo", false)]
    [InlineData("map_mem:", false)]
    public void Memory_binding_is_read_the_same_way(string text, bool fine) => Assert.Equal(fine, MemBind.TryParse(text, out _, out _));
}
