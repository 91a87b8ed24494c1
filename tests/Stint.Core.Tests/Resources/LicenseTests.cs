using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Tests.Resources;

public sealed class LicenseTests
{
    private static LicenseRequest Parse(string text) => LicenseRequest.Parse(text, out var error) ?? throw new Xunit.Sdk.XunitException(error);

    [Theory]
    [InlineData("a", "a"), InlineData("a:2,b", "a:2,b"), InlineData("a:1;a:2", "a:3"), InlineData("a:2|b", "a:2|b"), InlineData("matlab@srv:4", "matlab@srv:4"), InlineData("", "")]
    public void Lists_are_read(string text, string canonical) => Assert.Equal(canonical, Parse(text).ToString());

    [Theory]
    [InlineData("a:"), InlineData(":2"), InlineData("a:0"), InlineData("a:-1"), InlineData("a,,b"), InlineData("a|b,c"), InlineData("a b"), InlineData("a:99999999999")]
    public void What_is_no_list_of_licences_says_so(string text)
    {
        Assert.Null(LicenseRequest.Parse(text, out var error));
        Assert.NotEqual("", error);
    }

    [Fact]
    public void All_or_any_one_are_given_as_they_are_free()
    {
        var licenses = new Licenses();
        licenses.Configure("a:3,b:1");
        Assert.Equal("a:2,b", licenses.Choose(Parse("a:2,b")));
        licenses.Take("a:2,b");
        Assert.Null(licenses.Choose(Parse("a:2,b")));
        Assert.Equal("needs 2 of licence a (2 of 3 are in use) and 1 of licence b (1 of 1 are in use)", licenses.Missing(Parse("a:2,b")));
        Assert.Equal("a", licenses.Choose(Parse("b|a")));
        licenses.GiveBack("a:2,b");
        Assert.Equal("b", licenses.Choose(Parse("b|a")));
        Assert.Equal((3, 0), (licenses.Free("a"), licenses.InUse("a")));
        Assert.False(licenses.CouldGive(Parse("a:4")));
    }

    [Fact]
    public void Fewer_than_are_held_leaves_none_free()
    {
        var licenses = new Licenses();
        licenses.Configure("a:3");
        licenses.Take("a:3");
        licenses.Configure("a:1");
        Assert.Equal((0, 3, 1), (licenses.Free("a"), licenses.InUse("a"), licenses.Total("a")));
    }

    [Fact]
    public void A_licence_that_the_cluster_does_not_have_is_refused()
    {
        var lab = new Lab(c => c.Licenses = "a:3").Nodes("n1");
        Assert.Equal(RefusalCodes.InvalidLicense, lab.Refused(new SubmitJob(Lab.Spec(s => s.Licenses = "b"))).Code);
        Assert.Equal(RefusalCodes.InvalidLicense, lab.Refused(new SubmitJob(Lab.Spec(s => s.Licenses = "a:4"))).Code);
        lab.Submit(s => s.Licenses = "a:3");
    }

    [Fact]
    public void What_a_job_holds_is_counted_until_it_ends()
    {
        var lab = new Lab(c => c.Licenses = "a:3").Nodes("n1");
        var id = lab.Submit(s => s.Licenses = "a:2");
        var start = new JobAllocated { JobId = id, Licenses = "a:2", Shares = { Core.Scheduling.Placement.Find(lab.Job(id).Request, lab.Cluster.Partitions[0].Nodes, n => n.Balance) } };
        lab.Cluster.Apply(new Core.Journal.Record { AtMs = lab.Now.Milliseconds, JobAllocated = start });
        lab.Cluster.Audit();
        Assert.Equal(1, lab.Cluster.LicenseStock.Free("a"));
        Assert.Equal(1, Cluster.FromSnapshot(lab.Cluster.ToSnapshot(0)).LicenseStock.Free("a"));
        lab.Finish(id);
        Assert.Equal(3, lab.Cluster.LicenseStock.Free("a"));
    }

    [Fact]
    public void What_is_written_reads_as_the_same() => Prop.ForAll(
        Gen.ArrayOf(Gen.Elements("a", "b", "c@d", ":", "1", "23", ",", "|", ";", " ")).Select(string.Concat).ToArbitrary(), text =>
        {
            if (LicenseRequest.Parse(text, out _) is { } request) Assert.Equal(request.ToString(), Parse(request.ToString()).ToString());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000).WithQuietOnSuccess(true));
}
