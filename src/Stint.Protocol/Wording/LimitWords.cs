using System.Globalization;

namespace Stint.Wording;

/// <summary>What the second layer counts. Memory and disk are counted in MiB, GPU equivalents in 2,800ths, everything else in pieces.</summary>
internal enum LimitThing : byte { Cpus, Memory, Gpus, MigInstances, GpuEquivalents, Jobs, Processes, Disk }

/// <summary>
/// How limits, amounts and denials are worded. One source file, compiled into Core, which says no, and into Protocol, which shows usage: what a refusal
/// says and what <c>stint limits</c>, the greeting and the web page say are the same words by construction.
/// </summary>
internal static class LimitWords
{
    private const int JobsNamedMax = 8;
    /// <summary>A GPU in the unit of GPU equivalents.</summary>
    public const long GpuWhole = 2800;

    public static string Name(LimitThing thing) => thing switch
    {
        LimitThing.Cpus => "CPUs", LimitThing.Memory => "memory", LimitThing.Gpus => "GPUs", LimitThing.MigInstances => "MIG instances", LimitThing.GpuEquivalents => "GPU equivalents", LimitThing.Jobs => "jobs", LimitThing.Disk => "local disk", _ => "processes",
    };

    public static string Amount(LimitThing thing, long amount) => thing switch
    {
        LimitThing.Memory or LimitThing.Disk => Memory(amount),
        LimitThing.Cpus => Count(amount, "CPU"),
        LimitThing.Gpus => Count(amount, "GPU"),
        LimitThing.MigInstances => Count(amount, "MIG instance"),
        LimitThing.GpuEquivalents => $"{Gpus(amount)} GPU equivalent{(amount == GpuWhole ? "" : "s")}",
        LimitThing.Jobs => Count(amount, "job"),
        _ => amount == 1 ? "1 process" : string.Create(CultureInfo.InvariantCulture, $"{amount} processes"),
    };

    /// <summary>Without the noun, for columns that have it in their head.</summary>
    public static string Bare(LimitThing thing, long amount) => thing switch
    {
        LimitThing.Memory or LimitThing.Disk => Memory(amount), LimitThing.GpuEquivalents => Gpus(amount), _ => amount.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Two decimals, downwards for what is none: three sevenths are 0.42.</summary>
    private static string Gpus(long shares) => (Math.Floor(shares * 100m / GpuWhole) / 100).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>In the largest unit in which it is a whole number or has one decimal, so that two amounts that differ never read the same.</summary>
    private static string Memory(long mebibytes)
    {
        string[] units = ["MB", "GB", "TB", "PB"];
        var (unit, size) = (0, 1L);
        while (unit < units.Length - 1 && mebibytes >= size * 1024 && mebibytes * 10 % (size * 1024) == 0) (unit, size) = (unit + 1, size * 1024);
        return string.Create(CultureInfo.InvariantCulture, $"{(decimal)mebibytes / size:0.#} {units[unit]}");
    }

    private static string Count(long number, string one) => string.Create(CultureInfo.InvariantCulture, $"{number} {one}{(number == 1 ? "" : "s")}");

    /// <summary>Usage, request, limit and its layer, and the jobs that hold it; one sentence without a full stop.</summary>
    public static string Sentence(LimitThing thing, string tier, bool perJob, long limit, long held, int heldJobs, IReadOnlyCollection<uint> jobs, long request)
    {
        var start = $"{Name(thing)} over your limit. ";
        if (perJob) return $"{start}This asks for {Amount(thing, request)}; tier {tier} allows {Amount(thing, limit)} per job";
        var asks = thing == LimitThing.Jobs && request == 1 ? "1 more" : Amount(thing, request);
        return $"{start}{Holds(thing, held, heldJobs, jobs)}; this asks for {asks}; tier {tier} allows {Amount(thing, limit)}";
    }

    private static string Holds(LimitThing thing, long held, int heldJobs, IReadOnlyCollection<uint> jobs)
    {
        if (heldJobs == 0) return "You hold nothing";
        var names = string.Join(", ", jobs.Take(JobsNamedMax).Select(static id => id.ToString(CultureInfo.InvariantCulture)));
        if (jobs.Count > JobsNamedMax) names += ", …";
        var amount = thing == LimitThing.Jobs ? Count(heldJobs, "job") : $"{Amount(thing, held)} in {Count(heldJobs, "job")}";
        return names.Length > 0 ? $"You hold {amount} ({names})" : $"You hold {amount}";
    }

    /// <summary>How to free it, how much would do, whom to ask.</summary>
    public static string Remedy(LimitThing thing, bool perJob, long limit, long held, int heldJobs, string contact)
    {
        var whom = contact.Length > 0 ? contact : "your admin";
        var room = limit - held;
        if (perJob || heldJobs == 0) return $"Ask for ≤ {Amount(thing, perJob ? limit : room)}, or ask {whom}";
        return room > 0 && thing != LimitThing.Jobs ? $"Cancel a job, ask for ≤ {Amount(thing, room)}, or ask {whom}" : $"Cancel a job, wait for one to end, or ask {whom}";
    }
}
