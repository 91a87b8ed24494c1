using Stint.Wording;

namespace Stint.Core.Accounts;

/// <summary>A tier's "no" in numbers: what its sentence is made of, and what the API gives beside it.</summary>
/// <param name="Thing"><c>cpus</c>, <c>memory</c> (MiB), <c>gpus</c>, <c>mig_instances</c>, <c>gpu_equivalents</c> (2,800ths), <c>jobs</c>.</param>
/// <param name="PerJob">The limit on one job; else on all jobs of the user together.</param>
/// <param name="Jobs">That hold it; the first few of many.</param>
/// <param name="Contact">Whom to ask; empty: the admin.</param>
public sealed record TierDenial(string Thing, string Tier, bool PerJob, long Limit, long Held, int HeldJobs, IReadOnlyList<uint> Jobs, long Request, string Contact)
{
    internal LimitThing What { get; init; }

    /// <summary>Without a full stop.</summary>
    public string Sentence => LimitWords.Sentence(What, Tier, PerJob, Limit, Held, HeldJobs, Jobs, Request);
    public string Remedy => LimitWords.Remedy(What, PerJob, Limit, Held, HeldJobs, Contact);
}
