using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Admin;

/// <summary>What ended a job: one sentence, the numbers behind it, and what to change.</summary>
internal static class EndReason
{
    public static void Write(CommandContext context, Palette palette, ExplainView view)
    {
        var job = view.Job;
        string cause = job.Cause.Length > 0 ? job.Cause : view.Steps.Select(step => step.Cause).FirstOrDefault(text => text.Length > 0) ?? Sentence(job);
        Prose.Write(context.Out, palette, context.Columns, "cause", cause, job.State == "COMPLETED" ? Tone.Plain : Tone.Bad);
        var killed = view.Steps.FirstOrDefault(step => step.OomKills > 0);
        if (killed is not null) Prose.Write(context.Out, palette, context.Columns, "memory", Memory(killed));
        Prose.Write(context.Out, palette, context.Columns, "advice", Advice(view, killed));
    }

    private static string Sentence(JobView job) => job.State switch
    {
        "COMPLETED" => "It ended with exit code 0.",
        "CANCELLED" => job.CancelledBy is { } by ? $"Cancelled by {UserLookup.NameOf(by) ?? by.ToString(CultureInfo.InvariantCulture)}." : "Cancelled.",
        "TIMEOUT" => $"It ran into its time limit of {SlurmDuration.Format(job.TimeLimitMs)}.",
        "OUT_OF_MEMORY" => "The kernel killed it at a memory limit.",
        "NODE_FAIL" => $"A node of it failed ({job.NodeList}).",
        "FAILED" when job.Signal != 0 => $"It died of signal {job.Signal} ({SignalName.Describe(job.Signal)}).",
        "FAILED" => $"It ended with exit code {job.ExitCode}.",
        _ => $"It ended as {job.State}.",
    };

    private static string Memory(StepReceiptView step) =>
        $"limit {Or(step.MemoryLimitBytes)}, peak {Or(step.PeakMemoryBytes)}; the limit that was hit is the {(step.OomLevel.Length > 0 ? step.OomLevel : "job")}'s{(step.OomGroup.Length > 0 ? $" ({step.OomGroup})" : "")}; {Quantity.Count((long)step.OomKills, "process", "processes")} killed";

    private static string Advice(ExplainView view, StepReceiptView? killed)
    {
        var job = view.Job;
        switch (job.State)
        {
            case "OUT_OF_MEMORY": return Memory(job, killed);
            case "TIMEOUT":
                return $"Ask for more time (-t, now {SlurmDuration.Format(job.TimeLimitMs)}), or let the program save its state on a signal before the end: --signal=B:USR1@60.";
            case "NODE_FAIL": return job.Requeue ? "It goes back into the queue by itself." : "Submit it again; with --requeue it would have gone back by itself.";
            case "FAILED" when job.ExitCode != 0 || job.Signal != 0: return $"The code is the program's own; its output may say more: {Prose.Command($"stint logs {JobLookup.Name(job)}")}";
            case "COMPLETED":
                var largest = view.Steps.MaxBy(step => step.PeakMemoryBytes);
                return largest is { PeakMemoryBytes: > 0, MemoryLimitBytes: > 0 } && largest.PeakMemoryBytes < largest.MemoryLimitBytes / 4 && largest.MemoryLimitBytes > 256UL << 20
                    ? $"It used {Quantity.Bytes(largest.PeakMemoryBytes)} of {Quantity.Bytes(largest.MemoryLimitBytes)}: with --mem={Ask(largest.PeakMemoryBytes * 3 / 2)} it would start sooner." : "";
            default: return "";
        }
    }

    /// <summary>The peak of a job that was killed says only what it had so far; twice the limit is where to look next.</summary>
    private static string Memory(JobView job, StepReceiptView? killed)
    {
        if (killed?.OomLevel == "node") return "The node itself ran out of memory; this job was below its own limit. Tell your admin.";
        if (killed?.OomLevel == "user") return "All your jobs on the node together reached your limit there. Run fewer at once, or ask your admin for more.";
        ulong limit = killed is { MemoryLimitBytes: > 0 } ? killed.MemoryLimitBytes : job.MemoryPerNodeBytes ?? job.MemoryBytes;
        string option = job.MemoryPerCpuBytes is { } perCpu ? $"--mem-per-cpu={Ask(perCpu * 2)}" : $"--mem={Ask(limit * 2)}";
        return limit == 0 ? "Ask for more memory (--mem)." : $"It needs more than {Quantity.Bytes(limit)}: try {option}. The peak of a run that succeeds tells you the exact need.";
    }

    /// <summary>A size as <c>--mem</c> takes it, rounded up to a round number.</summary>
    private static string Ask(ulong bytes)
    {
        ulong mebi = Math.Max(1, (bytes + (1 << 20) - 1) >> 20);
        return mebi >= 4096 ? $"{(mebi + 1023) / 1024}G" : $"{(mebi + 15) / 16 * 16}M";
    }

    private static string Or(ulong bytes) => bytes == 0 ? "unknown" : Quantity.Bytes(bytes);
}
