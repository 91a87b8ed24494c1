using System.Globalization;
using System.Text.Json;
using Stint.Core.Scheduling.Planning;
using Stint.Simulation.Traces;

namespace Stint.Simulation;

public sealed class SimulateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-simulate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_compares_all_policies_in_a_table()
    {
        var (code, output) = Run(WriteTrace(), "--processors", "64", "--policy", "all");
        Assert.Equal(Simulate.Done, code);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("POLICY", lines[0], StringComparison.Ordinal);
        Assert.Equal(Policies.Names, lines.Skip(1).Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void Json_carries_the_numbers_of_the_table()
    {
        var (code, output) = Run(WriteTrace(), "--processors", "64", "--policy", "easy", "--json");
        Assert.Equal(Simulate.Done, code);
        using var json = JsonDocument.Parse(output);
        var easy = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal("easy", easy.GetProperty("policy").GetString());
        Assert.Equal(200, easy.GetProperty("jobs").GetInt32());
        Assert.InRange(easy.GetProperty("utilisation").GetDouble(), 0.1, 1);
    }

    [Fact]
    public void A_plot_is_well_formed_and_has_two_curves_for_each_policy()
    {
        var plot = Path.Combine(_folder, "out.svg");
        Run(WriteTrace(), "--processors", "64", "--policy", "easy,default", "--plot", plot);
        var svg = System.Xml.Linq.XDocument.Load(plot);
        Assert.Equal(4, svg.Descendants().Count(e => e.Name.LocalName == "polyline"));
    }

    [Theory]
    [InlineData("no trace given")]
    [InlineData("--processors N", "a.swf")]
    [InlineData("--policy best", "a.swf", "--policy", "best")]
    [InlineData("--processors -3", "a.swf", "--processors", "-3")]
    [InlineData("--plot needs a value", "a.swf", "--plot")]
    [InlineData("one trace at a time", "a.swf", "b.swf")]
    public void Wrong_words_are_named(string expected, params string[] args)
    {
        var (code, output) = Run(args);
        Assert.Equal(Simulate.BadUsage, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.Contains(SimulateOptions.Usage, output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_that_is_not_there_fails_with_its_name()
    {
        var (code, output) = Run(Path.Combine(_folder, "nowhere.swf"), "--processors", "1");
        Assert.Equal(Simulate.Failed, code);
        Assert.Contains("nowhere.swf", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(params string[] args)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var code = Simulate.Run(args, output);
        return (code, output.ToString());
    }

    private string WriteTrace()
    {
        var path = Path.Combine(_folder, "a.swf");
        File.WriteAllLines(path, SyntheticTrace.Of(1, 200, 64).Select(job => string.Create(CultureInfo.InvariantCulture,
            $"{job.Id} {job.Submitted.Milliseconds / 1000.0} -1 {job.RunMs / 1000.0} {job.Amount.Cpus} -1 -1 {job.Amount.Cpus} "
            + $"{job.EstimateMs / 1000} -1 1 {job.User[1..]} 1 -1 -1 -1 -1 -1")));
        return path;
    }
}
