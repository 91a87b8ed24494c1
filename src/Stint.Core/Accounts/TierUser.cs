namespace Stint.Core.Accounts;

/// <summary>One user over all jobs, in what tiers count (<see cref="TierTres"/>).</summary>
internal sealed class TierUser
{
    public Meter Running { get; } = new();
    /// <summary>Of all jobs that are not over, running ones included: what a tier that refuses compares.</summary>
    public Meter Asked { get; } = new();
    /// <summary>Running jobs with what each holds, for the sentence that says who holds what.</summary>
    public SortedDictionary<uint, JobTres> Jobs { get; } = [];

    public void Submit(JobTres tres, int tasks)
    {
        Asked.Submit(tasks);
        Asked.Hold(tres, tasks);
    }
}
