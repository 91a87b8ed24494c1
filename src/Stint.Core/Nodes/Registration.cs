using Stint.Core.Journal;
using Stint.Core.Nodes;

namespace Stint.Core;

public sealed partial class Cluster
{
    private const uint NodeCpusMax = 65_536;

    private Decision DecideRegisterNode(RegisterNode command, Instant now)
    {
        var asked = command.Registration;
        var hardware = asked.Hardware;
        if (!NodeNames.IsName(asked.Name)) return NotANodeName(asked.Name);
        if (hardware is null || hardware.Cpus is 0 or > NodeCpusMax || hardware.MemoryBytes == 0)
            return Decision.No(RefusalCodes.InvalidRequest,
                $"node {asked.Name} reports {hardware?.Cpus ?? 0} CPUs and {hardware?.MemoryBytes ?? 0} bytes of memory");
        if (hardware.ThreadsPerCore > 1 && hardware.Cpus % hardware.ThreadsPerCore != 0)
            return Decision.No(RefusalCodes.InvalidRequest,
                $"node {asked.Name} reports {hardware.Cpus} CPUs, which are no whole cores of {hardware.ThreadsPerCore} threads");
        if (CheckDevices(asked.Name, hardware.Gres) is { } refusal) return new Decision([], refusal, 0);

        var batch = new Batch(now);
        if (!nodes.TryGetValue(asked.Name, out var node)) batch.Add(asked);
        else
        {
            if (!StillFits(node, hardware))
                return Decision.No(RefusalCodes.InvalidRequest,
                    $"node {node.Name} now reports {hardware.Cpus} CPUs and {hardware.MemoryBytes} bytes of memory; jobs {string.Join(", ", node.Jobs)} hold more of it", "Restore the hardware, or let the jobs end first");
            if (!node.Registration.Equals(asked) || node.Future || node.Availability != NodeAvailability.NodeUp && !node.DownByAdmin) batch.Add(asked);
        }
        return batch.Decision();
    }

    private static Decision NotANodeName(string name) =>
        Decision.No(RefusalCodes.InvalidNodeName, $"\"{Short(name)}\" is not a node name",
            "Use letters, digits, '-', '_' and '.', starting with a letter or digit");

    /// <summary>What jobs hold stays where it is: cpu ids, whole cores and bytes.</summary>
    private static bool StillFits(Node node, Hardware hardware) =>
        node.Jobs.Count == 0
        || node.AllCpus.Except(node.FreeCpus).Max < hardware.Cpus && node.MemoryAllocatedBytes <= hardware.MemoryBytes
           && node.ThreadsPerCore == Math.Max(1, hardware.ThreadsPerCore);

    private void On(NodeRegistered record, Instant at)
    {
        if (!nodes.TryGetValue(record.Name, out var node))
        {
            node = new Node(record, KindOf(record)) { Availability = NodeAvailability.NodeUp, Changed = at };
            nodes.Add(record.Name, node);
        }
        else
        {
            node.Registration = record;
            node.Future = false;
            if (!node.DownByAdmin && node.Availability != NodeAvailability.NodeUp) SetAvailability(node, NodeAvailability.NodeUp, at);
        }
        Describe(node);
        RebuildPartitionNodes();
    }

    private static void SetAvailability(Node node, NodeAvailability availability, Instant at)
    {
        if (availability == NodeAvailability.NodeUp && node.Availability == NodeAvailability.NodeDown && !node.Drain)
        {
            node.Reason = "";
            node.ReasonUid = 0;
            node.ReasonAt = Instant.Never;
        }
        node.Availability = availability;
        node.Changed = at;
    }
}
