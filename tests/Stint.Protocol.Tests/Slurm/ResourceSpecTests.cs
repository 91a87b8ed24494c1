using Stint.Protocol.Slurm;

namespace Stint.Protocol.Tests.Slurm;

public class ResourceSpecTests
{
    [Theory]
    [InlineData("gpu", "gpu:1")]
    [InlineData("gpu:2", "gpu:2")]
    [InlineData("gpu:a100", "gpu:a100:1")]
    [InlineData("gpu:a100:2,shard:4", "gpu:a100:2|shard:4")]
    [InlineData("gres:gpu:a100=2", "gpu:a100:2")]
    [InlineData("gres/gpu=3", "gpu:3")]
    [InlineData("mig:1g.10gb:2", "mig:1g.10gb:2")]
    [InlineData("mps:1k", "mps:1024")]
    [InlineData("gpu:0", "")]
    [InlineData("none", "")]
    public void Generic_resources_are_read_in_all_spellings(string text, string expected)
    {
        Assert.True(GresSpec.TryParse(text, out var terms, out var error), error);
        Assert.Equal(expected, string.Join('|', terms));
    }

    [Theory]
    [InlineData(""), InlineData(","), InlineData("gpu:"), InlineData("gpu::2"), InlineData("gpu:a:b:c"), InlineData("gpu:a:x"), InlineData("gpu,gpu"), InlineData("/x"), InlineData("gpu:-1"),
        InlineData("gpu:99999999999999999999"), InlineData("gpu:a b:1"), InlineData("gpu:1,")]
    public void What_is_no_generic_resource_is_refused(string text) => Assert.False(GresSpec.TryParse(text, out _, out _));

    [Theory]
    [InlineData("4", "gpu:4"), InlineData("a100:2", "gpu:a100:2"), InlineData("a100:2,h100:1", "gpu:a100:2|gpu:h100:1"), InlineData("0", "")]
    public void Gpus_are_counts_with_or_without_a_type(string text, string expected)
    {
        Assert.True(GresSpec.TryParseGpus(text, out var terms, out var error), error);
        Assert.Equal(expected, string.Join('|', terms));
    }

    [Theory]
    [InlineData(""), InlineData("a100"), InlineData("a100:2:3"), InlineData("-1"), InlineData("1.5")]
    public void What_is_no_count_of_gpus_is_refused(string text) => Assert.False(GresSpec.TryParseGpus(text, out _, out _));

    [Fact]
    public void Licences_are_all_or_any()
    {
        Assert.True(LicenseSpec.TryParse("matlab:2,ansys", out var all, out _));
        Assert.Equal(("matlab:2,ansys:1", false), (all!.ToString(), all.AnySuffices));
        Assert.True(LicenseSpec.TryParse("a|b:3", out var any, out _));
        Assert.Equal(("a:1|b:3", true), (any!.ToString(), any.AnySuffices));
        foreach (var bad in (string[])["", "a:", "a:0", "a,,b", "a|b,c", "a:1,a:2", ":3", "a b"]) Assert.False(LicenseSpec.TryParse(bad, out _, out _), bad);
    }

    [Theory]
    [InlineData("block", true), InlineData("CYCLIC:Block:fcyclic", true), InlineData("*:cyclic", true), InlineData("plane=4", true), InlineData("arbitrary", true), InlineData("block,Pack", true), InlineData("nopack", true),
        InlineData("", false), InlineData("plane", false), InlineData("plane=0", false), InlineData("block:arbitrary", false), InlineData("a:b:c:d", false), InlineData("block,tight", false)]
    public void Distributions_are_levels(string text, bool valid) => Assert.Equal(valid, Distribution.TryParse(text, out _));

    [Theory]
    [InlineData("closest", true), InlineData("verbose,none", true), InlineData("per_task:2", true), InlineData("map_gpu:0,1,0x2*3", true), InlineData("mask_gpu:0x3,0xC", true),
        InlineData("single", false), InlineData("single:0", false), InlineData("map_gpu:a", false), InlineData("mask_gpu:0x3*0", false), InlineData("closest:1", false), InlineData("", false)]
    public void Bindings_of_gpus_are_checked(string text, bool valid) => Assert.Equal(valid, GpuBinding.TryParse(text));
}
