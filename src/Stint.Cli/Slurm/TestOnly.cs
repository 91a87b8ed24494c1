using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm;

/// <summary><c>--test-only</c> of sbatch and srun: when and where it would start, in Slurm's words, in the caller's time zone.</summary>
internal static class TestOnly
{
    private const string Failure = "allocation failure";

    public static async Task<int> RunAsync(CommandContext context, LaunchOptions options, SubmitRequest request)
    {
        try
        {
            var answer = await context.Api.SubmitAsync(request with { TestOnly = true }, context.Cancellation);
            foreach (string line in Lines(answer, context.Time.LocalTimeZone)) context.Error.WriteLine($"{context.Name}: {Printable.Of(line)}");
            return 0;
        }
        catch (ApiRefusedException e)
        {
            // Slurm's slurm_perror writes this one line without the command's name.
            context.Error.WriteLine($"{Failure}: {Printable.Of(SlurmErrors.Sentence(e.Refusal))}");
            if (!options.Quiet && SlurmErrors.Detail(e.Refusal) is { } detail) context.Error.WriteLine($"{context.Name}: error: {Printable.Of(detail)}");
            return 1;
        }
        catch (ApiUnreachableException e)
        {
            context.Error.WriteLine($"{Failure}: {SlurmErrors.Unreachable}");
            context.Error.WriteLine($"{context.Name}: error: {e.Message}");
            return 1;
        }
    }

    private static IEnumerable<string> Lines(SubmitResponse answer, TimeZoneInfo zone)
    {
        if (answer.Offer is not { StartMs: > 0 } offer)
        {
            yield return answer.Message;
            yield break;
        }
        yield return $"Job {offer.JobId} to start at {SlurmDate.Format(offer.StartMs, zone)} using {offer.Cpus} processors on nodes {offer.NodeList} in partition {offer.Partition}";
        if (offer.Preempts.Length > 0) yield return $"  Preempts: {string.Join(',', offer.Preempts)}";
    }
}
