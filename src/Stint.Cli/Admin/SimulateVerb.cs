using Stint.Cli.Host;
using Stint.Cli.Options;

namespace Stint.Cli.Admin;

/// <summary>
/// <c>stint simulate</c>: the scheduler lives in the server's program, so this becomes that program. It reads the words itself; the
/// options here are for help and completion.
/// </summary>
internal static class SimulateVerb
{
    public const string Program = "stint-server";

    public static readonly VerbOption[] Options =
    [
        new("processors", '\0', "N", "N processors, wherever they are"),
        new("gpus", '\0', "N", "N GPUs, wherever they are"),
        new("cluster", '\0', "FILE", "a description of the cluster: stint.yaml with nodes, or a CSV of nodes"),
        new("policy", '\0', "NAMES", "fcfs, easy, conservative, default, comma-separated, or all"),
        new("estimates", '\0', "WHAT", "requested (the users' time limits) or exact (the true run times)"),
        new("predict", '\0', "", "plan with the average of a user's last two run times"),
        new("keep-nodes", '\0', "", "jobs ask for at least as many nodes as the trace says they had"),
        new("arrivals", '\0', "F", "F times as many jobs per hour"),
        new("jobs", '\0', "N", "only the first N jobs"),
        new("fill", '\0', "", "nothing ends: how many GPUs are given out until as many were asked for as there are"),
        new("seed", '\0', "N", "what is drawn is drawn from it"),
        VerbOption.Json,
        new("plot", '\0', "FILE", "draw it as SVG"),
        new("quiet", 'q', "", "no progress bar"),
    ];

    public static Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        var arguments = new byte[context.Arguments.Count + 1][];
        arguments[0] = "simulate"u8.ToArray();
        for (int i = 0; i < context.Arguments.Count; i++) arguments[i + 1] = context.ArgumentBytes(i);
        context.Error.WriteLine($"stint simulate: {OtherProgram.Become(Path.Combine(context.BinaryFolder, Program), arguments)}");
        return Task.FromResult(1);
    }
}
