using Stint.Core.Jobs;

namespace Stint.Core.Accounts;

/// <summary>When, and with which of the pass's plans, limits are asked.</summary>
internal readonly record struct LimitQuestion(int Pass, Instant Now, Decay Decay);

/// <summary>
/// One limit as it meets one class of jobs: holder, amount and request are worked out beforehand, so that asking costs a
/// comparison of counters and makes no garbage.
/// </summary>
/// <param name="Reason">What squeue prints.</param>
/// <param name="Holder">Whose limit it is: <c>account physics</c>, <c>QOS low</c>.</param>
/// <param name="Name">sacctmgr's name of it.</param>
internal abstract record LimitCheck(PendingReason Reason, string Holder, string Name)
{
    /// <summary>One more start would pass the limit.</summary>
    public abstract bool Fails(in LimitQuestion question);

    /// <summary>The job would pass the limit even if nothing else ran: what DenyOnLimit refuses at submission.</summary>
    public abstract bool FailsAlone { get; }

    /// <summary>Limit, usage and request in one sentence without a full stop.</summary>
    public abstract string Sentence(in LimitQuestion question);

    /// <summary>When time alone would take the obstacle away, as things stand; not set: time alone does not.</summary>
    public virtual Instant ClearsAt(in LimitQuestion question) => Instant.Never;

}

/// <summary>GrpJobs, MaxJobs, MaxJobsPerUser, MaxJobsPerAccount.</summary>
internal sealed record JobCountCheck(PendingReason Reason, string Holder, string Name, Meter Meter, long Limit) : LimitCheck(Reason, Holder, Name)
{
    public override bool Fails(in LimitQuestion question) => Meter.JobsIn(question.Pass) >= Limit;
    public override bool FailsAlone => Limit < 1;
    public override string Sentence(in LimitQuestion question) =>
        $"{Holder} allows {Limit} running {(Limit == 1 ? "job" : "jobs")} ({Name}); {Meter.JobsIn(question.Pass)} run";
}

/// <summary>GrpTRES, MaxTRESPerUser, MaxTRESPerAccount: what runs at one time.</summary>
internal sealed record TresCheck(PendingReason Reason, string Holder, string Name, Meter Meter, int Id, string Tres, long Limit, long Request)
    : LimitCheck(Reason, Holder, Name)
{
    public override bool Fails(in LimitQuestion question) => Meter.UsedIn(question.Pass, Id) + Request > Limit;
    public override bool FailsAlone => Request > Limit;
    public override string Sentence(in LimitQuestion question) =>
        $"{Holder} allows {Amount.Of(Tres, Limit)} at a time ({Name}); {Amount.Of(Tres, Meter.UsedIn(question.Pass, Id))} in use, this job asks for {Amount.Of(Tres, Request)}";
}

/// <summary>What one job may ask for at most (per job, per node, in minutes), or at least. Nothing that runs matters.</summary>
internal sealed record RequestCheck(PendingReason Reason, string Holder, string Name, string Limit, string Request, bool AtLeast = false)
    : LimitCheck(Reason, Holder, Name)
{
    public override bool Fails(in LimitQuestion question) => true;
    public override bool FailsAlone => true;
    public override string Sentence(in LimitQuestion question) =>
        $"{Holder} {(AtLeast ? "needs at least" : "allows")} {Limit} ({Name}); this job asks for {Request}";
}

/// <summary>GrpTRESRunMins and its kin: what running jobs may yet use, counted to their time limits.</summary>
internal sealed record RunMinutesCheck(PendingReason Reason, string Holder, string Name, Meter Meter, int Id, string Tres, long Limit, Int128 RequestMs)
    : LimitCheck(Reason, Holder, Name)
{
    public override bool Fails(in LimitQuestion question) =>
        Meter.RunLeftIn(question.Pass, Id, question.Now) + RequestMs > (Int128)Limit * 60_000;
    public override bool FailsAlone => RequestMs > (Int128)Limit * 60_000;
    public override string Sentence(in LimitQuestion question) =>
        $"{Holder} allows {Amount.Minutes(Tres, Limit)} yet to run ({Name}); running jobs may use {Amount.Minutes(Tres, (long)(Meter.RunLeftIn(question.Pass, Id, question.Now) / 60_000))} more, this job asks for {Amount.Minutes(Tres, (long)(RequestMs / 60_000))}";

    /// <summary>Running jobs eat their minutes at a constant rate.</summary>
    public override Instant ClearsAt(in LimitQuestion question)
    {
        if (FailsAlone) return Instant.Never;
        var over = Meter.RunLeft(Id, question.Now) + RequestMs - (Int128)Limit * 60_000;
        var rate = Meter.RunLeft(Id, question.Now) - Meter.RunLeft(Id, new Instant(question.Now.Milliseconds + 1));
        return rate <= 0 ? Instant.Never : new Instant(question.Now.Milliseconds + (long)((over + rate - 1) / rate));
    }
}
