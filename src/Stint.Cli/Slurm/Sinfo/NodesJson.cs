using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Sinfo;

/// <summary><c>sinfo --json</c> in the shape of data_parser v0.0.45: one entry for each partition and kind of node.</summary>
internal static class NodesJson
{
    /// <summary>What separates entries: partition, state, reason, and how the node is built.</summary>
    public static readonly NodeField[] Separating = [.. "PTEcmzG".Select(letter => NodeFields.Rule(NodeFields.Table.Find(letter)!))];

    public static void Write(CommandContext context, IEnumerable<NodeGroup> groups, string cluster)
    {
        var json = new SlurmJson();
        json.Document(context, cluster, "sinfo", () =>
        {
            foreach (var group in groups) Write(json, group);
        });
    }

    private static void Write(SlurmJson json, NodeGroup group)
    {
        var writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteNumber("port", 0);
        writer.WriteStartObject("node");
        json.Strings("state", States(group));
        writer.WriteEndObject();
        writer.WriteStartObject("nodes");
        Counts(json, group.Count(NodeUse.Allocated), group.Count(NodeUse.Idle), group.Count(NodeUse.Other), group.Nodes.Count);
        json.Strings("hostnames");
        json.Strings("addresses");
        json.Strings("nodes", [.. group.Nodes.Select(node => node.Name)]);
        writer.WriteEndObject();
        Cpus(json, group);
        json.Range("sockets", Least(group, node => node.Sockets), Most(group, node => node.Sockets));
        json.Range("cores", Least(group, node => node.CoresPerSocket), Most(group, node => node.CoresPerSocket));
        json.Range("threads", Least(group, node => node.ThreadsPerCore), Most(group, node => node.ThreadsPerCore));
        json.Range("disk", 0, 0);
        Memory(json, group);
        json.Range("weight", 1, 1);
        Pair(json, "features", "total", "", "active", "");
        Pair(json, "gres", "total", group.First is { Gpus: > 0 } node ? $"gpu:{node.Gpus}" : "", "used", "");
        json.Texts("", "cluster", "comment", "extra");
        writer.WriteStartObject("reason");
        json.Text("description", group.First?.Reason ?? "");
        writer.WriteNumber("time", (group.First?.ReasonAtMs ?? 0) / 1000);
        writer.WriteEndObject();
        json.Text("reservation", "");
        json.Text("reason_set_by_user", group.First is { Reason.Length: > 0 } told ? UserLookup.NameOf(told.ReasonUid) ?? "" : "");
        Partition(json, group.Partition);
        writer.WriteEndObject();
    }

    private static string[] States(NodeGroup group)
    {
        if (group.First is null) return [];
        var state = group.State;
        return [state.Base, .. state.Drain ? (string[])["DRAIN"] : [], .. state.Flag.Length > 0 ? (string[])[state.Flag] : [], .. state.Silent ? (string[])["NOT_RESPONDING"] : []];
    }

    private static void Counts(SlurmJson json, long allocated, long idle, long other, long total)
    {
        json.Writer.WriteNumber("allocated", allocated);
        json.Writer.WriteNumber("idle", idle);
        json.Writer.WriteNumber("other", other);
        json.Writer.WriteNumber("total", total);
    }

    private static void Cpus(SlurmJson json, NodeGroup group)
    {
        var (allocated, idle, other, total) = group.Cpus();
        json.Writer.WriteStartObject("cpus");
        Counts(json, allocated, idle, other, total);
        json.Writer.WriteNumber("minimum", Least(group, node => node.Cpus));
        json.Writer.WriteNumber("maximum", Most(group, node => node.Cpus));
        json.Range("load", Least(group, node => (long)(node.Load * 100)), Most(group, node => (long)(node.Load * 100)));
        json.Writer.WriteStartObject("per_node");
        json.Infinite("max");
        json.Writer.WriteEndObject();
        json.Writer.WriteEndObject();
    }

    private static void Memory(SlurmJson json, NodeGroup group)
    {
        json.Writer.WriteStartObject("memory");
        json.Writer.WriteNumber("minimum", Least(group, node => (long)(node.MemoryBytes >> 20)));
        json.Writer.WriteNumber("maximum", Most(group, node => (long)(node.MemoryBytes >> 20)));
        json.Writer.WriteStartObject("free");
        json.Number("minimum", Least(group, node => (long)(node.MemoryFreeBytes >> 20)));
        json.Number("maximum", Most(group, node => (long)(node.MemoryFreeBytes >> 20)));
        json.Writer.WriteEndObject();
        json.Writer.WriteNumber("allocated", group.Nodes.Sum(node => (long)(node.MemoryAllocatedBytes >> 20)));
        json.Writer.WriteEndObject();
    }

    private static void Partition(SlurmJson json, PartitionView partition)
    {
        json.Writer.WriteStartObject("partition");
        Scontrol.PartitionsJson.WriteMembers(json, partition);
        json.Writer.WriteEndObject();
    }

    private static void Pair(SlurmJson json, string name, string first, string firstValue, string second, string secondValue)
    {
        json.Writer.WriteStartObject(name);
        json.Text(first, firstValue);
        json.Text(second, secondValue);
        json.Writer.WriteEndObject();
    }

    private static long Least(NodeGroup group, Func<NodeView, long> value) => group.Nodes.Count == 0 ? 0 : group.Nodes.Min(value);
    private static long Most(NodeGroup group, Func<NodeView, long> value) => group.Nodes.Count == 0 ? 0 : group.Nodes.Max(value);
}
