using Stint.Cli.Slurm.Format;
using Stint.Cli.Slurm.Sinfo;
using Stint.Protocol.Api;

namespace Stint.Cli.Admin;

/// <summary>Why a job waits, with the numbers, and what would make it start.</summary>
internal static class PendingReason
{
    public static async Task WriteAsync(CommandContext context, Palette palette, JobView job, PendingView? pending, Clock clock)
    {
        string sentence = pending is { Sentence.Length: > 0 } ? pending.Sentence : job.ReasonDetail;
        string detail = sentence.Length > 0 ? $": {sentence}" : "";
        Prose.Write(context.Out, palette, context.Columns, "waits", $"{job.Reason}{detail}", Tone.Warn);
        if (pending is { PlannedStartMs: > 0 }) Prose.Write(context.Out, palette, context.Columns, "start", $"planned {clock.At(pending.PlannedStartMs, "")}{(pending.PlannedNodes.Length > 0 ? $" on {pending.PlannedNodes}" : "")}");
        else if (job.StartMs > clock.NowMs) Prose.Write(context.Out, palette, context.Columns, "start", $"expected {clock.At(job.StartMs, "")}");
        string id = JobLookup.Name(job);
        if (pending is { Factors.Length: > 0 }) Factors(context, palette, pending);
        foreach (string remedy in pending?.Remedies ?? []) Say(remedy);
        switch (job.Reason.Split(',')[0])
        {
            case "Resources" or "ReqNodeNotAvail" or "NodeDown" or "PartitionConfig" or "BadConstraints":
                await ResourcesAsync(context, palette, job);
                break;
            case "Priority":
                await AheadAsync(context, palette, job);
                break;
            case "Dependency":
                Say($"when what it depends on has ended as asked: {job.Dependency}");
                break;
            case "DependencyNeverSatisfied":
                Say($"never: {job.Dependency} cannot be met any more. Cancel it: {Prose.Command($"scancel {id}")}");
                break;
            case "JobHeldUser":
                Say($"when it is released: {Prose.Command($"scontrol release {id}")}");
                break;
            case "JobHeldAdmin":
                Say("when an admin releases it");
                break;
            case "BeginTime":
                Say($"not before {clock.At(job.EligibleMs, "its time")}, as asked with --begin");
                break;
            case "JobArrayTaskLimit":
                Say($"when one of its running tasks ends: at most {job.ArrayThrottle} run at once, as asked with %{job.ArrayThrottle}");
                break;
            case "PartitionDown" or "PartitionInactive":
                Say($"when an admin opens partition {job.Partition} again");
                break;
            case "PartitionTimeLimit":
                Say("never with this time limit: it is longer than the partition allows. Submit it with a shorter -t");
                break;
            case "None" or "":
                Say("soon: the scheduler has not looked at it yet");
                break;
        }

        void Say(string text) => Prose.Write(context.Out, palette, context.Columns, "starts", text);
    }

    /// <summary>The sum that makes its place in the queue.</summary>
    private static void Factors(CommandContext context, Palette palette, PendingView pending)
    {
        string sum = string.Join(" + ", pending.Factors.Select(one => FormattableString.Invariant($"{one.Name} {one.Value:0.###} × {one.Weight:0.###} = {one.Points:0}")));
        Prose.Write(context.Out, palette, context.Columns, "priority", FormattableString.Invariant($"{pending.Priority:0}: {sum}"));
    }

    /// <summary>What is free where, so that the missing part can be seen; and whether any node could ever do.</summary>
    private static async Task ResourcesAsync(CommandContext context, Palette palette, JobView job)
    {
        var list = await context.Api.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList, context.Cancellation);
        var nodes = list.Nodes.Where(node => node.Partitions.Contains(job.Partition)).ToList();
        uint nodesAsked = Math.Max(1, job.NodesMin);
        ulong cpus = Math.Max(Math.Max(1, job.CpusPerTask), (job.Cpus + nodesAsked - 1) / nodesAsked);
        ulong memory = job.MemoryPerNodeBytes ?? (job.MemoryPerCpuBytes is { } perCpu ? perCpu * cpus : (job.MemoryBytes + nodesAsked - 1) / nodesAsked);
        Prose.Write(context.Out, palette, context.Columns, "needs", $"{Quantity.Count((long)cpus, "CPU")}{(memory > 0 ? $" and {Quantity.Bytes(memory)}" : "")} {(nodesAsked == 1 ? "on one node" : $"on each of {nodesAsked} nodes")}");
        var usable = nodes.Where(IsUsable).ToList();
        int couldEver = nodes.Count(node => node.Cpus >= cpus && node.MemoryBytes >= memory);
        if (couldEver < nodesAsked)
        {
            string largest = nodes.Count == 0 ? $"partition {job.Partition} has no nodes" : $"the largest node of partition {job.Partition} has {Quantity.Count(nodes.Max(node => node.Cpus), "CPU")} and {Quantity.Bytes(nodes.Max(node => node.MemoryBytes))}";
            Prose.Write(context.Out, palette, context.Columns, "starts", $"never as it is: {largest}{(couldEver > 0 ? $", and only {couldEver} could take it" : "")}. Ask for less.");
            return;
        }
        var table = new TextTable(("NODE", false), ("STATE", false), ("FREE CPUS", true), ("FREE MEMORY", true), ("WOULD DO", false));
        foreach (var node in nodes.OrderByDescending(node => node.Cpus - node.CpusAllocated).Take(8))
        {
            ulong freeCpus = node.Cpus - node.CpusAllocated, freeMemory = node.MemoryBytes - Math.Min(node.MemoryBytes, node.MemoryAllocatedBytes);
            var state = NodeState.Parse(node.State);
            Cell verdict = !IsUsable(node) ? new Cell($"no: {state.Long}", Tone.Bad) : freeCpus < cpus ? new Cell($"no: {cpus - freeCpus} CPUs short", Tone.Warn)
                : freeMemory < memory ? new Cell($"no: {Quantity.Bytes(memory - freeMemory)} short", Tone.Warn) : new Cell("yes", Tone.Good);
            table.Add(node.Name, state.Long, freeCpus.ToString(System.Globalization.CultureInfo.InvariantCulture), Quantity.Bytes(freeMemory), verdict);
        }
        table.Write(context.Out, palette, 2);
        Prose.Write(context.Out, palette, context.Columns, "starts", usable.Count < couldEver && usable.Count < nodesAsked ? "when nodes that are down or drained come back" : "when running jobs have freed what is missing");
    }

    private static bool IsUsable(NodeView node) => NodeState.Parse(node.State) is { Drain: false, Silent: false, Base: "IDLE" or "MIXED" or "ALLOCATED" };

    private static async Task AheadAsync(CommandContext context, Palette palette, JobView job)
    {
        var list = await context.Api.GetAsync(new Query("/api/v1/jobs").Add("state", "PENDING").Add("partition", job.Partition).ToString(), ApiJson.Default.JobList, context.Cancellation);
        int ahead = list.Jobs.Count(other => other.State == "PENDING" && other.Partition == job.Partition && other.Priority > job.Priority && other.Reason is not ("JobHeldUser" or "JobHeldAdmin" or "Dependency" or "BeginTime"));
        string first = list.Jobs.Where(other => other.Priority > job.Priority && other.Reason == "Resources").OrderByDescending(other => other.Priority).Select(other => $"; the first is {JobLookup.Name(other)} ({other.Reason})").FirstOrDefault() ?? "";
        Prose.Write(context.Out, palette, context.Columns, "starts", ahead == 0 ? "after the jobs before it; none is left now" : $"after {Quantity.Count(ahead, "job")} with a higher priority in partition {job.Partition}{first}");
    }
}
