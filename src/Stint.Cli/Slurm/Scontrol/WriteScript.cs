using System.Globalization;
using Stint.Cli.Client;
using Stint.Cli.Files;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol write batch_script ID [file | -]</c>: byte for byte what was submitted.</summary>
internal static class WriteScript
{
    public static async Task<int> RunAsync(CommandContext context, IReadOnlyList<string> words)
    {
        if (!"batch_script".StartsWith(words[0], StringComparison.OrdinalIgnoreCase) || words[0].Length < 3)
        {
            context.Error.WriteLine($"invalid write argument: {Printable.Of(words[0])}");
            return 1;
        }
        if (words.Count < 2)
        {
            context.Error.WriteLine("too few arguments for keyword:write");
            return 1;
        }
        if (!JobIdSpec.TryParse(words[1], out var id, out _)) return Failed(context, "Invalid job id specified");
        string target = words.Count > 2 ? words[2] : string.Create(CultureInfo.InvariantCulture, $"slurm-{id!}.sh");
        try
        {
            uint job = await NumberAsync(context, id!);
            await using var script = await context.Api.GetStreamAsync($"/api/v1/jobs/{job}/script", context.Cancellation);
            if (target == "-")
            {
                context.Out.Flush();
                await script.CopyToAsync(context.RawOut, context.Cancellation);
                await context.RawOut.FlushAsync(context.Cancellation);
                return 0;
            }
            await using (var file = context.Files.Create(target))
                await script.CopyToAsync(file, context.Cancellation);
            context.Out.Write($"batch script for job {id} written to {Printable.Of(target)}\n");
            return 0;
        }
        catch (ApiRefusedException e) { return Failed(context, SlurmErrors.Sentence(e.Refusal)); }
        catch (FileException e)
        {
            context.Error.WriteLine($"{context.Name}: error: failed to open file `{Printable.Of(target)}': {e.Message}");
            return 1;
        }
        catch (IOException e)
        {
            context.Error.WriteLine($"{context.Name}: error: {Printable.Of(e.Message)}");
            return 1;
        }
    }

    private static async Task<uint> NumberAsync(CommandContext context, JobIdSpec id)
    {
        if (id.Tasks is null) return id.JobId;
        var list = await context.Api.GetAsync(new Query("/api/v1/jobs").Add("job", id.ToString()).ToString(), ApiJson.Default.JobList, context.Cancellation);
        return list.Jobs.Length > 0 ? list.Jobs[0].JobId : id.JobId;
    }

    private static int Failed(CommandContext context, string why)
    {
        context.Error.WriteLine($"job script retrieval failed: {Printable.Of(why)}");
        return 1;
    }
}
