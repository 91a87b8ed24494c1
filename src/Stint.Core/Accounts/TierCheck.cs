using System.Globalization;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core.Accounts;

/// <summary>A tier's limit on what a user holds, or on what one job may have; the sentence says who holds it.</summary>
internal sealed record TierCheck(PendingReason Reason, TierSpec Tier, TierUser User, int What, ulong Limit, long Request, bool PerJob, bool CountsAsked)
    : LimitCheck(Reason, $"tier {Tier.Name}", PerJob ? "per job" : "per user")
{
    private const int JobsNamedMax = 8;
    private static readonly string[] Things = ["CPUs", "memory", "GPUs", "MIG instances", "jobs"];
    public const int Jobs = 4;

    public override bool Fails(in LimitQuestion question) => (ulong)(Held(question) + Request) > Limit;
    public override bool FailsAlone => (ulong)Request > Limit;

    private long Held(in LimitQuestion question) => PerJob ? 0 : (What, CountsAsked) switch
    {
        (Jobs, false) => User.Running.JobsIn(question.Pass),
        (Jobs, true) => User.Asked.Submitted,
        (_, false) => User.Running.UsedIn(question.Pass, What),
        _ => User.Asked.Used(What),
    };

    public override string Sentence(in LimitQuestion question)
    {
        var start = $"{Things[What]} over your limit. ";
        if (PerJob) return $"{start}This asks for {Text(Request)}; tier {Tier.Name} allows {Text((long)Limit)} per job";
        var jobs = CountsAsked ? User.Asked.Submitted : User.Running.JobsIn(question.Pass);
        var held = What == Jobs ? Count(jobs) : $"{Text(Held(question))} in {Count(jobs)}";
        return $"{start}You hold {held}{Names()}; this asks for {(What == Jobs && Request == 1 ? "1 more" : Text(Request))}; tier {Tier.Name} allows {Text((long)Limit)}";
    }

    /// <summary>How to free it, how much would do, whom to ask.</summary>
    public string Remedy(in LimitQuestion question)
    {
        var room = (long)Limit - Held(question);
        var whom = Tier.Contact.Length > 0 ? Tier.Contact : "your admin";
        return PerJob ? $"Ask for ≤ {Text((long)Limit)}, or ask {whom}"
            : room > 0 && What != Jobs ? $"Cancel a job, ask for ≤ {Text(room)}, or ask {whom}"
            : $"Cancel a job, wait for one to end, or ask {whom}";
    }

    private string Names()
    {
        if (User.Jobs.Count == 0) return "";
        var named = string.Join(", ", User.Jobs.Take(JobsNamedMax).Select(static id => id.ToString(CultureInfo.InvariantCulture)));
        return User.Jobs.Count > JobsNamedMax ? $" ({named}, …)" : $" ({named})";
    }

    private static string Count(int jobs) => jobs == 1 ? "1 job" : $"{jobs} jobs";

    private string Text(long amount) => What switch
    {
        TierTres.Memory => new ByteSize((ulong)Math.Max(0, amount) << 20).ToString(),
        TierTres.Cpu => $"{amount} CPUs",
        TierTres.Gpu => $"{amount} GPUs",
        TierTres.Mig => $"{amount} MIG instances",
        _ => Count((int)amount),
    };
}
