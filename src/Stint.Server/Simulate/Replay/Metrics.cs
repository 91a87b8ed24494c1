namespace Stint.Server.Simulate.Replay;

/// <summary>What a replay came to. Times in seconds, as the literature gives them.</summary>
/// <param name="Jobs">Jobs that ran.</param>
/// <param name="Refused">Jobs that could not run on this cluster.</param>
/// <param name="AverageWaitS">Mean time from submission to start.</param>
/// <param name="MaxWaitS">Longest time from submission to start.</param>
/// <param name="AverageBoundedSlowdown">Mean of max(1, (wait + run) / max(run, 10 s)) (Feitelson, Rudolph).</param>
/// <param name="Utilisation">Share of the processors that was held, from the first submission to the last end.</param>
/// <param name="GpuAllocation">The same of the GPUs; 0 where there are none.</param>
/// <param name="Fairness">Jain's index over the users' mean bounded slowdown: 1 when all users see the same, 1/users at worst.</param>
/// <param name="Users">Users with at least one job.</param>
/// <param name="MakespanS">From the first submission to the last end.</param>
public sealed record Metrics(int Jobs, int Refused, double AverageWaitS, double MaxWaitS, double AverageBoundedSlowdown,
    double Utilisation, double GpuAllocation, double Fairness, int Users, double MakespanS)
{
    private const double SlowdownFloorS = 10;

    public static Metrics Of(ReplayResult result)
    {
        double waits = 0, maxWait = 0, slowdowns = 0, cpuMs = 0, gpuMs = 0;
        long first = long.MaxValue, last = long.MinValue;
        var users = new Dictionary<string, (double Sum, int Count)>(StringComparer.Ordinal);
        foreach (var (job, start) in result.Started)
        {
            var waitS = (start - job.Submitted).TotalSeconds;
            var slowdown = BoundedSlowdown(waitS, job.RunMs / 1000.0);
            waits += waitS;
            maxWait = Math.Max(maxWait, waitS);
            slowdowns += slowdown;
            cpuMs += (double)job.Amount.Cpus * job.RunMs;
            gpuMs += job.GpuMilli / 1000.0 * job.RunMs;
            first = Math.Min(first, job.Submitted.Milliseconds);
            last = Math.Max(last, start.Milliseconds + job.RunMs);
            var (sum, count) = users.GetValueOrDefault(job.User);
            users[job.User] = (sum + slowdown, count + 1);
        }
        var jobs = result.Started.Count;
        if (jobs == 0) return new Metrics(0, result.Refused.Count, 0, 0, 0, 0, 0, 1, 0, 0);
        var span = Math.Max(1, last - first);
        return new Metrics(jobs, result.Refused.Count, waits / jobs, maxWait, slowdowns / jobs,
            Share(cpuMs, result.Capacity.Cpus, span), Share(gpuMs, result.Capacity.Gpus, span),
            JainIndex([.. users.Values.Select(u => u.Sum / u.Count)]), users.Count, span / 1000.0);
    }

    public static double BoundedSlowdown(double waitS, double runS) => Math.Max(1, (waitS + runS) / Math.Max(runS, SlowdownFloorS));

    /// <summary>(Σx)² / (n·Σx²) (Jain, Chiu, Hawe 1984).</summary>
    public static double JainIndex(IReadOnlyCollection<double> values)
    {
        var sum = values.Sum();
        var squares = values.Sum(v => v * v);
        return squares == 0 ? 1 : sum * sum / (values.Count * squares);
    }

    private static double Share(double heldMs, long capacity, long spanMs) => capacity <= 0 ? 0 : heldMs / ((double)capacity * spanMs);
}
