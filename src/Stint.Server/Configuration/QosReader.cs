using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary><c>qos:</c></summary>
internal static class QosReader
{
    private static readonly string[] Flags =
    [
        "DenyOnLimit", "EnforceUsageThreshold", "NoDecay", "NoReserve", "OverPartQOS", "PartitionMaxNodes", "PartitionMinNodes", "PartitionTimeLimit",
        "RequiresReservation", "UsageFactorSafe", "Relative",
    ];

    public static List<QosSpec> Read(YamlNode node, ConfigNames names)
    {
        var all = new List<QosSpec>();
        foreach (var item in Items(node, "qos"))
        {
            var spec = new QosSpec();
            foreach (var (key, value) in Entries(item, "a QOS")) Set(spec, key, value, names);
            if (spec.Name.Length == 0) throw new ConfigException(item, "a QOS needs a name");
            names.Add(ConfigNames.Kind.Qos, item, spec.Name);
            all.Add(spec);
        }
        return all;
    }

    private static void Set(QosSpec spec, YamlNode key, YamlNode value, ConfigNames names)
    {
        switch (Text(key))
        {
            case "name": spec.Name = Name(value, "the name of the QOS"); break;
            case "description": spec.Description = Words(value, "the description"); break;
            case "priority": spec.Priority = Number(value); break;
            case "limits": spec.Limits = LimitReader.Read(value, ofQos: true); break;
            case "flags":
                foreach (var flag in Items(value, "flags")) spec.Flags.Add(OneFlag(flag));
                break;
            case "preempt": spec.Preempt.Add(names.ReferAll(ConfigNames.Kind.Qos, value, "preempt")); break;
            case "preempt_mode": spec.PreemptMode = PreemptReader.Mode(value); break;
            case "preempt_exempt_time": spec.PreemptExemptMs = TimeMs(value); break;
            case "grace": spec.GraceMs = TimeMs(value); break;
            case "usage_factor":
                spec.UsageFactor = Fraction(value, 0, 1e6);
                spec.UsageFactorZero = spec.UsageFactor == 0;
                break;
            case "usage_threshold": spec.UsageThreshold = Fraction(value, 0, 1); break;
            case "limit_factor": spec.LimitFactor = Fraction(value, 0, 1e6); break;
            default: throw Unknown(key, "a QOS");
        }
    }

    private static string OneFlag(YamlNode node) => Array.Find(Flags, f => string.Equals(f, Text(node), StringComparison.OrdinalIgnoreCase))
        ?? throw new ConfigException(node, $"'{Text(node)}' is no flag of a QOS ({string.Join(", ", Flags)})");
}
