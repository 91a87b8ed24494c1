using System.Diagnostics;
using Stint.Core;
using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Reports;
using Stint.Server.Simulate.Traces;

namespace Stint.Server.Simulate;

/// <summary>
/// Replays a trace under one or several policies and prints what each comes to: "what if the cluster were larger, or the rules others?"
/// </summary>
public static class SimulateCommand
{
    public const int Done = 0, Failed = 1, BadUsage = 2;

    private const string Synthetic = "synthetic:";

    /// <param name="args">The words after <c>simulate</c>.</param>
    /// <param name="bar">Whether somebody looks at a bar: standard error is a terminal.</param>
    /// <returns>0, 1 when a file cannot be read or written, 2 when the words are wrong.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter errors, bool bar)
    {
        if (SimulateOptions.Parse(args, out var wrong) is not { } options)
        {
            errors.WriteLine($"stint simulate: {wrong}");
            errors.WriteLine(SimulateOptions.Usage);
            errors.WriteLine("Try 'stint simulate --help'.");
            return BadUsage;
        }
        if (options.ShowHelp)
        {
            output.WriteLine($"{SimulateOptions.Usage}\n{SimulateOptions.Help}");
            return Done;
        }
        using var progress = new ProgressBar(errors, bar && !options.Quiet);
        try
        {
            if (Describe(options, out var error) is not { } cluster) return Fail(errors, progress, error);
            var trace = Workload(options);
            if (options.Fill) WriteFill(options, cluster, Fill(options, trace, cluster, progress), output, progress);
            else Write(options, cluster, Replay(options, trace, cluster, progress), output, errors, progress);
            return Done;
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidDataException or UnauthorizedAccessException)
        {
            return Fail(errors, progress, e.Message);
        }
    }

    private static int Fail(TextWriter errors, ProgressBar progress, string sentence)
    {
        progress.Clear();
        errors.WriteLine($"stint simulate: {sentence}");
        return Failed;
    }

    private static ClusterDescription? Describe(SimulateOptions options, out string error)
    {
        error = "";
        if (options.Cluster is not { } file) return ClusterDescription.Counted(options.Processors > 0 ? options.Processors : options.Gpus, options.Gpus);
        var (cluster, wrong) = ClusterFile.Read(file);
        error = wrong ?? "";
        return cluster;
    }

    private static IReadOnlyList<TraceJob> Workload(SimulateOptions options)
    {
        var jobs = options.Trace.StartsWith(Synthetic, StringComparison.Ordinal) ? Drawn(options) : TraceFile.Read(options.Trace);
        if (options.Jobs is { } count && count < jobs.Count) jobs = [.. jobs.Take(count)];
        if (jobs.Count == 0) throw new FormatException($"{options.Trace}: there is no job in it that ran");
        if (options.Arrivals == 1) return jobs;
        var first = jobs[0].Submitted.Milliseconds;
        return [.. jobs.Select(job => job with { Submitted = new Instant(first + (long)((job.Submitted.Milliseconds - first) / options.Arrivals)) })];
    }

    private static IReadOnlyList<TraceJob> Drawn(SimulateOptions options)
    {
        if (!int.TryParse(options.Trace.AsSpan(Synthetic.Length), out var jobs) || jobs is < 1 or > 10_000_000)
            throw new FormatException($"{options.Trace}: expected {Synthetic}1 to {Synthetic}10000000");
        return SyntheticTrace.Of(options.Seed, jobs, (int)Math.Clamp(options.Processors, 2, 1 << 20));
    }

    private static ReplaySettings Settings(SimulateOptions options, string policy) => new()
    {
        Policy = policy, ExactEstimates = options.ExactEstimates, Predict = options.Predict, KeepNodes = options.KeepNodes,
    };

    /// <summary>What was asked for; else what the cluster's file says; else the usual comparison.</summary>
    private static IReadOnlyList<string> PoliciesOf(SimulateOptions options, ClusterDescription cluster) =>
        options.Policies.Count > 0 ? options.Policies
        : cluster.Config.Planning is { Policy.Length: > 0 } planning ? [planning.Policy]
        : options.Fill || options.Cluster is not null ? ["default"] : ["easy", "default"];

    private static List<Outcome> Replay(SimulateOptions options, IReadOnlyList<TraceJob> trace, ClusterDescription cluster, ProgressBar progress)
    {
        var outcomes = new List<Outcome>();
        foreach (var policy in PoliciesOf(options, cluster))
        {
            var watch = Stopwatch.StartNew();
            var result = ClusterReplay.Run(trace, cluster, Settings(options, policy), share => progress.Show(policy, share));
            outcomes.Add(new Outcome(policy, Metrics.Of(result), result, watch.Elapsed.TotalSeconds));
        }
        return outcomes;
    }

    private static List<FillOutcome> Fill(SimulateOptions options, IReadOnlyList<TraceJob> trace, ClusterDescription cluster, ProgressBar progress)
    {
        if (cluster.Capacity.Gpus == 0) throw new FormatException("--fill counts GPUs, and this cluster has none");
        if (!trace.Any(job => job.GpuMilli > 0)) throw new FormatException("--fill counts GPUs, and no job of this trace asks for one");
        var outcomes = new List<FillOutcome>();
        foreach (var policy in PoliciesOf(options, cluster))
        {
            var watch = Stopwatch.StartNew();
            var result = ClusterFill.Run(trace, cluster, Settings(options, policy), options.Seed, share => progress.Show(policy, share));
            outcomes.Add(new FillOutcome(policy, result, watch.Elapsed.TotalSeconds));
        }
        return outcomes;
    }

    private static void Write(SimulateOptions options, ClusterDescription cluster, List<Outcome> outcomes, TextWriter output, TextWriter errors, ProgressBar progress)
    {
        progress.Clear();
        if (options.Json) JsonReport.Write(options, cluster, outcomes, output);
        else TableReport.Write(outcomes, output);
        foreach (var outcome in outcomes)
            if (outcome.Result.WhyRefused.Length > 0)
                errors.WriteLine($"stint simulate: {outcome.Policy}: {outcome.Metrics.Refused} jobs cannot run on this cluster; {outcome.Result.WhyRefused}");
        if (options.Plot is { } plot) File.WriteAllText(plot, PlotReport.Svg($"{Path.GetFileName(options.Trace)} on {cluster.Name}", outcomes));
    }

    private static void WriteFill(SimulateOptions options, ClusterDescription cluster, List<FillOutcome> outcomes, TextWriter output, ProgressBar progress)
    {
        progress.Clear();
        if (options.Json) JsonReport.Write(options, cluster, outcomes, output);
        else TableReport.Write(outcomes, output);
    }
}
