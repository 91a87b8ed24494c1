using Stint.Cli.Options;
using Stint.Cli.Slurm.Sinfo;
using Stint.Protocol.Api;

namespace Stint.Cli.Admin;

/// <summary><c>stint status</c>.</summary>
internal static class StatusVerb
{
    private const int BarWidth = 24;
    private const int LabelWidth = 9;

    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        var ping = await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation);
        if (line.Has("json")) return JsonAnswer.Write(context, ping);
        var nodes = await context.Api.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList, context.Cancellation);
        var jobs = await context.Api.GetAsync("/api/v1/jobs", ApiJson.Default.JobList, context.Cancellation);
        var palette = Palette.Of(context);
        context.Out.Write($"{palette.Paint(ping.Cluster, Tone.Strong)}: server on {ping.Host}, Stint {ping.Version}, up for {Quantity.Span(ping.NowMs - ping.StartMs)}\n\n");
        if (ping.State is not ("UP" or "LEADER" or "")) Line(context, palette, "Server", palette.Paint(ping.State, Tone.Warn));
        Nodes(context, palette, nodes.Nodes);
        Jobs(context, palette, jobs.Jobs);
        Journal(context, palette, ping);
        if (nodes.Nodes.Length == 0) context.Out.Write("\nNo node has joined yet: `stint token` prints the command to run on one.\n");
        foreach (var node in nodes.Nodes.Where(node => node.Reason.Length > 0))
            context.Out.Write($"\n{palette.Paint(node.Name, Tone.Strong)} is {NodeState.Parse(node.State).Long}: {Slurm.Format.Printable.Of(node.Reason)}");
        if (Array.Exists(nodes.Nodes, node => node.Reason.Length > 0)) context.Out.Write("\n");
        return 0;
    }

    private static void Nodes(CommandContext context, Palette palette, NodeView[] nodes)
    {
        var groups = nodes.GroupBy(node => NodeState.Parse(node.State).Long).OrderByDescending(group => group.Count()).Select(group => $"{group.Count()} {group.Key}");
        Line(context, palette, "Nodes", nodes.Length == 0 ? "none" : $"{nodes.Length}: {string.Join(", ", groups)}");
        var live = nodes.Where(node => NodeState.Parse(node.State).Use != NodeUse.Other || NodeState.Parse(node.State).Drain).ToList();
        long cpus = live.Sum(node => node.Cpus), cpusUsed = live.Sum(node => node.CpusAllocated);
        ulong memory = 0, memoryUsed = 0;
        foreach (var node in live) { memory += node.MemoryBytes; memoryUsed += node.MemoryAllocatedBytes; }
        if (cpus > 0) Use(context, palette, "CPUs", cpusUsed / (double)cpus, $"{cpusUsed} of {cpus} given out");
        if (memory > 0) Use(context, palette, "Memory", memoryUsed / (double)memory, $"{Quantity.Bytes(memoryUsed)} of {Quantity.Bytes(memory)} given out");
        long gpus = nodes.Sum(node => node.Gpus);
        if (gpus > 0) Line(context, palette, "GPUs", $"{gpus} present");
    }

    private static void Jobs(CommandContext context, Palette palette, JobView[] jobs)
    {
        int running = jobs.Count(job => job.State is "RUNNING" or "COMPLETING" or "CONFIGURING" or "SUSPENDED");
        long pending = jobs.Where(job => job.State == "PENDING").Sum(job => new Slurm.Squeue.JobRow(job, default, "").TaskCount);
        int ended = jobs.Count(job => Slurm.Format.JobStates.IsEnded(job.State));
        Line(context, palette, "Jobs", $"{running} running, {pending} pending{(ended > 0 ? $", {ended} ended lately" : "")}");
        var reasons = jobs.Where(job => job.State == "PENDING").GroupBy(job => job.Reason).OrderByDescending(group => group.Count()).Select(group => $"{group.Key} {group.Count()}");
        if (pending > 0) Line(context, palette, "", "waiting for: " + string.Join(", ", reasons));
    }

    private static void Journal(CommandContext context, Palette palette, PingView ping)
    {
        long behind = ping.JournalSequence - ping.HistorySequence;
        string history = ping.HistoryError.Length > 0 ? palette.Paint($"history {Quantity.Count(behind, "record")} behind: {ping.HistoryError}", Tone.Bad)
            : behind > 0 ? $"history {Quantity.Count(behind, "record")} behind" : "history up to date";
        Line(context, palette, "Journal", $"{Quantity.Count(ping.JournalSequence, "record")}, {history}");
    }

    private static void Use(CommandContext context, Palette palette, string label, double share, string text) =>
        Line(context, palette, label, $"{palette.Paint(Quantity.Bar(share, BarWidth, context.OutIsTerminal), share > 0.95 ? Tone.Warn : Tone.Good)}  {text} ({share * 100:F0} %)");

    private static void Line(CommandContext context, Palette palette, string label, string text) =>
        context.Out.Write($"{palette.Paint(label.PadRight(LabelWidth), Tone.Quiet)}{text}\n");
}
