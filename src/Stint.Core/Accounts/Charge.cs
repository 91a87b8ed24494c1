namespace Stint.Core.Accounts;

/// <summary>A running job as it was counted: what it leaves is taken off exactly where it was put.</summary>
internal sealed class Charge(PolicyClass @class, Holders holders, JobTres tres, JobTres tierTres, JobTres tierRequest, long endMs)
{
    // As it was when the job was counted: another factor later must not take off another amount.
    private readonly long usageFactorMicro = holders.UsageFactorMicro;

    public PolicyClass Class => @class;
    public Holders Holders => holders;
    public JobTres Tres => tres;
    /// <summary>End of the time that the job may yet run: its limit, or a year without one.</summary>
    public long EndMs => endMs;
    /// <summary>Its minutes are in the counters: until its end has come.</summary>
    public bool PlansRun { get; private set; }
    /// <summary>Time is charged: not while it is suspended.</summary>
    public bool Ticks { get; private set; }

    public void Enter(uint jobId)
    {
        foreach (var meter in holders.Meters)
        {
            meter.Submit(1);
            meter.Start(tres);
        }
        if (holders.TierUser is not { } user) return;
        user.Submit(tierRequest, 1);
        user.Running.Start(tierTres);
        user.Jobs.Add(jobId, tierTres);
    }

    public void Leave(uint jobId)
    {
        foreach (var meter in holders.Meters)
        {
            meter.Submit(-1);
            meter.Stop(tres);
        }
        if (holders.TierUser is not { } user) return;
        user.Submit(tierRequest, -1);
        user.Running.Stop(tierTres);
        user.Jobs.Remove(jobId);
    }

    public void PlanRun(bool plans)
    {
        if (PlansRun == plans) return;
        PlansRun = plans;
        foreach (var meter in holders.Meters) meter.PlanRun(tres, endMs, plans ? 1 : -1);
    }

    /// <summary>Starts or stops the clock of its usage.</summary>
    /// <param name="at">Not set: the usage is as it was loaded, and only the rates are put back.</param>
    public void Tick(bool ticks, Instant at, Decay decay)
    {
        if (Ticks == ticks) return;
        Ticks = ticks;
        for (var i = 0; i < holders.Usages.Length; i++)
        {
            var usage = holders.Usages[i];
            if (at.IsSet) usage.Settle(at, decay: Fades(usage) ? decay : Decay.None);
            usage.Charge(tres, usageFactorMicro, ticks ? 1 : -1);
        }
    }

    private bool Fades(DecayedUsage usage) =>
        !(holders.First is { } first && ReferenceEquals(first.Usage, usage) && first.Has(QosFlags.NoDecay)
            || holders.Second is { } second && ReferenceEquals(second.Usage, usage) && second.Has(QosFlags.NoDecay));
}
