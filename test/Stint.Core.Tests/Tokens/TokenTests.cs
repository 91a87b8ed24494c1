namespace Stint.Core.Tests.Tokens;

public sealed class TokenTests
{
    private static Lab With(string node = "", TimeSpan? valid = null)
    {
        var lab = new Lab();
        lab.Do(new IssueToken("h1", (lab.Now + (valid ?? TimeSpan.FromHours(1))).Milliseconds, Lab.Root, node, "join"));
        return lab;
    }

    [Fact]
    public void A_token_certifies_one_node_once()
    {
        var lab = With();
        lab.Do(new UseToken("h1", "n1", "AA"));
        Assert.Equal("AA", lab.Cluster.NodeCertificates["n1"]);
        var refusal = lab.Refused(new UseToken("h1", "n2", "BB"));
        Assert.Equal(RefusalCodes.TokenUsed, refusal.Code);
        Assert.Contains("n1", refusal.Sentence);
    }

    [Fact]
    public void Unknown_expired_and_foreign_tokens_are_refused()
    {
        var lab = With(node: "n1");
        Assert.Equal(RefusalCodes.TokenInvalid, lab.Refused(new UseToken("h2", "n1", "AA")).Code);
        Assert.Equal(RefusalCodes.TokenInvalid, lab.Refused(new UseToken("h1", "n2", "AA")).Code);
        Assert.Equal(RefusalCodes.InvalidNodeName, lab.Refused(new UseToken("h1", "../n1", "AA")).Code);
        lab.After(TimeSpan.FromHours(1));
        Assert.Equal(RefusalCodes.TokenExpired, lab.Refused(new UseToken("h1", "n1", "AA")).Code);
    }

    [Fact]
    public void A_name_that_has_joined_takes_a_token_of_its_own_to_join_again()
    {
        var lab = With();
        lab.Do(new UseToken("h1", "n1", "AA"));
        lab.Do(new IssueToken("h2", lab.Now.Milliseconds + 1000, Lab.Root, "", "join"));
        Assert.Equal(RefusalCodes.NodeNameTaken, lab.Refused(new UseToken("h2", "n1", "BB")).Code);
        lab.Do(new IssueToken("h3", lab.Now.Milliseconds + 1000, Lab.Root, "n1", "join"));
        lab.Do(new UseToken("h3", "n1", "CC"));
        Assert.Equal("CC", lab.Cluster.NodeCertificates["n1"]);
    }

    [Fact]
    public void Only_operators_issue_tokens_and_none_twice()
    {
        var lab = With();
        Assert.Equal(RefusalCodes.AccessDenied, lab.Refused(new IssueToken("h2", long.MaxValue, Lab.User(Lab.Alice), "", "")).Code);
        Assert.Equal(RefusalCodes.TokenUsed, lab.Refused(new IssueToken("h1", long.MaxValue, Lab.Root, "", "")).Code);
        Assert.Equal(RefusalCodes.TokenExpired, lab.Refused(new IssueToken("h3", lab.Now.Milliseconds, Lab.Root, "", "")).Code);
    }

    [Fact]
    public void Tokens_that_expired_long_ago_are_dropped()
    {
        var lab = With().After(TimeSpan.FromDays(3));
        lab.Do(new IssueToken("h2", lab.Now.Milliseconds + 1000, Lab.Root, "", "join"));
        Assert.Equal(["h2"], lab.Cluster.Tokens.Keys);
    }
}
