using System.Globalization;
using System.Text.Json;
using Stint.Server.Simulate;
using Stint.Server.Simulate.Traces;

namespace Stint.Simulation.Command;

public sealed class SimulateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-simulate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_compares_all_policies_in_a_table()
    {
        var (code, output, errors) = Run(WriteTrace(), "--processors", "64", "--policy", "all");
        Assert.Equal((SimulateCommand.Done, ""), (code, errors));
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^POLICY +JOBS +REFUSED +AVG_WAIT_S +MAX_WAIT_S +SLOWDOWN +UTIL +GPU_ALLOC +JAIN +MAKESPAN_S +REPLAY_S$", lines[0]);
        Assert.Equal(SimulateOptions.KnownPolicies, lines.Skip(1).Select(line => line.Split(' ')[0]));
        Assert.All(lines, line => Assert.Equal(lines[0].Length, line.Length));
    }

    [Fact]
    public void Json_carries_the_numbers_of_the_table_under_names_that_stay()
    {
        var (code, output, _) = Run(WriteTrace(), "--processors=64", "--policy=easy", "--json");
        Assert.Equal(SimulateCommand.Done, code);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(["trace", "mode", "estimates", "predict", "arrivals", "seed", "cluster", "policies"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(64, json.RootElement.GetProperty("cluster").GetProperty("cpus").GetInt64());
        var easy = Assert.Single(json.RootElement.GetProperty("policies").EnumerateArray());
        Assert.Equal("easy", easy.GetProperty("policy").GetString());
        Assert.Equal(200, easy.GetProperty("jobs").GetInt32());
        Assert.InRange(easy.GetProperty("utilisation").GetDouble(), 0.1, 1);
        Assert.Equal(
            ["policy", "jobs", "refused", "restarts", "average_wait_s", "max_wait_s", "average_bounded_slowdown", "utilisation", "gpu_allocation",
                "fairness_jain", "users", "makespan_s", "rounds", "replay_s"], easy.EnumerateObject().Select(p => p.Name));
    }

    [Theory]
    [InlineData("no trace given")]
    [InlineData("--processors N", "a.swf")]
    [InlineData("'best' is none of fcfs, easy, conservative, default, all", "a.swf", "--policy", "easy,best")]
    [InlineData("a policy is there twice", "a.swf", "--policy", "easy,easy")]
    [InlineData("--processors -3", "a.swf", "--processors", "-3")]
    [InlineData("--processors 1e3", "a.swf", "--processors=1e3")]
    [InlineData("--plot needs a value", "a.swf", "--plot")]
    [InlineData("one trace at a time: 'a.swf' and 'b.swf'", "a.swf", "b.swf")]
    [InlineData("unknown option --procesors", "a.swf", "--procesors", "3")]
    [InlineData("--json takes no value", "a.swf", "--json=yes")]
    [InlineData("--seed is there twice", "a.swf", "--seed", "1", "--seed", "2")]
    [InlineData("exclude each other", "a.swf", "--processors", "3", "--cluster", "c.yaml")]
    [InlineData("exclude each other", "a.swf", "--gpus", "3", "--fill", "--plot", "x.svg")]
    [InlineData("--estimates guessed", "a.swf", "--processors", "3", "--estimates", "guessed")]
    [InlineData("--arrivals 0", "a.swf", "--processors", "3", "--arrivals", "0")]
    [InlineData("--jobs 0", "a.swf", "--processors", "3", "--jobs", "0")]
    public void Wrong_words_are_named_and_exit_with_2(string expected, params string[] args)
    {
        var (code, output, errors) = Run(args);
        Assert.Equal((SimulateCommand.BadUsage, ""), (code, output));
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Contains(SimulateOptions.Usage, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_names_every_option()
    {
        var (code, output, errors) = Run("--help");
        Assert.Equal((SimulateCommand.Done, ""), (code, errors));
        Assert.All(Options, option => Assert.Contains($"--{option}", output, StringComparison.Ordinal));
    }

    [Fact]
    public void Completions_offer_exactly_the_options_there_are()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Stint.slnx"))) root = Path.GetDirectoryName(root)!;
        var line = File.ReadLines(Path.Combine(root, "completions", "stint.bash")).Single(l => l.TrimStart().StartsWith("simulate)", StringComparison.Ordinal));
        var offered = System.Text.RegularExpressions.Regex.Matches(line, "--([a-z-]+)").Select(m => m.Groups[1].Value).Distinct();
        Assert.Equal(Options.Order(StringComparer.Ordinal), offered.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_trace_that_is_not_there_fails_with_its_name()
    {
        var (code, _, errors) = Run(Path.Combine(_folder, "nowhere.swf"), "--processors", "1");
        Assert.Equal(SimulateCommand.Failed, code);
        Assert.Contains("nowhere.swf", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Jobs_that_can_never_run_are_counted_and_the_first_of_them_is_explained()
    {
        var (code, output, errors) = Run(WriteTrace(), "--processors", "8", "--policy", "easy");
        Assert.Equal(SimulateCommand.Done, code);
        var row = output.Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(200, int.Parse(row[1], CultureInfo.InvariantCulture) + int.Parse(row[2], CultureInfo.InvariantCulture));
        Assert.Matches(@"^stint simulate: easy: \d+ jobs cannot run on this cluster; job \d+: .*CPUs", errors);
    }

    [Fact]
    public void Denser_arrivals_wait_longer_and_equal_words_give_equal_answers()
    {
        var usual = AverageWait("synthetic:400", "--processors", "64", "--seed", "3", "--policy", "easy");
        Assert.Equal(usual, AverageWait("synthetic:400", "--processors", "64", "--seed", "3", "--policy", "easy"));
        Assert.True(AverageWait("synthetic:400", "--processors", "64", "--seed", "3", "--policy", "easy", "--arrivals", "2") > usual);
        Assert.NotEqual(usual, AverageWait("synthetic:400", "--processors", "64", "--seed", "4", "--policy", "easy"));
    }

    [Fact]
    public void The_bar_is_drawn_for_a_terminal_only_and_taken_away()
    {
        using var errors = new StringWriter(CultureInfo.InvariantCulture);
        SimulateCommand.Run(["synthetic:3000", "--processors", "64", "--policy", "fcfs"], TextWriter.Null, errors, bar: true);
        Assert.Contains("fcfs [", errors.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\r\u001b[K", errors.ToString(), StringComparison.Ordinal);
        Assert.Equal("", Run("synthetic:3000", "--processors", "64", "--policy", "fcfs").Errors);
    }

    private static readonly string[] Options =
    [
        "processors", "gpus", "cluster", "policy", "estimates", "predict", "keep-nodes", "arrivals", "jobs", "fill", "seed", "json", "plot", "quiet", "help",
    ];

    private static double AverageWait(params string[] args)
    {
        using var json = JsonDocument.Parse(Run([.. args, "--json"]).Output);
        return json.RootElement.GetProperty("policies")[0].GetProperty("average_wait_s").GetDouble();
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var errors = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var code = SimulateCommand.Run(args, output, errors, bar: false);
        return (code, output.ToString(), errors.ToString());
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
