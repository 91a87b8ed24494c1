using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol hold | uhold | release | requeue | requeuehold | suspend | resume | top</c>: ids as separate words or comma lists, or <c>name=…</c>.</summary>
internal static class JobActions
{
    public static async Task<int> RunAsync(CommandContext context, string keyword, IReadOnlyList<string> words)
    {
        string action = keyword switch { "uhold" => "hold", "requeuehold" => "requeue", _ => keyword };
        var ids = new List<string>();
        string? name = null;
        foreach (string word in words)
        {
            // scontrol(1): requeuehold State=SpecialExit marks the job; here it is held.
            if (action == "requeue" && word.StartsWith("state=", StringComparison.OrdinalIgnoreCase)) continue;
            if (word.StartsWith("name=", StringComparison.OrdinalIgnoreCase) || word.StartsWith("jobname=", StringComparison.OrdinalIgnoreCase)) name = word[(word.IndexOf('=') + 1)..];
            else ids.AddRange(Lists.SplitOutsideBrackets(word.StartsWith("jobid=", StringComparison.OrdinalIgnoreCase) ? word[6..] : word));
        }
        foreach (string id in ids)
        {
            if (JobIdSpec.TryParse(id, out var spec, out _) && spec!.Step is null) continue;
            context.Error.WriteLine($"Invalid job id specified for job {Printable.Of(id)}");
            return 1;
        }
        var selection = new JobSelection { Jobs = [.. ids], Name = ids.Count == 0 ? name : null, Hold = keyword == "requeuehold", AsUser = keyword == "uhold" };
        var result = await context.Api.PostAsync($"/api/v1/jobs/{action}", selection, ApiJson.Default.JobSelection, ApiJson.Default.SelectionResult, context.Cancellation);
        int failures = 0;
        foreach (var outcome in result.Outcomes)
        {
            if (outcome.Code is null) continue;
            failures++;
            var refusal = new RefusalView(outcome.Code, outcome.Sentence);
            string sentence = SlurmErrors.Sentence(refusal);
            context.Error.WriteLine($"{Printable.Of(sentence)} for job {Printable.Of(outcome.Job)}");
            // Slurm's line, which scripts know, and ours when it says more.
            if (outcome.Code == "invalid_job_id" && action is "hold" or "release") context.Error.WriteLine("slurm_suspend error: Invalid job id specified");
            else if (SlurmErrors.Detail(refusal) is { } detail) context.Error.WriteLine($"{context.Name}: {Printable.Of(detail)}");
        }
        return failures > 0 ? 1 : 0;
    }
}
