using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary><c>priority:</c></summary>
internal static class PriorityReader
{
    private const long Week = 7L * 86_400_000;

    public static PrioritySettings Read(YamlNode node)
    {
        var settings = new PrioritySettings { Multifactor = true, MaxAgeMs = Week, DecayHalfLifeMs = Week };
        foreach (var (key, value) in Entries(node, "priority"))
        {
            switch (Text(key))
            {
                case "type": settings.Multifactor = Choice(value, "type", ("multifactor", true), ("fifo", false)); break;
                case "weights": Weights(settings, value); break;
                case "max_age": settings.MaxAgeMs = TimeMs(value); break;
                case "decay_half_life": settings.DecayHalfLifeMs = TimeMs(value); break;
                case "favor_small": settings.FavorSmall = Flag(value); break;
                case "accrue_always": settings.CalculateAccrueAlways = Flag(value); break;
                case "small_relative_to_time": settings.SmallRelativeToTime = Flag(value); break;
                case "usage_reset":
                    settings.UsageReset = Choice(value, "usage_reset", ("none", "NONE"), ("now", "NOW"), ("daily", "DAILY"), ("weekly", "WEEKLY"), ("monthly", "MONTHLY"), ("quarterly", "QUARTERLY"), ("yearly", "YEARLY"));
                    break;
                default: throw Unknown(key, "priority");
            }
        }
        return settings;
    }

    private static void Weights(PrioritySettings settings, YamlNode node)
    {
        foreach (var (key, value) in Entries(node, "weights"))
        {
            switch (Text(key))
            {
                case "age": settings.WeightAge = Number(value); break;
                case "fair_share": settings.WeightFairShare = Number(value); break;
                case "job_size": settings.WeightJobSize = Number(value); break;
                case "partition": settings.WeightPartition = Number(value); break;
                case "qos": settings.WeightQos = Number(value); break;
                case "association": settings.WeightAssociation = Number(value); break;
                case "tres": TresReader.ReadWeights(value, "tres", settings.WeightTres); break;
                default: throw Unknown(key, "the weights of priority");
            }
        }
    }
}

/// <summary><c>preempt:</c></summary>
internal static class PreemptReader
{
    public static PreemptSettings Read(YamlNode node)
    {
        var settings = new PreemptSettings { Mode = PreemptMode.PreemptOff };
        foreach (var (key, value) in Entries(node, "preempt"))
        {
            switch (Text(key))
            {
                case "by": settings.By = Choice(value, "by", ("none", PreemptBy.PreemptNone), ("partition", PreemptBy.PreemptPartition), ("qos", PreemptBy.PreemptQos)); break;
                case "mode": settings.Mode = Mode(value); break;
                case "exempt_time": settings.ExemptMs = TimeMs(value); break;
                case "youngest_first": settings.YoungestFirst = Flag(value); break;
                case "within": settings.Within = Flag(value); break;
                case "time_slice": settings.TimeSliceMs = (long)Time(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)).TotalMilliseconds; break;
                default: throw Unknown(key, "preempt");
            }
        }
        if (settings.By != PreemptBy.PreemptNone && settings.Mode == PreemptMode.PreemptOff) throw new ConfigException(node, "preempt needs a mode: cancel, requeue, suspend or gang");
        return settings;
    }

    public static PreemptMode Mode(YamlNode node) => Choice(node, "the mode",
        ("off", PreemptMode.PreemptOff), ("cancel", PreemptMode.PreemptCancel), ("requeue", PreemptMode.PreemptRequeue), ("suspend", PreemptMode.PreemptSuspend), ("gang", PreemptMode.PreemptGang));
}

/// <summary><c>planning:</c></summary>
internal static class PlanningReader
{
    public static PlanningSettings Read(YamlNode node)
    {
        var settings = new PlanningSettings();
        foreach (var (key, value) in Entries(node, "planning"))
        {
            switch (Text(key))
            {
                case "policy": settings.Policy = Choice(value, "policy", ("default", "default"), ("easy", "easy"), ("conservative", "conservative"), ("fcfs", "fcfs")); break;
                case "reservations_max": settings.ReservationsMax = Number(value, 0, 1_000_000); break;
                case "predict_run_times": settings.PredictRunTimes = Flag(value); break;
                case "window": settings.WindowMs = TimeMs(value); break;
                case "spread_gpus": settings.SpreadGpus = Flag(value); break;
                default: throw Unknown(key, "planning");
            }
        }
        return settings;
    }
}

/// <summary><c>enforce: [associations, limits, qos, safe, wckeys]</c>, as AccountingStorageEnforce: each implies what it needs.</summary>
internal static class EnforceReader
{
    public static EnforceSettings Read(YamlNode node)
    {
        var settings = new EnforceSettings();
        foreach (var item in Items(node, "enforce"))
        {
            switch (Text(item).ToLowerInvariant())
            {
                case "associations": break;
                case "limits": settings.Limits = true; break;
                case "qos": settings.Qos = true; break;
                case "safe": settings.Safe = settings.Limits = true; break;
                case "wckeys": settings.Wckeys = true; break;
                case "nojobs": settings.NoJobs = settings.NoSteps = true; continue;
                case "nosteps": settings.NoSteps = true; continue;
                default: throw new ConfigException(item, $"enforce knows associations, limits, qos, safe, wckeys, nojobs and nosteps, not '{Text(item)}'");
            }
            settings.Associations = true;
        }
        return settings;
    }
}
