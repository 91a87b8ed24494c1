using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Cli.Slurm.Squeue;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show job [id]</c>.</summary>
internal static class ShowJob
{
    public static async Task<int> RunAsync(CommandContext context, ShowStyle style, string? id)
    {
        JobIdSpec? wanted = null;
        if (id is not null && !JobIdSpec.TryParse(id, out wanted, out _))
        {
            context.Error.WriteLine("scontrol_print_job error: Invalid job id specified");
            return 1;
        }
        string path = new Query("/api/v1/jobs").Add("job", wanted is null ? null : (wanted with { Tasks = null, Step = null }).ToString()).ToString();
        var list = await context.Api.GetAsync(path, ApiJson.Default.JobList, context.Cancellation);
        var clock = new Clock(list.NowMs, context.Time.LocalTimeZone);
        var jobs = Choose(list.Jobs, wanted, clock);
        if (jobs.Count == 0) return Missing(context, wanted, list.Jobs.Length > 0 && wanted is not null, id);
        if (style.Json)
        {
            var ping = await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation);
            JobsJson.Write(context, jobs, list.NowMs, ping.Cluster);
            return 0;
        }
        foreach (var job in jobs)
        {
            var receipts = style.Details && wanted is not null ? await ReceiptsAsync(context, job) : [];
            JobRecord.Of(job, clock, style.Details, receipts).Write(context.Out, style.OneLine);
        }
        return 0;
    }

    /// <summary>An array: its unstarted record first, then its tasks; a task that has not started is cut out of the record.</summary>
    private static List<JobView> Choose(JobView[] jobs, JobIdSpec? wanted, Clock clock)
    {
        IEnumerable<JobView> chosen = jobs.OrderBy(job => job.ArrayTasks is null ? 1 : 0).ThenBy(job => job.JobId);
        if (wanted is null) return [.. jobs.OrderBy(job => job.JobId)];
        if (wanted.Tasks is null) return [.. chosen.Where(job => job.JobId == wanted.JobId || job.ArrayJobId == wanted.JobId)];
        return [.. chosen.SelectMany(job => new JobRow(job, clock, "").Expand()).Select(row => row.Job)
            .Where(job => (job.ArrayJobId ?? job.JobId) == wanted.JobId && job.ArrayTaskId is { } task && wanted.Tasks.Any(range => range.Contains(task)))];
    }

    private static int Missing(CommandContext context, JobIdSpec? wanted, bool arrayExists, string? id)
    {
        if (wanted is null)
        {
            context.Out.Write("No jobs in the system\n");
            return 0;
        }
        context.Error.WriteLine(wanted.Tasks is not null && arrayExists ? $"Job {id} not found" : "slurm_load_jobs error: Invalid job id specified");
        return 1;
    }

    private static async Task<StepReceiptView[]> ReceiptsAsync(CommandContext context, JobView job)
    {
        try
        {
            return (await context.Api.GetAsync($"/api/v1/jobs/{job.JobId}/explain", ApiJson.Default.ExplainView, context.Cancellation)).Steps;
        }
        catch (ApiRefusedException e) when (e.Status is 403 or 404)
        {
            // Another user's receipts may be closed to us; the job's own lines are not.
            return [];
        }
    }
}
