using Stint.Cli.Client;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Sbatch;

/// <summary><c>sbatch --wait</c>: until the job (every task of an array) is over; its highest exit code.</summary>
internal static class JobWait
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100), Last = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(CommandContext context, uint jobId)
    {
        var pause = First;
        int code = 0;
        while (true)
        {
            try
            {
                var list = await context.Api.GetAsync($"/api/v1/jobs?job={jobId}", ApiJson.Default.JobList, context.Cancellation);
                if (list.Jobs.Length == 0) return code;
                code = list.Jobs.Max(ExitStatus);
                if (list.Jobs.All(IsOver)) return code;
            }
            catch (ApiRefusedException e) when (e.Refusal.Code == "invalid_job_id")
            {
                return code;
            }
            catch (ApiUnreachableException)
            {
                // The server restarts: the job goes on without it, and so does the wait.
            }
            await Task.Delay(pause, context.Time, context.Cancellation);
            pause = pause * 2 < Last ? pause * 2 : Last;
        }
    }

    private static bool IsOver(JobView job) => job.State is not ("PENDING" or "RUNNING" or "COMPLETING" or "SUSPENDED" or "CONFIGURING" or "REQUEUED" or "REQUEUE_HOLD");

    private static int ExitStatus(JobView job) => job.Signal > 0 ? 128 + job.Signal : job.ExitCode > 0 ? job.ExitCode : IsOver(job) && job.State != "COMPLETED" ? 1 : 0;
}
