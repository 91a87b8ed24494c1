using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Admin;

/// <summary><c>stint logs JOB [-f]</c>: the output file, opened with the caller's rights.</summary>
internal static class LogsVerb
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        string text = context.Arguments[line.Operands[0]];
        if (await JobLookup.FindAsync(context, "logs", text) is not { } job) return 1;
        bool follow = line.Has("follow");
        string path = line.Has("error") ? job.StdErr : job.StdOut;
        if (path.Length == 0)
        {
            context.Error.WriteLine($"stint logs: job {JobLookup.Name(job)} has no output file: its output went to the terminal it was started from");
            return 1;
        }
        path = Path.Combine(job.WorkDir, path);
        if (job.State == "PENDING" && !follow)
        {
            context.Error.WriteLine($"stint logs: job {JobLookup.Name(job)} has not started ({Printable.Of(job.Reason)}); -f waits for it");
            return 1;
        }
        context.Out.Flush();
        return await CopyAsync(context, job, path, follow);
    }

    private static async Task<int> CopyAsync(CommandContext context, JobView job, string path, bool follow)
    {
        byte[] buffer = new byte[65536];
        FileStream? file = null;
        try
        {
            // The job's end is asked before the file is read: what it wrote before its end is then read for sure.
            while (true)
            {
                bool ended = !follow || await EndedAsync(context, job.JobId);
                file ??= Open(path, mayBeMissing: !ended);
                int got;
                while (file is not null && (got = await file.ReadAsync(buffer, context.Cancellation)) > 0)
                    await context.RawOut.WriteAsync(buffer.AsMemory(0, got), context.Cancellation);
                await context.RawOut.FlushAsync(context.Cancellation);
                if (ended) return 0;
                await Task.Delay(Pause, context.Time, context.Cancellation);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "it is not there (the node may not share this file system with this machine, or the job wrote nothing yet)",
                UnauthorizedAccessException => Directory.Exists(path) ? "it is a directory" : "you may not read it",
                _ => e.Message,
            };
            context.Error.WriteLine($"stint logs: {Printable.Of(path)}: {Printable.Of(why)}");
            return 1;
        }
        finally
        {
            if (file is not null) await file.DisposeAsync();
        }
    }

    private static FileStream? Open(string path, bool mayBeMissing)
    {
        if (mayBeMissing && !File.Exists(path)) return null;
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
    }

    private static async Task<bool> EndedAsync(CommandContext context, uint id)
    {
        var list = await context.Api.GetAsync(new Query("/api/v1/jobs").Add("job", id.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToString(), ApiJson.Default.JobList, context.Cancellation);
        var job = Array.Find(list.Jobs, one => one.JobId == id);
        return job is null || JobStates.IsEnded(job.State);
    }
}
