using System.Diagnostics;
using Stint.Core.Scheduling.Planning;
using Stint.Simulation.Replay;
using Stint.Simulation.Traces;

namespace Stint.Simulation;

/// <summary>
/// Replays a trace under one or several policies and prints what each comes to: "what if the cluster were larger, or the rules others?"
/// </summary>
public static class Simulate
{
    public const int Done = 0, Failed = 1, BadUsage = 2;

    /// <returns>0, 1 when the trace cannot be read, 2 when the words are wrong. Errors are written to the same output.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output)
    {
        if (SimulateOptions.Parse(args, out var error) is not { } options)
        {
            output.WriteLine($"simulate: {error}");
            output.WriteLine(SimulateOptions.Usage);
            return BadUsage;
        }
        try
        {
            var outcomes = Replay(options);
            if (options.Json) Report.Json(outcomes, output);
            else Report.Table(outcomes, output);
            if (options.Plot is not null) File.WriteAllText(options.Plot, Plot.Svg(outcomes));
            return Done;
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidDataException or UnauthorizedAccessException)
        {
            output.WriteLine($"simulate: {e.Message}");
            return Failed;
        }
    }

    private static List<Outcome> Replay(SimulateOptions options)
    {
        var trace = TraceFile.Read(options.Trace);
        var capacity = CapacityFor(options, trace);
        var outcomes = new List<Outcome>();
        foreach (var name in options.Policies)
        {
            var watch = Stopwatch.StartNew();
            var result = Replayer.Run(trace, capacity, Policies.Named(name, capacity)!, options.ExactEstimates ? job => job.RunMs : null);
            outcomes.Add(new Outcome(name, Metrics.Of(result), result, watch.Elapsed.TotalSeconds));
        }
        return outcomes;
    }

    /// <summary>
    /// What the options do not limit is there in plenty: a trace may count memory and nodes although nobody asked about them.
    /// </summary>
    private static Amount CapacityFor(SimulateOptions options, IReadOnlyList<TraceJob> trace)
    {
        var needed = trace.Aggregate(Amount.Zero, (sum, job) => sum + job.Amount);
        return needed with
        {
            Cpus = options.Processors > 0 ? options.Processors : needed.Cpus,
            Gpus = options.Gpus > 0 ? options.Gpus : options.Processors > 0 && needed.Gpus == 0 ? 0 : needed.Gpus,
        };
    }
}

/// <summary>One policy's replay.</summary>
public sealed record Outcome(string Policy, Metrics Metrics, ReplayResult Result, double ReplayS);
