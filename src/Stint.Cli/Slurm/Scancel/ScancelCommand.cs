using System.Globalization;
using Stint.Cli.Client;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scancel;

/// <summary><c>scancel</c>: ends or signals jobs, array tasks and steps.</summary>
internal static class ScancelCommand
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        var (options, code) = ScancelOptions.Parse(context);
        if (options is null) return code;
        var selection = options.Selection;
        if (options.Interactive)
        {
            var chosen = await ScancelQuestions.AskAsync(context, options);
            if (chosen.Count == 0) return 0;
            selection = new JobSelection { Jobs = [.. chosen], Signal = selection.Signal, BatchOnly = selection.BatchOnly, Full = selection.Full };
        }
        if (options.Verbose > 0)
            foreach (string job in selection.Jobs) Tell(context, options, job);
        var result = await context.Api.PostAsync("/api/v1/jobs/cancel", selection, ApiJson.Default.JobSelection, ApiJson.Default.SelectionResult, context.Cancellation);
        return Report(context, options, selection, result);
    }

    private static void Tell(CommandContext context, ScancelOptions options, string job)
    {
        string what = job.Contains('.') ? "step" : "job";
        context.Error.WriteLine(options.Selection.Signal == 0
            ? $"{context.Name}: Terminating {what} {job}"
            : string.Create(CultureInfo.InvariantCulture, $"{context.Name}: Signal {options.Selection.Signal} to {what} {job}"));
    }

    /// <summary>Jobs that are not there any more are no failure, as in Slurm: what was wanted is the case.</summary>
    private static int Report(CommandContext context, ScancelOptions options, JobSelection selection, SelectionResult result)
    {
        int code = 0;
        bool named = selection.Jobs.Length > 0;
        foreach (var outcome in result.Outcomes)
        {
            if (outcome.Code is null)
            {
                if (!named && options.Verbose > 0) Tell(context, options, outcome.Job);
                continue;
            }
            var refusal = new RefusalView(outcome.Code, outcome.Sentence);
            bool isMissing = outcome.Code is "invalid_job_id" or "already_done" or "job_not_running";
            if (!isMissing)
            {
                int number = SlurmErrors.Number(outcome.Code) & 0xFF;
                code = number == 0 ? 1 : number;
            }
            if (options.Quiet || (isMissing && options.Verbose == 0)) continue;
            string what = outcome.Job.Contains('.') ? "job step id" : "job id";
            context.Error.WriteLine($"{context.Name}: error: Kill job error on {what} {outcome.Job}: {SlurmErrors.Sentence(refusal)}");
        }
        return code;
    }
}
