using Stint.Core.Journal;

namespace Stint.Core.Accounts;

[Flags]
internal enum QosFlags
{
    None = 0, DenyOnLimit = 1, EnforceUsageThreshold = 2, NoDecay = 4, NoReserve = 8, OverPartQos = 16, PartitionMaxNodes = 32,
    PartitionMinNodes = 64, PartitionTimeLimit = 128, RequiresReservation = 256, UsageFactorSafe = 512, Relative = 1024,
}

/// <summary>A quality of service with what runs under it: in all, per user, per account.</summary>
internal sealed class Qos
{
    private static readonly Dictionary<string, QosFlags> FlagNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DenyOnLimit"] = QosFlags.DenyOnLimit, ["EnforceUsageThreshold"] = QosFlags.EnforceUsageThreshold, ["NoDecay"] = QosFlags.NoDecay,
        ["NoReserve"] = QosFlags.NoReserve, ["OverPartQOS"] = QosFlags.OverPartQos, ["PartitionMaxNodes"] = QosFlags.PartitionMaxNodes,
        ["PartitionMinNodes"] = QosFlags.PartitionMinNodes, ["PartitionTimeLimit"] = QosFlags.PartitionTimeLimit,
        ["RequiresReservation"] = QosFlags.RequiresReservation, ["UsageFactorSafe"] = QosFlags.UsageFactorSafe, ["Relative"] = QosFlags.Relative,
    };

    private readonly Dictionary<uint, Meter> users = [];
    private readonly Dictionary<string, Meter> accounts = new(StringComparer.Ordinal);
    private QosSpec spec;

    public Qos(QosSpec spec)
    {
        this.spec = spec;
        Flags = FlagsOf(spec);
    }

    public QosSpec Spec
    {
        get => spec;
        set { spec = value; Flags = FlagsOf(value); }
    }

    public string Name => spec.Name;
    public QosFlags Flags { get; private set; }
    /// <summary>There without having been set: Slurm makes one of that name at its first start.</summary>
    public bool IsImplied { get; init; }
    public Meter Meter { get; } = new();
    public DecayedUsage Usage { get; } = new();

    public bool Has(QosFlags flag) => (Flags & flag) != 0;

    /// <summary>Millionths: by how much the time of its jobs counts.</summary>
    public long UsageFactorMicro => spec.UsageFactor > 0 ? (long)Math.Round(Math.Min(spec.UsageFactor, 1e6) * 1_000_000)
        : spec.UsageFactorZero ? 0 : 1_000_000;

    /// <summary>By how much limits of associations are multiplied for its jobs.</summary>
    public double LimitFactor => spec.LimitFactor > 0 ? spec.LimitFactor : 1;

    public Meter OfUser(uint uid)
    {
        if (!users.TryGetValue(uid, out var meter)) users.Add(uid, meter = new Meter());
        return meter;
    }

    public Meter OfAccount(string account)
    {
        if (!accounts.TryGetValue(account, out var meter)) accounts.Add(account, meter = new Meter());
        return meter;
    }

    public IEnumerable<(string Who, Meter Meter)> Meters()
    {
        yield return ("", Meter);
        foreach (var (uid, meter) in users) yield return ($"uid {uid}", meter);
        foreach (var (account, meter) in accounts) yield return ($"account {account}", meter);
    }

    public override string ToString() => $"QOS {Name}";

    public static bool IsFlag(string name) => FlagNames.ContainsKey(name);

    private static QosFlags FlagsOf(QosSpec spec)
    {
        var flags = QosFlags.None;
        foreach (var name in spec.Flags) flags |= FlagNames.GetValueOrDefault(name);
        return flags;
    }
}
