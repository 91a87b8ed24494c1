using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Admin;

/// <summary>
/// <c>stint explain JOB[.STEP]</c>: one line of thought from the request to the kernel. What was asked, what was given, what the kernel
/// was told and answered; then why it waits and what would start it, or what ended it and what to change.
/// </summary>
internal static class ExplainVerb
{
    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        string text = context.Arguments[line.Operands[0]];
        if (await JobLookup.FindAsync(context, "explain", text) is not { } job) return 1;
        JobIdSpec.TryParse(text, out var id, out _);
        var view = await ViewAsync(context, job);
        if (id!.Step is { } step)
        {
            view = view with { Steps = [.. view.Steps.Where(receipt => receipt.StepId.EndsWith("." + step, StringComparison.Ordinal))] };
            if (view.Steps.Length == 0)
            {
                context.Error.WriteLine($"stint explain: job {JobLookup.Name(job)} has no step {step} that has started");
                return 1;
            }
        }
        if (line.Has("json")) return JsonAnswer.Write(context, view);
        var ping = await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation);
        var clock = new Clock(ping.NowMs, context.Time.LocalTimeZone);
        var palette = Palette.Of(context);
        Head(context, palette, view.Job, clock);
        Request(context, palette, view.Job);
        if (view.Job.State == "PENDING") await PendingReason.WriteAsync(context, palette, view.Job, view.Pending, clock);
        else if (JobStates.IsEnded(view.Job.State)) EndReason.Write(context, palette, view);
        foreach (var receipt in view.Steps) ReceiptTable.Write(context, palette, receipt);
        if (view.Steps.Length == 0 && view.Job.State is not "PENDING")
            context.Out.Write(view.Job.StartMs > 0 && view.Job.NodeList.Length > 0 ? "\nNo receipt: no step of this job has started.\n" : "\nNo receipt: this job never started.\n");
        return 0;
    }

    private static async Task<ExplainView> ViewAsync(CommandContext context, JobView job)
    {
        try
        {
            var view = await context.Api.GetAsync($"/api/v1/jobs/{job.JobId}/explain", ApiJson.Default.ExplainView, context.Cancellation);
            return view.Job.JobId == job.JobId ? view with { Job = Newer(view.Job, job) } : view;
        }
        catch (ApiRefusedException e) when (e.Status is 403 or 404)
        {
            return new ExplainView { Job = job };
        }
    }

    /// <summary>The explanation's own view of the job, which may be of a later moment, with steps if only the other has them.</summary>
    private static JobView Newer(JobView explained, JobView found) => explained.Steps.Length > 0 ? explained : explained with { Steps = found.Steps };

    private static void Head(CommandContext context, Palette palette, JobView job, Clock clock)
    {
        string elapsed = SlurmDuration.Format(clock.ElapsedMs(job));
        string where = job.NodeList.Length > 0 ? $" on {job.NodeList}" : "";
        string when = job.State == "PENDING" ? $" for {SlurmDuration.Format(Math.Max(0, clock.NowMs - job.SubmitMs))}" : JobStates.IsEnded(job.State) ? $" after {elapsed}{where}" : $" for {elapsed}{where}";
        context.Out.Write($"{palette.Paint($"Job {JobLookup.Name(job)}", Tone.Strong)} {Printable.Of(job.Name)} of {Printable.Of(job.User)}: {palette.Paint(job.State, JobsVerb.ToneOf(job.State))}{when}\n\n");
    }

    /// <summary>Devices, features, licences and the like, as they were asked for.</summary>
    private static string Wishes(JobView job)
    {
        var wishes = new List<string>();
        foreach (var (what, value) in ((string, string?)[])[("per node", job.TresPerNode), ("for the job", job.TresPerJob), ("per task", job.TresPerTask), ("per socket", job.TresPerSocket)])
            if (value is not null) wishes.Add($"{value.Replace("gres:", "", StringComparison.Ordinal)} {what}");
        foreach (var (what, value) in ((string, string?)[])[("features", job.Constraint), ("licences", job.Licenses), ("reservation", job.Reservation), ("QOS", job.Qos)])
            if (value is not null) wishes.Add($"{what} {Printable.Of(value)}");
        return string.Join(", ", wishes);
    }

    private static void Request(CommandContext context, Palette palette, JobView job)
    {
        string nodes = job.NodesMax > job.NodesMin ? $"{job.NodesMin} to {job.NodesMax} nodes" : Quantity.Count(Math.Max(1, job.NodesMin), "node");
        string memory = job.MemoryPerCpuBytes is { } perCpu ? $"{Quantity.Bytes(perCpu)} for each CPU" : job.MemoryPerNodeBytes switch { null => "memory by default", 0 => "all memory of the node", { } bytes => $"{Quantity.Bytes(bytes)} on each node" };
        string time = job.TimeLimitMs == 0 ? "no time limit" : $"{SlurmDuration.Format(job.TimeLimitMs)} at most";
        string where = (job.RequestedNodes is { } wanted ? $", on {wanted}" : "") + (job.ExcludedNodes is { } not ? $", not on {not}" : "") + (job.Exclusive ? ", nodes for itself alone" : "");
        Prose.Write(context.Out, palette, context.Columns, "asked", $"{nodes}, {Quantity.Count(Math.Max(1, job.Tasks), "task")} × {Quantity.Count(Math.Max(1, job.CpusPerTask), "CPU")}, {memory}, {time}, partition {job.Partition}{where}");
        if (Wishes(job) is { Length: > 0 } wishes) Prose.Write(context.Out, palette, context.Columns, "", wishes);
        foreach (var share in job.Shares)
            Prose.Write(context.Out, palette, context.Columns, "given", $"{share.Node}: {(share.Cpus.Length == 1 ? "CPU" : "CPUs")} {CpuRanges.Print(share.Cpus)}, {Quantity.Bytes(share.MemoryBytes)}{(share.Gres.Length > 0 ? $", {share.Gres}" : "")}");
        if (job.Shares.Length == 0 && job.NodeList.Length > 0) Prose.Write(context.Out, palette, context.Columns, "given", $"{job.NodeList}: {Quantity.Count(job.Cpus, "CPU")}, {Quantity.Bytes(job.MemoryBytes)}");
    }
}
