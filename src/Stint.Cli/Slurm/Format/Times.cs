using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Format;

/// <summary>Times of a job for one answer: the server's <c>now</c> and the caller's time zone.</summary>
public readonly record struct Clock(long NowMs, TimeZoneInfo Zone)
{
    /// <summary>Slurm counts whole seconds, so both ends are cut before they are subtracted.</summary>
    public long ElapsedMs(JobView job) => Elapsed(job.StartMs, job.EndMs, job.State is not "PENDING", JobStates.IsEnded(job.State));

    public long ElapsedMs(StepView step) => Elapsed(step.StartMs, step.EndMs, true, JobStates.IsEnded(step.State));

    private long Elapsed(long startMs, long endMs, bool started, bool ended)
    {
        if (!started || startMs <= 0) return 0;
        long until = ended && endMs > 0 ? endMs : NowMs;
        return Math.Max(0, until / 1000 - startMs / 1000) * 1000;
    }

    /// <summary>When it ended or will end at the latest; 0: not known.</summary>
    public static long EndMs(JobView job) => JobStates.IsEnded(job.State) || job.EndMs > 0 ? job.EndMs
        : job.StartMs > 0 && job.TimeLimitMs > 0 ? job.StartMs + job.TimeLimitMs : 0;

    /// <summary><c>2026-11-22T02:20:08</c>.</summary>
    public string At(long unixMs, string never) => unixMs <= 0 ? never : SlurmDate.Format(unixMs, Zone);

    /// <summary><c>Sun Nov 22 02:20:10 2026</c>: the first line of <c>-l</c>.</summary>
    public string Banner() => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(NowMs), Zone)
        .ToString("ddd MMM d HH:mm:ss yyyy", System.Globalization.CultureInfo.InvariantCulture) is var text && text[8 + 1] == ' ' ? text.Insert(8, " ") : text;
}
