using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core;

// What is refused of nodes' descriptions, where they come in: from an agent, or from the configuration.
public sealed partial class Cluster
{
    private const int DevicesMax = 1024;

    private static Refusal? CheckDevices(string node, IReadOnlyCollection<Gres> devices)
    {
        if (devices.Count > GresCounts.Length)
            return No(RefusalCodes.InvalidGres, $"node {Short(node)} has {devices.Count} kinds of generic resources; the limit is {GresCounts.Length}");
        var kinds = new HashSet<(string, string)>();
        foreach (var gres in devices)
        {
            if (gres.Name.Length == 0) return No(RefusalCodes.InvalidGres, $"node {Short(node)} has a generic resource without a name");
            if (!kinds.Add((gres.Name, gres.Type.ToUpperInvariant())))
                return No(RefusalCodes.InvalidGres, $"node {Short(node)} has {Short(gres.Name)}:{Short(gres.Type)} twice", "Name and type together must be unique");
            if (gres.Units.Count > DevicesMax || gres.Name == GresNames.Gpu && gres.Count > DevicesMax)
                return No(RefusalCodes.InvalidGres, $"node {Short(node)} has {Math.Max(gres.Count, (uint)gres.Units.Count)} of {Short(gres.Name)}; the limit is {DevicesMax}");
            if (gres.Units.Select(static unit => unit.Index).Distinct().Count() < gres.Units.Count)
                return No(RefusalCodes.InvalidGres, $"node {Short(node)} has two devices of {Short(gres.Name)} with one number");
        }
        return null;
    }

    private static Refusal? CheckNodeLines(ClusterConfigured config)
    {
        foreach (var line in config.Nodes)
        {
            if (NodeNames.Expand(line.Nodes) is null) return No(RefusalCodes.InvalidNodeName, $"\"{Short(line.Nodes)}\" is not a list of nodes", "Write names such as n[1-8],gpu1, or ALL");
            foreach (var feature in line.Features)
                if (FeatureConstraint.Parse(feature, out _) is not { Each: FeatureTerm.Name })
                    return No(RefusalCodes.InvalidFeature, $"\"{Short(feature)}\" is not a name for a feature", "Use letters, digits, '-', '_', '.' and ':'");
            if (CheckDevices(line.Nodes, line.Gres) is { } refusal) return refusal;
        }
        foreach (var (kind, specs) in new[] { ("switch", config.Switches), ("block", config.Blocks) })
        {
            foreach (var spec in specs)
                if (NodeNames.Expand(spec.Nodes) is null || NodeNames.Expand(spec.Switches) is null)
                    return No(RefusalCodes.InvalidNodeName, $"{kind} {Short(spec.Name)} names what is not a list", "Write names such as n[1-8]");
        }
        return LicenseRequest.Parse(config.Licenses, out var error) is { AnyOne: false } ? null
            : No(RefusalCodes.InvalidLicense, error.Length > 0 ? error : "the cluster's licences are joined by \",\"");
    }
}
