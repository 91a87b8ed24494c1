using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Tests.Resources;

public sealed class FeatureTests
{
    private static FeatureConstraint Parse(string text)
    {
        var constraint = FeatureConstraint.Parse(text, out var error);
        Assert.True(constraint is not null, error);
        return constraint;
    }

    [Theory]
    [InlineData("a", "a", true), InlineData("a", "b", false)]
    [InlineData("a&b", "a b", true), InlineData("a&b", "a", false)]
    [InlineData("a|b", "b", true), InlineData("a|b", "c", false)]
    [InlineData("!a", "b", true), InlineData("!a", "a", false)]
    [InlineData("(a|b)&c", "b c", true), InlineData("(a|b)&c", "b", false)]
    [InlineData("a|b&c", "a", false)]                         // from left to right: (a|b)&c
    [InlineData("a&!(b|c)", "a", true), InlineData("a&!(b|c)", "a c", false)]
    [InlineData("[a|b]", "b", true), InlineData("[a|b]", "c", false)]
    [InlineData("[a*2&b*4]", "b", true), InlineData("[a*2&b*4]", "c", false)]
    [InlineData("a*2", "c", true)]                            // only so many of the nodes need it
    [InlineData("intel&[rack1|rack2]", "intel rack2", true), InlineData("intel&[rack1|rack2]", "amd rack2", false)]
    public void A_node_with_features_may_be_part_of_it(string constraint, string features, bool may) =>
        Assert.Equal(may, Parse(constraint).Allows(features.Split(' ')));

    [Theory]
    [InlineData(""), InlineData("&a"), InlineData("a&"), InlineData("a||b"), InlineData("(a"), InlineData("a)"), InlineData("[a"), InlineData("a]"), InlineData("a*0")]
    [InlineData("a*"), InlineData("a*99999999"), InlineData("[a*2|b*2]"), InlineData("[a*2&b]"), InlineData("[a]|b"), InlineData("a*2|b"), InlineData("[a|b]&[c|d]"), InlineData("a b"), InlineData("!")]
    public void What_is_no_constraint_says_where(string text)
    {
        Assert.Null(FeatureConstraint.Parse(text, out var error));
        Assert.NotEqual("", error);
    }

    [Fact]
    public void Deep_nesting_is_refused_not_followed() => Assert.Null(FeatureConstraint.Parse(new string('(', 3_000) + "a" + new string(')', 1_000), out _));

    [Fact]
    public void Any_text_gives_a_constraint_or_a_sentence_and_prints_as_one_that_means_the_same()
    {
        var text = Gen.ArrayOf(Gen.Elements("a", "b", "c", "&", "|", "!", "(", ")", "[", "]", "*", "2", "4", " ")).Select(string.Concat).ToArbitrary();
        string[][] nodes = [[], ["a"], ["b"], ["a", "b"], ["c"], ["a", "b", "c"]];
        Prop.ForAll(text, written =>
        {
            var constraint = FeatureConstraint.Parse(written, out var error);
            if (constraint is null) { Assert.NotEqual("", error); return; }
            var again = Parse(constraint.ToString());
            Assert.Equal(constraint.ToString(), again.ToString());
            Assert.Equal((constraint.NodesCounted, constraint.CountsAreAll), (again.NodesCounted, again.CountsAreAll));
            foreach (var node in nodes) Assert.Equal(constraint.Allows(node), again.Allows(node));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000).WithQuietOnSuccess(true));
    }

    [Fact]
    public void Plain_expressions_mean_what_a_naive_reading_from_left_to_right_means()
    {
        var expression = (from first in Gen.Elements("a", "b", "!a", "(b|c)") from rest in Gen.ArrayOf(from op in Gen.Elements('&', '|') from term in Gen.Elements("a", "b", "c", "!c", "(a&b)") select (op, term)) select (first, rest)).ToArbitrary();
        Prop.ForAll(expression, e =>
        {
            var constraint = Parse(e.first + string.Concat(e.rest.Select(r => $"{r.op}{r.term}")));
            for (var bits = 0; bits < 8; bits++)
            {
                string[] features = [.. new[] { "a", "b", "c" }.Where((_, i) => (bits >> i & 1) != 0)];
                bool Term(string term) => term switch { "(b|c)" => features.Contains("b") || features.Contains("c"), "(a&b)" => features.Contains("a") && features.Contains("b"), _ => term[0] == '!' ? !features.Contains(term[1..]) : features.Contains(term) };
                var expected = e.rest.Aggregate(Term(e.first), (left, r) => r.op == '&' ? left && Term(r.term) : left || Term(r.term));
                Assert.Equal(expected, constraint.Allows(features));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithQuietOnSuccess(true));
    }

    private static Lab Racks() => new Lab(c =>
    {
        c.Nodes.Add(new NodeSpec { Nodes = "n[1-3]", Features = { "rack1", "fast" } });
        c.Nodes.Add(new NodeSpec { Nodes = "n[4-6]", Features = { "rack2" } });
    }).Nodes("n1", "n2", "n3", "n4", "n5", "n6");

    private static string Nodes(Lab lab, Action<JobSpec> with) => string.Join(' ', lab.Find(with)?.Select(s => s.Node) ?? ["none"]);

    [Fact]
    public void Constraints_choose_nodes()
    {
        var lab = Racks();
        Assert.Equal("n4", Nodes(lab, s => s.Constraint = "rack2"));
        Assert.Equal("n4", Nodes(lab, s => s.Constraint = "!fast"));
        Assert.Equal("n1 n2 n3 n4", Nodes(lab, s => { s.NodesMin = 4; s.Constraint = "rack1|rack2"; }));
    }

    [Fact]
    public void Of_alternatives_in_brackets_all_nodes_have_the_same()
    {
        var lab = Racks();
        Assert.Equal("n1 n2", Nodes(lab, s => { s.NodesMin = 2; s.Constraint = "[rack1|rack2]"; }));
        Assert.Equal("none", Nodes(lab, s => { s.NodesMin = 4; s.Constraint = "[rack1|rack2]"; }));
        lab.Run(s => { s.NodeList = "n[1-2]"; s.NodesMin = 2; s.Exclusive = true; });
        Assert.Equal("n4 n5", Nodes(lab, s => { s.NodesMin = 2; s.Constraint = "[rack1|rack2]"; }));
    }

    [Fact]
    public void Counts_ask_for_so_many_nodes_with_a_feature()
    {
        var lab = Racks();
        Assert.Equal("n1 n4 n5 n6", Nodes(lab, s => { s.NodesMin = 4; s.Constraint = "[rack1*1&rack2*3]"; }));
        Assert.Equal("none", Nodes(lab, s => { s.NodesMin = 6; s.Constraint = "[rack1*2&rack2*4]"; }));
        Assert.Equal("n1 n4 n5", Nodes(lab, s => { s.NodesMin = 3; s.Constraint = "rack2*2"; }));
    }

    [Fact]
    public void What_is_preferred_is_taken_when_it_can_be()
    {
        var lab = Racks();
        Assert.Equal("n4", Nodes(lab, s => s.Prefer = "rack2"));
        Assert.Equal("n1 n2 n3 n4", Nodes(lab, s => { s.NodesMin = 4; s.Prefer = "rack2"; }));
    }

    [Fact]
    public void A_feature_that_no_node_has_is_refused()
    {
        var lab = Racks();
        Assert.Equal(RefusalCodes.InvalidFeature, lab.Refused(new SubmitJob(Lab.Spec(s => s.Constraint = "gold"))).Code);
        Assert.Equal(RefusalCodes.InvalidFeature, lab.Refused(new SubmitJob(Lab.Spec(s => s.Constraint = "rack1&"))).Code);
    }
}
