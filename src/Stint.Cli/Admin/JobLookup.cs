using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Admin;

/// <summary>From <c>42</c>, <c>7_3</c> or <c>42.batch</c> to one job, in the queue or else in the history.</summary>
internal static class JobLookup
{
    /// <summary>null: there is none, and the caller has been told.</summary>
    public static async Task<JobView?> FindAsync(CommandContext context, string verb, string text)
    {
        if (!JobIdSpec.TryParse(text, out var id, out string error))
        {
            context.Error.WriteLine($"stint {verb}: {Printable.Of(error)}: a job is 42, a task of an array 7_3, a step 42.0 or 42.batch");
            return null;
        }
        string job = (id! with { Step = null }).ToString();
        var queue = await context.Api.GetAsync(new Query("/api/v1/jobs").Add("job", job).Add("steps", "true").ToString(), ApiJson.Default.JobList, context.Cancellation);
        if (Choose(queue.Jobs, id) is { } found) return found;
        try
        {
            var history = await context.Api.GetAsync(new Query("/api/v1/history/jobs").Add("job", job).ToString(), ApiJson.Default.HistoryList, context.Cancellation);
            if (Choose(history.Jobs, id) is { } ended) return ended;
        }
        catch (ApiRefusedException e) when (e.Status is 404 or 503)
        {
            // No history at the moment: what the queue said stands.
        }
        context.Error.WriteLine($"stint {verb}: there is no job {job}, neither in the queue nor in the history");
        return null;
    }

    /// <summary>An array's id means its record; without one left, its first task.</summary>
    private static JobView? Choose(JobView[] jobs, JobIdSpec id) => id.SingleTask is { } task
        ? Array.Find(jobs, job => (job.ArrayJobId ?? job.JobId) == id.JobId && job.ArrayTaskId == task) ?? Array.Find(jobs, job => job.ArrayTasks is not null && (job.ArrayJobId ?? job.JobId) == id.JobId)
        : Array.Find(jobs, job => job.JobId == id.JobId) ?? jobs.Where(job => job.ArrayJobId == id.JobId).OrderBy(job => job.ArrayTaskId ?? 0).FirstOrDefault();

    public static string Name(JobView job) => new Slurm.Squeue.JobRow(job, default, "").ArrayId;
}
