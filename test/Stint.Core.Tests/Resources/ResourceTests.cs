using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Tests.Resources;

public sealed class ResourceTests
{
    [Fact]
    public void A_CPU_set_goes_through_bytes_unchanged()
    {
        foreach (var set in new[] { default, CpuSet.Of(0), CpuSet.Of(7, 8, 63, 64, 200), CpuSet.Full(64), CpuSet.Full(65) })
            Assert.Equal(set, CpuSet.FromBytes(set.ToBytes()));
        Assert.Equal([0x81, 0x01], CpuSet.Of(0, 7, 8).ToBytes().ToByteArray());
    }

    [Fact]
    public void CPU_sets_add_and_subtract()
    {
        var (a, b) = (CpuSet.Of(0, 1, 70), CpuSet.Of(1, 2));
        Assert.Equal(CpuSet.Of(0, 1, 2, 70), a.Union(b));
        Assert.Equal(a.Union(b), b.Union(a));
        Assert.Equal(CpuSet.Of(0, 70), a.Except(b));
        Assert.True(a.Intersects(b));
        Assert.False(CpuSet.Of(70).Intersects(b));
        Assert.True(CpuSet.Of(70).IsSubsetOf(a));
        Assert.Equal(default, a.Except(a));
        Assert.Equal(70, a.Max);
        Assert.Equal(-1, default(CpuSet).Max);
    }

    [Fact]
    public void The_lowest_CPUs_and_whole_cores_are_found()
    {
        Assert.Equal("1-2,64", CpuSet.Of(1, 2, 64, 99).Lowest(3).ToString());
        Assert.Equal("2-3,6-7", CpuSet.Of(1, 2, 3, 6, 7, 8).LowestCores(2, 2).ToString());
        Assert.Equal(2, CpuSet.Of(1, 2, 3, 6, 7, 8).WholeCores(2));
    }

    [Theory]
    [InlineData(0ul, "0")]
    [InlineData(512ul << 20, "512M")]
    [InlineData(3ul << 29, "1.5G")]
    public void Bytes_print_as_people_write_them(ulong bytes, string text) => Assert.Equal(text, new ByteSize(bytes).ToString());

    [Theory]
    [InlineData("n1", "n1")]
    [InlineData("n[1-3]", "n1 n2 n3")]
    [InlineData("n[08-10,20],m", "n08 n09 n10 n20 m")]
    [InlineData("a[1-2]b[1-2]", "a1b1 a1b2 a2b1 a2b2")]
    [InlineData("n1,n1", "n1")]
    public void Lists_of_nodes_expand(string list, string names) => Assert.Equal(names, string.Join(' ', NodeNames.Expand(list)!));

    [Theory]
    [InlineData("n[1-3")]
    [InlineData("n]1[")]
    [InlineData("n[3-1]")]
    [InlineData("n[]")]
    [InlineData("n[a]")]
    [InlineData("n[1-1000000000]")]
    [InlineData("n[1-999][1-999]")]
    [InlineData("a,,b")]
    public void What_is_no_list_or_too_long_is_none(string list) => Assert.Null(NodeNames.Expand(list));
}
