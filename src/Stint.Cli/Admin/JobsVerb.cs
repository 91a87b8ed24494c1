using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Cli.Slurm.Squeue;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Admin;

/// <summary><c>stint jobs</c>: the queue for people; <c>squeue</c> is the one for scripts.</summary>
internal static class JobsVerb
{
    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        var list = await context.Api.GetAsync("/api/v1/jobs", ApiJson.Default.JobList, context.Cancellation);
        var chosen = list.Jobs.Where(job => (line.Has("all") || !JobStates.IsEnded(job.State)) && (!line.Has("me") || job.Uid == context.Uid)).ToArray();
        if (line.Has("json")) return JsonAnswer.Write(context, list with { Jobs = chosen });
        var clock = new Clock(list.NowMs, context.Time.LocalTimeZone);
        var palette = Palette.Of(context);
        if (chosen.Length == 0)
        {
            context.Out.Write(line.Has("me") ? "You have no jobs in the queue.\n" : "The queue is empty.\n");
            return 0;
        }
        var table = new TextTable(("JOB", false), ("NAME", false), ("USER", false), ("STATE", false), ("TIME", true), ("LIMIT", true), ("CPUS", true), ("MEMORY", true), ("WHERE / WHY", false));
        foreach (var row in chosen.OrderBy(job => Order(job.State)).ThenBy(job => job.ArrayJobId ?? job.JobId).ThenBy(job => job.ArrayTaskId ?? 0).Select(job => new JobRow(job, clock, "")))
            table.Add(row.ArrayId, Short(row.Job.Name), row.Job.User, new Cell(row.Job.State.ToLowerInvariant(), ToneOf(row.Job.State)), SlurmDuration.Format(clock.ElapsedMs(row.Job)),
                row.Job.TimeLimitMs == 0 ? "none" : SlurmDuration.Format(row.Job.TimeLimitMs), row.Job.Cpus.ToString(System.Globalization.CultureInfo.InvariantCulture),
                row.Job.MemoryBytes == 0 ? "-" : Quantity.Bytes(row.Job.MemoryBytes), Where(row.Job));
        table.Write(context.Out, palette);
        return 0;
    }

    public static Tone ToneOf(string state) => state switch
    {
        "RUNNING" or "COMPLETING" or "CONFIGURING" => Tone.Good,
        "PENDING" or "SUSPENDED" => Tone.Warn,
        "COMPLETED" => Tone.Plain,
        _ => Tone.Bad,
    };

    private static int Order(string state) => state switch { "RUNNING" => 0, "COMPLETING" => 1, "PENDING" => 2, _ => 3 };

    private static string Where(JobView job) => job.State == "PENDING" ? job.ReasonDetail.Length > 0 ? $"{job.Reason}: {job.ReasonDetail}" : job.Reason
        : JobStates.IsEnded(job.State) && job.Cause.Length > 0 ? job.Cause : job.NodeList;

    private static string Short(string name) => name.Length <= 20 ? name : name[..19] + "…";
}
