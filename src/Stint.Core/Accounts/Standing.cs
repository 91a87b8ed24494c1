using Stint.Core.Partitions;

namespace Stint.Core.Accounts;

/// <summary>Who counts a job: the holders that its start and its usage are charged to.</summary>
/// <param name="Association">The user's; null: the job has none.</param>
/// <param name="First">The QOS whose limits go before the other's; null: none.</param>
/// <param name="JobQos">The job's own, which gives the usage factor.</param>
internal sealed record Holders(Association? Association, Qos? First, Qos? Second, Qos? JobQos, TierUser? TierUser, string Account, uint Uid)
{
    /// <summary>Each meter once: associations up to root, QOS with their users and accounts.</summary>
    public Meter[] Meters { get; } = Collect(Association, First, Second, Account, Uid);
    /// <summary>Whose usage its time is charged to.</summary>
    public DecayedUsage[] Usages { get; } = CollectUsages(Association, First, Second);
    /// <summary>Millionths: of the job's own QOS only.</summary>
    public long UsageFactorMicro => JobQos?.UsageFactorMicro ?? 1_000_000;

    private static Meter[] Collect(Association? association, Qos? first, Qos? second, string account, uint uid)
    {
        var meters = new List<Meter>();
        if (association is not null)
            foreach (var node in association.Chain()) meters.Add(node.Meter);
        foreach (var qos in (ReadOnlySpan<Qos?>)[first, second])
            if (qos is not null) meters.AddRange([qos.Meter, qos.OfUser(uid), qos.OfAccount(account)]);
        return [.. meters];
    }

    private static DecayedUsage[] CollectUsages(Association? association, Qos? first, Qos? second)
    {
        var usages = new List<DecayedUsage>();
        if (association is not null)
            foreach (var node in association.Chain()) usages.Add(node.Usage);
        if (first is not null) usages.Add(first.Usage);
        if (second is not null) usages.Add(second.Usage);
        return [.. usages];
    }
}

/// <summary>Where a class of jobs stands in one partition: who counts it, which limits meet it, and its part of the priority.</summary>
internal sealed class Standing(Partition partition, Holders holders, JobTres request, JobTres tierRequest, long runMs)
{
    public Partition Partition { get; } = partition;
    public Holders Holders { get; } = holders;
    /// <summary>Of one job, or one task of an array.</summary>
    public JobTres Request { get; } = request;
    public JobTres TierRequest { get; } = tierRequest;
    /// <summary>For how long a start is planned: its time limit, or a year.</summary>
    public long RunMs { get; } = runMs;

    /// <summary>In the order in which Slurm looks at them. Empty: nothing limits such jobs.</summary>
    public LimitCheck[] Checks { get; set; } = [];
    /// <summary>The account book's version, and the nodes', for which all this was worked out.</summary>
    public (int Book, long Nodes) Version { get; init; }

    /// <summary>Everything of the priority but the age, for <see cref="PriorityVersion"/>.</summary>
    public double Priority { get; set; }
    public long PriorityVersion { get; set; } = -1;
}
