using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Wording;

namespace Stint.Core.Accounts;

/// <summary>A tier's limit on what a user holds, or on what one job may have; the sentence says who holds it.</summary>
internal sealed record TierCheck(PendingReason Reason, TierSpec Tier, TierUser User, int What, ulong Limit, long Request, bool PerJob, bool CountsAsked)
    : LimitCheck(Reason, $"tier {Tier.Name}", PerJob ? "per job" : "per user")
{
    private static readonly (string Key, LimitThing Thing)[] Things =
        [("cpus", LimitThing.Cpus), ("memory", LimitThing.Memory), ("gpus", LimitThing.Gpus), ("mig_instances", LimitThing.MigInstances), ("gpu_equivalents", LimitThing.GpuEquivalents), ("jobs", LimitThing.Jobs)];
    public const int Jobs = 5;

    public override bool Fails(in LimitQuestion question) => (ulong)(Held(question) + Request) > Limit;
    public override bool FailsAlone => (ulong)Request > Limit;

    private long Held(in LimitQuestion question) => PerJob ? 0 : (What, CountsAsked) switch
    {
        (Jobs, false) => User.Running.JobsIn(question.Pass),
        (Jobs, true) => User.Asked.Submitted,
        (_, false) => User.Running.UsedIn(question.Pass, What),
        _ => User.Asked.Used(What),
    };

    public override string Sentence(in LimitQuestion question) => Denial(question, []).Sentence;

    /// <param name="waiting">Jobs that count without running.</param>
    public TierDenial Denial(in LimitQuestion question, IReadOnlyList<uint> waiting)
    {
        var holders = User.Jobs.Where(pair => What == Jobs || pair.Value.Of(What) > 0).Select(static pair => pair.Key).ToList();
        // Beside those that run: what this pass has planned, or what waits where that counts.
        var others = CountsAsked ? User.Asked.Submitted - User.Running.Jobs : User.Running.JobsIn(question.Pass) - User.Running.Jobs;
        return new TierDenial(Things[What].Key, Tier.Name, PerJob, (long)Math.Min(Limit, long.MaxValue), Held(question), holders.Count + others, [.. holders, .. waiting], Request, Tier.Contact)
        {
            What = Things[What].Thing,
        };
    }
}
