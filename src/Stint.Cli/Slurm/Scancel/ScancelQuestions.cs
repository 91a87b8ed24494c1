using System.Text;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scancel;

/// <summary><c>scancel -i</c>: one question per job; anything but y, and the end of input, is no.</summary>
internal static class ScancelQuestions
{
    private const int MaxAnswer = 4096;

    /// <returns>The jobs to end, as the server is to be told.</returns>
    public static async Task<List<string>> AskAsync(CommandContext context, ScancelOptions options)
    {
        var asked = options.Selection;
        var query = new StringBuilder("/api/v1/jobs?");
        Add(query, "job", string.Join(',', asked.Jobs));
        Add(query, "user", asked.User);
        Add(query, "partition", asked.Partition);
        Add(query, "name", asked.Name);
        Add(query, "account", asked.Account);
        Add(query, "state", string.Join(',', asked.States));
        if (asked.NodeList is { } nodes && Hostlist.TryExpand(nodes, out var hosts, out _)) Add(query, "node", string.Join(',', hosts));
        query.Length--;
        var list = await context.Api.GetAsync(query.ToString(), ApiJson.Default.JobList, context.Cancellation);
        var chosen = new List<string>();
        foreach (var job in list.Jobs)
        {
            if (job.State is not ("PENDING" or "RUNNING" or "SUSPENDED" or "CONFIGURING")) continue;
            if (asked.User is null && asked.Jobs.Length == 0 && context.Uid != 0 && job.Uid != context.Uid) continue;
            string id = Id(job);
            context.Out.Write($"Cancel job_id={id} name={job.Name} partition={job.Partition} [y/n]? ");
            context.Out.Flush();
            string? answer = ReadLine(context.RawIn);
            if (answer is null) return chosen;
            if (answer.StartsWith('y') || answer.StartsWith('Y')) chosen.Add(id);
        }
        return chosen;
    }

    private static string Id(JobView job) =>
        job.ArrayTasks is { } tasks ? $"{job.ArrayJobId ?? job.JobId}_[{tasks.Split('%')[0]}]"
        : job.ArrayTaskId is { } task ? $"{job.ArrayJobId}_{task}"
        : $"{job.JobId}";

    private static void Add(StringBuilder query, string name, string? value)
    {
        if (value is { Length: > 0 }) query.Append(name).Append('=').Append(Uri.EscapeDataString(value)).Append('&');
    }

    /// <summary>Byte by byte: what follows the line belongs to the next question.</summary>
    private static string? ReadLine(Stream input)
    {
        var line = new StringBuilder();
        Span<byte> one = stackalloc byte[1];
        while (input.Read(one) == 1)
        {
            if (one[0] == (byte)'\n') return line.ToString();
            if (line.Length < MaxAnswer) line.Append((char)one[0]);
        }
        return line.Length > 0 ? line.ToString() : null;
    }
}
