using Stint.Protocol.Slurm;

namespace Stint.Protocol.Tests.Slurm;

// Cases are what `scontrol show hostnames|hostlist|hostlistsorted` of Slurm 22.05.8 printed.
public class HostlistTests
{
    [Theory]
    [InlineData("node[001-003,020]", "node001 node002 node003 node020")]
    [InlineData("n[1-3,5],m7", "n1 n2 n3 n5 m7")]
    [InlineData("a[1-2]b[3-4]", "a1b3 a1b4 a2b3 a2b4")]
    [InlineData("rack[0-1]-n[08-10]", "rack0-n08 rack0-n09 rack0-n10 rack1-n08 rack1-n09 rack1-n10")]
    [InlineData("n[1,1,2]", "n1 n1 n2")]
    [InlineData("n[01-3]", "n01 n02 n03")]
    [InlineData("n[9-11]", "n9 n10 n11")]
    [InlineData("n[09-11]", "n09 n10 n11")]
    [InlineData("a,b c", "a b c")]
    [InlineData("n1,,n2", "n1 n2")]
    [InlineData("[1-2]", "1 2")]
    [InlineData("1-2", "1-2")]
    [InlineData("n[1-2][3-4]", "n13 n14 n23 n24")]
    [InlineData("n[00-2]", "n00 n01 n02")]
    [InlineData("n[007-12]", "n007 n008 n009 n010 n011 n012")]
    [InlineData("", "")]
    public void A_hostlist_expands_as_Slurm_expands_it(string text, string expected)
    {
        Assert.True(Hostlist.TryExpand(text, out var hosts, out string error), error);
        Assert.Equal(expected, string.Join(' ', hosts));
    }

    [Theory]
    [InlineData("n[3-1]", "Invalid range: `3-1'")]
    [InlineData("n[a-c]", "Invalid range: `a-c'")]
    [InlineData("n[1-2-3]", "Invalid range: `1-2-3'")]
    [InlineData("n[]", "Invalid range: `'")]
    [InlineData("n[-1]", "Invalid range: `-1'")]
    [InlineData("n[0-70000]", "Too many hosts in range `0-70000'")]
    [InlineData("n[0-65536]", "Too many hosts in range `0-65536'")]
    [InlineData("n[1-2]-ib", "Invalid hostlist: n[1-2]-ib")]
    [InlineData("n[1-2,4-5]x[1-2]-y", "Invalid hostlist: n[1-2,4-5]x[1-2]-y")]
    [InlineData("n[[1-2]]", "Invalid hostlist: n[[1-2]]")]
    [InlineData("n[1-3", "Invalid hostlist: n[1-3")]
    public void What_Slurm_refuses_is_refused_in_its_words(string text, string expected)
    {
        Assert.False(Hostlist.TryExpand(text, out var hosts, out string error));
        Assert.Equal(expected, error);
        Assert.Empty(hosts);
    }

    [Fact]
    public void The_largest_range_has_65536_hosts()
    {
        Assert.True(Hostlist.TryExpand("n[0-65535]", out var hosts, out _));
        Assert.Equal(65536, hosts.Count);
    }

    [Theory]
    [InlineData("n[0-65535]m[0-65535]")]
    [InlineData("a[0-999]b[0-999]c[0-999]d[0-999]")]
    [InlineData("n[0-65535],n[0-65535],n[0-65535],n[0-65535],n[0-65535]")]
    public void Products_and_sums_are_bounded(string text)
    {
        Assert.False(Hostlist.TryExpand(text, out _, out string error));
        Assert.StartsWith("Invalid hostlist: more than", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n1,n2,n3", "n[1-3]")]
    [InlineData("n001,n002,n3", "n[001-002,3]")]
    [InlineData("n1,n01,n001", "n[1,01,001]")]
    [InlineData("n3,n1,n2", "n[3,1-2]")]
    [InlineData("n1,n1,n2", "n[1,1-2]")]
    [InlineData("a1b1,a1b2,a2b1", "a1b[1-2],a2b1")]
    [InlineData("x-1-1,x-1-2,x-2-1", "x-1-[1-2],x-2-1")]
    [InlineData("n9,n10,n11", "n[9-11]")]
    [InlineData("n09,n10,n11", "n[09-11]")]
    [InlineData("host,host1", "host,host1")]
    [InlineData("n1-ib,n2-ib", "n1-ib,n2-ib")]
    [InlineData("n10,n2,n1,b3,a", "n[10,2,1],b3,a")]
    [InlineData("a1,b1,a2,b2", "a1,b1,a2,b2")]
    [InlineData("n099,n100", "n[099-100]")]
    [InlineData("n100,n99", "n[100,99]")]
    [InlineData("n09,n8", "n[09,8]")]
    [InlineData("n8,n09,n10", "n[8,09-10]")]
    [InlineData("n007,n8,n9", "n[007,8-9]")]
    [InlineData("n1,n2,n4,n001,n002,n3", "n[1-2,4,001-002,3]")]
    [InlineData("n01,n1,n02,n2", "n[01,1,02,2]")]
    [InlineData("1,2,3", "[1-3]")]
    public void Folding_keeps_the_order(string hosts, string expected) => Assert.Equal(expected, Hostlist.Fold(hosts.Split(',')));

    [Theory]
    [InlineData("n3,n1,n2", "n[1-3]")]
    [InlineData("n001,n002,n3", "n[3,001-002]")]
    [InlineData("n10,n2,n1,b3,a", "a,b3,n[1-2,10]")]
    [InlineData("a1,b1,a2,b2", "a[1-2],b[1-2]")]
    [InlineData("n09,n8", "n[8,09]")]
    [InlineData("n8,n09,n10", "n[8,09-10]")]
    [InlineData("n007,n8,n9", "n[8-9,007]")]
    [InlineData("n1,n2,n4,n001,n002,n3", "n[1-4,001-002]")]
    [InlineData("n01,n1,n02,n2", "n[1-2,01-02]")]
    [InlineData("n1,n2,n3,n0004", "n[1-3,0004]")]
    [InlineData("n1a,n2a,n", "n,n1a,n2a")]
    [InlineData("b,a,b", "a,b,b")]
    [InlineData("a1,a2,a1", "a[1,1-2]")]
    [InlineData("x1-1,x1-2,x2-1,x2-2", "x1-[1-2],x2-[1-2]")]
    public void Folding_can_sort(string hosts, string expected) => Assert.Equal(expected, Hostlist.FoldSorted(hosts.Split(',')));
}
