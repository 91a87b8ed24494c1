using Stint.Core.Jobs;

namespace Stint.Core.Accounts;

/// <summary>
/// GrpTRESMins: what was used so far, fading. With AccountingStorageEnforce=safe a job starts only when it can run to its limit.
/// </summary>
internal sealed record UsageMinutesCheck(PendingReason Reason, string Holder, string Name, DecayedUsage Usage, Meter Meter, int Id, string Tres,
    long Limit, Int128 RequestMs, bool Safe, bool Fades) : LimitCheck(Reason, Holder, Name), IBudget
{
    public override bool Fails(in LimitQuestion question)
    {
        var used = UsedMinutes(question);
        if (used >= Limit) return true;
        return Safe && ((double)RequestMs + (double)Meter.RunLeftIn(question.Pass, Id, question.Now)) / 60_000 > Limit - Math.Floor(used);
    }

    public override bool FailsAlone => (double)RequestMs / 60_000 > Limit;

    public bool IsSpent(in LimitQuestion question) => UsedMinutes(question) >= Limit;
    public string Spent => $"time: {Holder} allows {Amount.Minutes(Tres, Limit)} ({Name}), and they are used";

    public override string Sentence(in LimitQuestion question)
    {
        var used = Amount.Minutes(Tres, (long)UsedMinutes(question));
        return Safe
            ? $"{Holder} allows {Amount.Minutes(Tres, Limit)} ({Name}); {used} are used, running jobs may use {Amount.Minutes(Tres, (long)(Meter.RunLeftIn(question.Pass, Id, question.Now) / 60_000))} more, this job asks for {Amount.Minutes(Tres, (long)(RequestMs / 60_000))}"
            : $"{Holder} allows {Amount.Minutes(Tres, Limit)} ({Name}); {used} are used, this job asks for {Amount.Minutes(Tres, (long)(RequestMs / 60_000))}";
    }

    public override Instant ClearsAt(in LimitQuestion question)
    {
        var (now, room) = (question.Now, Safe ? Limit - Math.Floor((double)RequestMs / 60_000) : Limit);
        return Safe && room < 0 || !Fades ? Instant.Never : UsageClock.FallsTo(UsedMinutes(question), room, now, question.Decay);
    }

    private double UsedMinutes(in LimitQuestion question) =>
        Usage.TresSeconds(Id, question.Now, Fades ? question.Decay : Decay.None) / 60;
}

/// <summary>GrpWall: wall time of all its jobs so far, fading.</summary>
internal sealed record WallCheck(PendingReason Reason, string Holder, string Name, DecayedUsage Usage, Meter Meter, long LimitMs, long RequestMs, bool Safe,
    bool Fades) : LimitCheck(Reason, Holder, Name), IBudget
{
    public override bool Fails(in LimitQuestion question)
    {
        // Whole minutes, as Slurm counts them.
        var used = Math.Floor(UsedSeconds(question) / 60);
        return used >= LimitMs / 60_000 || Safe && used + RequestMs / 60_000 > LimitMs / 60_000;
    }

    public override bool FailsAlone => RequestMs > LimitMs;

    public bool IsSpent(in LimitQuestion question) => Math.Floor(UsedSeconds(question) / 60) >= LimitMs / 60_000;
    public string Spent => $"time: {Holder} allows {LimitMs / 60_000} minutes of wall time ({Name}), and they are used";
    public override string Sentence(in LimitQuestion question) =>
        $"{Holder} allows {LimitMs / 60_000} minutes of wall time ({Name}); {(long)(UsedSeconds(question) / 60)} are used, this job asks for {RequestMs / 60_000}";

    public override Instant ClearsAt(in LimitQuestion question)
    {
        var room = Safe ? LimitMs / 60_000 - RequestMs / 60_000 : LimitMs / 60_000;
        return room < 0 || !Fades ? Instant.Never : UsageClock.FallsTo(UsedSeconds(question) / 60, room, question.Now, question.Decay);
    }

    private double UsedSeconds(in LimitQuestion question) => Usage.WallSeconds(question.Now, Fades ? question.Decay : Decay.None);
}

/// <summary>A QOS with EnforceUsageThreshold: no start below that fair share.</summary>
internal sealed record ThresholdCheck(string Holder, Association Association, double Threshold)
    : LimitCheck(PendingReason.QOSUsageThreshold, Holder, "UsageThreshold")
{
    public override bool Fails(in LimitQuestion question) => Association.FairShare < Threshold;
    public override bool FailsAlone => false;
    /// <summary>Fair share moves with everybody's usage: looked at again every five minutes, as Slurm does.</summary>
    public override Instant ClearsAt(in LimitQuestion question) => new(question.Now.Milliseconds + 300_000);
    public override string Sentence(in LimitQuestion question) =>
        FormattableString.Invariant($"{Holder} starts jobs from a fair share of {Threshold:0.######} on ({Name}); {Association} has {Association.FairShare:0.######}");
}

/// <summary>What jobs use up while they run: when it is spent, they end.</summary>
internal interface IBudget
{
    bool IsSpent(in LimitQuestion question);

    /// <summary>Why, without a full stop.</summary>
    string Spent { get; }
}

internal static class UsageClock
{
    /// <summary>
    /// When a fading amount has fallen below a level if nothing is added to it, or starts anew; not set: never. At least a second ahead:
    /// a job that is looked at too early costs a look, and no more.
    /// </summary>
    public static Instant FallsTo(double amount, double level, Instant now, Decay decay)
    {
        var boundary = decay.Period.NextBoundary(now);
        if (decay.HalfLifeMs <= 0 || level <= 0 || amount <= 0) return boundary;
        var ms = amount <= level ? 60_000 : Math.Max(1_000, Math.Ceiling(Math.Log(amount / level) / Math.Log(2) * decay.HalfLifeMs) + 1);
        if (ms > 1e15) return boundary;
        var faded = new Instant(now.Milliseconds + (long)ms);
        return boundary.IsSet && boundary < faded ? boundary : faded;
    }
}
