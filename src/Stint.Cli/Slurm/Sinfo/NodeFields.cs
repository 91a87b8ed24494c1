using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sinfo;

/// <summary>A field of sinfo, and what makes two nodes look different in it.</summary>
/// <param name="Key">null: the field adds nodes up and never separates them.</param>
/// <param name="ExactKey">Separates them only with <c>--exact</c>; without it they are shown as <c>2+</c>.</param>
public sealed record NodeField(Field<NodeGroup> Field, Func<NodeView, string>? Key = null, Func<NodeView, string>? ExactKey = null, bool SeparatesPartitions = false);

/// <summary>Everything <c>sinfo -o</c> and <c>-O</c> can print; headings and empty values are Slurm's.</summary>
public static class NodeFields
{
    private static readonly NodeField[] All =
    [
        Of(new('a', "AVAIL", g => g.Partition.State.ToLowerInvariant() is "inactive" ? "inact" : g.Partition.State.ToLowerInvariant(), "Available")) with { SeparatesPartitions = true },
        Of(new('b', "ACTIVE_FEATURES", g => Features(g.First), "features_act"), Features),
        Exact('c', "CPUS", node => node.Cpus, "CPUs"),
        Exact('d', "TMP_DISK", node => (long)(node.DiskBytes >> 20), "Disk"),
        Of(new('e', "FREE_MEM", g => g.Span(FreeMemory, "0"), "FreeMem"), exact: FreeMemory),
        Of(new('f', "AVAIL_FEATURES", g => Features(g.First), "Features"), Features),
        OfPartition('g', "GROUPS", p => p.AllowGroups.Length == 0 ? "all" : string.Join(',', p.AllowGroups), "Groups"),
        OfPartition('h', "OVERSUBSCRIBE", p => p.OverSubscribe, "OverSubscribe", "Share"),
        Of(new('i', "RESERVATION", g => g.First?.Reservation ?? "", "Reservation"), node => node.Reservation),
        Of(new('l', "TIMELIMIT", g => g.Partition.MaxTimeMs == 0 ? "infinite" : SlurmDuration.Format(g.Partition.MaxTimeMs), "Time")) with { SeparatesPartitions = true },
        Exact('m', "MEMORY", node => (long)(node.MemoryBytes >> 20), "Memory"),
        Of(new('n', "HOSTNAMES", g => g.First?.Hostname ?? "", "NodeHost") { WholeHeadingOnTheRight = true }, node => node.Hostname),
        Of(new('o', "NODE_ADDR", g => g.First?.Address ?? "", "NodeAddr") { WholeHeadingOnTheRight = true }, node => node.Address),
        OfPartition('p', "PRIO_TIER", p => Text(p.PriorityTier), "PriorityTier"),
        OfPartition('r', "ROOT", p => p.RootOnly ? "yes" : "no", "Root"),
        OfPartition('s', "JOB_SIZE", JobSize, "Size"),
        Of(new('t', "STATE", g => g.First is null ? "n/a" : g.State.Compact, "StateCompact") { Order = ByState }, node => node.State),
        Of(new('u', "USER", g => User(g, "root", "Unknown"), "User"), Reasoner),
        Of(new('v', "VERSION", g => g.Nodes.FirstOrDefault(node => node.Version.Length > 0)?.Version ?? "N/A", "Version")),
        Exact('w', "WEIGHT", node => node.Weight, "Weight"),
        Exact('z', "S:C:T", null, "SocketCoreThread"),
        new(new('A', "NODES(A/I)", g => $"{g.Count(NodeUse.Allocated)}/{g.Count(NodeUse.Idle)}", "NodeAI")),
        OfPartition('B', "MAX_CPUS_PER_NODE", p => p.MaxCpusPerNode == 0 ? "UNLIMITED" : Text(p.MaxCpusPerNode), "MaxCPUsPerNode"),
        new(new('C', "CPUS(A/I/O/T)", g => g.Cpus() is var (a, i, o, t) ? $"{a}/{i}/{o}/{t}" : "", "CPUsState")),
        new(new('D', "NODES", g => Text(g.Nodes.Count), "Nodes") { Order = (a, b) => a.Nodes.Count.CompareTo(b.Nodes.Count) }),
        Of(new('E', "REASON", g => g.First?.Reason is { Length: > 0 } reason ? reason : "none", "Reason"), node => node.Reason),
        new(new('F', "NODES(A/I/O/T)", g => $"{g.Count(NodeUse.Allocated)}/{g.Count(NodeUse.Idle)}/{g.Count(NodeUse.Other)}/{g.Nodes.Count}", "NodeAIOT")),
        Of(new('G', "GRES", g => Gres(g.First), "Gres"), Gres),
        Of(new('H', "TIMESTAMP", g => ReasonTime(g), "TimeStamp"), node => node.Reason.Length == 0 ? "" : Text(node.ReasonAtMs)),
        OfPartition('I', "PRIO_JOB_FACTOR", p => Text(p.PriorityJobFactor), "PriorityJobFactor"),
        Of(new('L', "DEFAULTTIME", g => g.Partition.DefaultTimeMs == 0 ? "n/a" : SlurmDuration.Format(g.Partition.DefaultTimeMs), "DefaultTime")) with { SeparatesPartitions = true },
        OfPartition('M', "PREEMPT_MODE", p => p.PreemptMode, "PreemptMode"),
        new(new('N', "NODELIST", g => g.NodeList, "NodeList") { WholeHeadingOnTheRight = true, Order = (a, b) => Hostlist.Compare(a.First?.Name ?? "", b.First?.Name ?? "") }),
        Of(new('O', "CPU_LOAD", g => g.Span(Load, "0.00"), "CPUsLoad"), exact: Load),
        new(new('P', "PARTITION", g => g.Partition.Name + (g.Partition.IsDefault ? "*" : ""), "Partition") { Order = ByPartition }, SeparatesPartitions: true),
        new(new('R', "PARTITION", g => g.Partition.Name, "PartitionName") { Order = ByPartition }, SeparatesPartitions: true),
        Same('S', "ALLOCNODES", "all", "AllocNodes"),
        Of(new('T', "STATE", g => g.First is null ? "n/a" : g.State.Long, "StateLong", "State") { Order = ByState }, node => node.State),
        Of(new('U', "USER", g => User(g, "root(0)", "Unknown"), "UserLong"), Reasoner),
        Same('V', "CLUSTER", "N/A", "Cluster"),
        Exact('X', "SOCKETS", node => node.Sockets, "Sockets"),
        Exact('Y', "CORES", node => node.CoresPerSocket, "Cores"),
        Exact('Z', "THREADS", node => node.ThreadsPerCore, "Threads"),
        Of(new('\0', "ALLOCMEM", g => Text((long)((g.First?.MemoryAllocatedBytes ?? 0) >> 20)), "AllocMem"), node => Text((long)(node.MemoryAllocatedBytes >> 20))),
        Same('\0', "COMMENT", "(null)", "Comment"),
        Same('\0', "EXTRA", "(null)", "Extra"),
        Of(new('\0', "GRES_USED", g => GresUsed(g.First), "GresUsed"), GresUsed),
        new(new('\0', "PORT", _ => "0", "Port")),
        Of(new('\0', "STATECOMPLETE", g => g.First is null ? "n/a" : g.State.Complete, "StateComplete"), node => node.State),
    ];

    public static readonly FieldTable<NodeGroup> Table = new([.. All.Select(one => one.Field)]);

    public static NodeField Rule(Field<NodeGroup> field) => Array.Find(All, one => ReferenceEquals(one.Field, field))!;

    private static NodeField Of(Field<NodeGroup> field, Func<NodeView, string>? key = null, Func<NodeView, string>? exact = null) => new(field, key, exact);
    private static NodeField OfPartition(char letter, string heading, Func<PartitionView, string> value, params string[] names) => new(new(letter, heading, g => value(g.Partition), names), SeparatesPartitions: true);
    private static NodeField Same(char letter, string heading, string value, params string[] names) => new(new(letter, heading, _ => value, names));

    /// <summary>A size of the node; without a value: sockets, cores and threads in one column.</summary>
    private static NodeField Exact(char letter, string heading, Func<NodeView, long>? value, string name) => value is null
        ? new(new(letter, heading, g => $"{g.Least(n => n.Sockets)}:{g.Least(n => n.CoresPerSocket)}:{g.Least(n => n.ThreadsPerCore)}", name), ExactKey: n => $"{n.Sockets}:{n.CoresPerSocket}:{n.ThreadsPerCore}")
        : new(new(letter, heading, g => g.Least(value), name) { Order = (a, b) => (a.First is null ? 0 : a.Nodes.Min(value)).CompareTo(b.First is null ? 0 : b.Nodes.Min(value)) }, ExactKey: n => Text(value(n)));

    private static string Features(NodeView? node) => node is { Features.Length: > 0 } ? string.Join(',', node.Features) : "(null)";
    private static string Gres(NodeView? node) => node is { Gres.Length: > 0 } ? node.Gres : node is { Gpus: > 0 } ? $"gpu:{Text(node.Gpus)}" : "(null)";
    private static string GresUsed(NodeView? node) => node is { GresUsed.Length: > 0 } ? node.GresUsed : "gpu:0";
    private static string JobSize(PartitionView partition) => partition.MaxNodes == partition.MinNodes && partition.MinNodes > 0 ? Text(partition.MinNodes)
        : $"{Math.Max(1, partition.MinNodes)}-{(partition.MaxNodes is { } most ? Text(most) : "infinite")}";
    private static string FreeMemory(NodeView node) => node.MemoryFreeBytes == 0 ? "N/A" : Text((long)(node.MemoryFreeBytes >> 20));
    private static string Load(NodeView node) => node.Version.Length == 0 ? "N/A" : node.Load.ToString("F2", CultureInfo.InvariantCulture);
    private static string Reasoner(NodeView node) => node.Reason.Length == 0 ? "" : Text(node.ReasonUid);
    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
    private static int ByState(NodeGroup left, NodeGroup right) => left.State.Rank.CompareTo(right.State.Rank);
    private static int ByPartition(NodeGroup left, NodeGroup right) => left.PartitionOrder.CompareTo(right.PartitionOrder);

    private static string User(NodeGroup group, string root, string nobody)
    {
        if (group.First is not { Reason.Length: > 0 } node) return nobody;
        if (node.ReasonUid == 0) return root;
        string name = UserLookup.NameOf(node.ReasonUid) ?? Text(node.ReasonUid);
        return root.Contains('(') ? $"{name}({node.ReasonUid})" : name;
    }

    private static string ReasonTime(NodeGroup group) => group.First is { Reason.Length: > 0, ReasonAtMs: > 0 } node ? SlurmDate.Format(node.ReasonAtMs, group.Zone) : "Unknown";
}
