using System.Xml.Linq;
using Stint.Server.Simulate;
using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Reports;
using Stint.Server.Simulate.Traces;

namespace Stint.Simulation.Command;

public sealed class PlotTests
{
    [Fact]
    public void A_plot_is_well_formed_and_has_a_curve_for_each_policy_in_each_of_four_panels()
    {
        var svg = Draw("a <trace> & its \"cluster\"\u0001", "fcfs", "easy");
        Assert.Equal(8, svg.Descendants().Count(e => e.Name.LocalName == "polyline"));
        Assert.Contains(svg.Descendants(), e => e.Name.LocalName == "title" && e.Value == "a <trace> & its \"cluster\"?");
    }

    [Fact]
    public void Every_curve_lies_inside_the_picture()
    {
        foreach (var polyline in Draw("t", "fcfs").Descendants().Where(e => e.Name.LocalName == "polyline"))
            foreach (var point in polyline.Attribute("points")!.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var (x, y) = (double.Parse(point.Split(',')[0]), double.Parse(point.Split(',')[1]));
                Assert.InRange(x, 0, 1080);
                Assert.InRange(y, 0, 800);
            }
    }

    [Fact]
    public void A_trace_without_a_job_that_ran_can_be_drawn_too()
    {
        var result = new ReplayResult(default, [], [], 0);
        XDocument.Parse(PlotReport.Svg("none", [new Outcome("easy", Metrics.Of(result), result, 0)]));
    }

    private static XDocument Draw(string title, params string[] policies)
    {
        var trace = SyntheticTrace.Of(1, 100, 64);
        var cluster = ClusterDescription.Counted(64, 0);
        return XDocument.Parse(PlotReport.Svg(title, [.. policies.Select(policy =>
        {
            var result = ClusterReplay.Run(trace, cluster, new ReplaySettings { Policy = policy });
            return new Outcome(policy, Metrics.Of(result), result, 0);
        })]));
    }
}
