using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;

namespace Stint.Core;

// What a partition allows. As with Slurm's EnforcePartLimits=NO, a job over a partition's limits is taken and waits with the reason.
public sealed partial class Cluster
{
    private const ulong MiB = 1 << 20;

    /// <summary>A job may name several partitions, in the order in which it prefers them.</summary>
    internal static string[] PartitionNames(string partitions) =>
        partitions.Contains(',', StringComparison.Ordinal) ? partitions.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [partitions];

    /// <summary>UP, DOWN, DRAIN or INACTIVE.</summary>
    private static string StateOf(PartitionSpec spec) => spec.State.Length > 0 ? spec.State.ToUpperInvariant() : spec.IsUp ? "UP" : "DOWN";

    private void AddPartitionChecks(List<LimitCheck> checks, JobSpec spec, Partition partition, Holders holders, JobTres request)
    {
        if (!partition.IsConfigured) return;
        var (limits, name) = (partition.Spec, partition.Name);
        void Rule(PendingReason reason, string text) => checks.Add(new RuleCheck(reason, text));
        switch (StateOf(limits))
        {
            case "DOWN": Rule(PendingReason.PartitionDown, $"partition {name} is down"); break;
            case "INACTIVE": Rule(PendingReason.PartitionInactive, $"partition {name} is inactive"); break;
        }
        var overTime = spec.TimeLimitMs == 0 || spec.TimeLimitMs > limits.MaxTimeMs;
        if (limits.MaxTimeMs > 0 && overTime && !Overrides(holders, QosFlags.PartitionTimeLimit))
            Rule(PendingReason.PartitionTimeLimit, $"asks for {Amount.Time(spec.TimeLimitMs)}; partition {name} allows {Amount.Time(limits.MaxTimeMs)}");
        if (limits.HasMaxNodes && spec.NodesMin > limits.MaxNodes && !Overrides(holders, QosFlags.PartitionMaxNodes))
            Rule(PendingReason.PartitionNodeLimit, $"asks for {Amount.Of("node", spec.NodesMin)}; partition {name} allows {limits.MaxNodes}");
        if (spec.NodesMax > 0 && spec.NodesMax < limits.MinNodes && !Overrides(holders, QosFlags.PartitionMinNodes))
            Rule(PendingReason.PartitionNodeLimit, $"asks for at most {Amount.Of("node", spec.NodesMax)}; partition {name} needs at least {limits.MinNodes}");
        if (!IsListed(limits.AllowAccounts, limits.DenyAccounts, spec.Account, AccountLine(spec.Account)))
            Rule(PendingReason.AccountNotAllowed, $"account {Named(spec.Account)} may not use partition {name}{Only(limits.AllowAccounts)}");
        if (!IsListed(limits.AllowQos, limits.DenyQos, spec.Qos, [spec.Qos]))
            Rule(PendingReason.QOSNotAllowed, $"QOS {Named(spec.Qos)} may not be used in partition {name}{Only(limits.AllowQos)}");
        AddMemoryRules(Rule, spec, partition, request);
        var perTask = Math.Max(1, spec.CpusPerTask);
        if (limits.MaxCpusPerNode > 0 && perTask > limits.MaxCpusPerNode)
            Rule(PendingReason.PartitionConfig, $"one task asks for {Amount.Of("cpu", perTask)}; partition {name} gives at most {limits.MaxCpusPerNode} of a node");
    }

    private static void AddMemoryRules(Action<PendingReason, string> rule, JobSpec spec, Partition partition, JobTres request)
    {
        var limits = partition.Spec;
        if (limits.MaxMemoryPerNodeBytes > 0)
        {
            var perNode = (ulong)(request.Of(TresTable.Memory) / Math.Max(1, request.Nodes)) * MiB;
            if (perNode > limits.MaxMemoryPerNodeBytes)
                rule(PendingReason.MaxMemPerLimit, $"asks for {Amount.Of("mem", (long)(perNode / MiB))} per node; partition {partition.Name} allows {Amount.Of("mem", (long)(limits.MaxMemoryPerNodeBytes / MiB))}");
        }
        else if (limits.MaxMemoryPerCpuBytes > 0)
        {
            var perCpu = (ulong)(request.Of(TresTable.Memory) / Math.Max(1, request.Of(TresTable.Cpu))) * MiB;
            if (perCpu > limits.MaxMemoryPerCpuBytes)
                rule(PendingReason.MaxMemPerLimit, $"asks for {Amount.Of("mem", (long)(perCpu / MiB))} per CPU; partition {partition.Name} allows {Amount.Of("mem", (long)(limits.MaxMemoryPerCpuBytes / MiB))}");
        }
    }

    /// <summary>How many CPUs of a node this partition's jobs may have more (MaxCPUsPerNode).</summary>
    private int PartitionCpusLeft(Partition partition, Nodes.Node node)
    {
        if (partition.Spec.MaxCpusPerNode == 0) return int.MaxValue;
        var left = (int)Math.Min(partition.Spec.MaxCpusPerNode, int.MaxValue);
        foreach (var id in node.Jobs)
            if (jobs[id] is var job && job.Partition == partition.Name && ShareOn(job, node.Name) is { } share)
                left -= Resources.CpuSet.FromBytes(share.Cpus).Count;
        return Math.Max(0, left);
    }

    private static bool Overrides(Holders holders, QosFlags flag) => holders.JobQos?.Has(flag) == true;

    /// <summary>What accounting must know before such a job may start, when it is enforced.</summary>
    private void AddAccessChecks(List<LimitCheck> checks, JobSpec spec, Holders holders)
    {
        if (EnforcesAssociations && holders.Association is null)
            checks.Add(new RuleCheck(PendingReason.InvalidAccount, $"user {spec.User} has no association with account {Named(spec.Account)} in this partition"));
        if (EnforcesQos && holders.JobQos is null)
            checks.Add(new RuleCheck(PendingReason.InvalidQOS, $"there is no QOS {Named(spec.Qos)}"));
    }

    /// <summary>The account and those above it: who allows or denies an account means those below it as well.</summary>
    private IReadOnlyList<string> AccountLine(string account) =>
        accounts.Account(account) is { } node ? [.. node.Chain().Select(static parent => parent.Spec.Account)] : [account];

    /// <summary>A list of those allowed makes the list of those denied void.</summary>
    private static bool IsListed(IReadOnlyCollection<string> allowed, IReadOnlyCollection<string> denied, string name, IReadOnlyList<string> line)
    {
        bool In(IReadOnlyCollection<string> list) => line.Any(part => list.Contains(part, StringComparer.OrdinalIgnoreCase));
        if (allowed.Count > 0 && !allowed.Contains("ALL", StringComparer.OrdinalIgnoreCase)) return name.Length > 0 && In(allowed);
        return allowed.Count > 0 || denied.Count == 0 || !In(denied);
    }

    private static string Named(string name) => name.Length > 0 ? Short(name) : "(none)";

    private static string Only(IReadOnlyCollection<string> allowed) => allowed.Count > 0 ? $", only {string.Join(", ", allowed.Take(8))}" : "";

    /// <summary>What a partition does not even take into its queue.</summary>
    private static Refusal? CheckAccess(JobSpec spec, Partition partition)
    {
        var (rules, name) = (partition.Spec, partition.Name);
        var state = StateOf(rules);
        if (state is "DRAIN" or "INACTIVE")
            return No(RefusalCodes.PartitionUnavailable, $"required partition not available (inactive or drain): partition {name} is {state}", "sinfo lists the partitions");
        if ((rules.RootOnly || rules.DisableRootJobs) && spec.Uid == 0 != rules.RootOnly)
            return No(RefusalCodes.AccessDenied, rules.RootOnly ? $"partition {name} is for jobs of root only" : $"partition {name} takes no jobs of root");
        if (rules.RequiresReservation && spec.Reservation.Length == 0)
            return No(RefusalCodes.AccessDenied, $"partition {name} is for jobs in a reservation", "Name one with --reservation");
        if (rules.AllowGroups.Count > 0 && spec.Uid != 0 && !rules.AllowGroups.Contains("ALL", StringComparer.OrdinalIgnoreCase)
            && !rules.AllowGroups.Contains(spec.Group) && !rules.AllowGroups.Any(spec.Groups.Contains))
            return No(RefusalCodes.GroupNotAllowed, $"user's group not permitted to use this partition: {name} is for {string.Join(", ", rules.AllowGroups.Take(8))}");
        return null;
    }

    /// <summary>The time limit of a job that named none: the partition's default; or else the least of what partition and QOS allow.</summary>
    private long ImpliedTimeLimitMs(JobSpec spec, PartitionSpec partition)
    {
        FillAccount(spec, FindPartition(partition.Name)!);
        if (partition.DefaultTimeMs > 0) return partition.DefaultTimeMs;
        var limit = partition.MaxTimeMs;
        if (!EnforcesLimits) return limit;
        var holders = HoldersOf(spec, FindPartition(partition.Name)!);
        foreach (var wall in LimitCompiler.WallLimits(holders))
            if (wall > 0 && (limit == 0 || wall < limit)) limit = wall;
        return limit;
    }

    /// <summary>Memory and CPUs that the request left open and the partition has a default for, and what its limit per CPU makes of a request.</summary>
    private static void FillPartitionDefaults(JobSpec spec, PartitionSpec partition)
    {
        var gpus = spec.Gres.Any(static gres => gres.Name == "gpu");
        if (gpus && spec.CpusPerGpu == 0 && spec.CpusPerTask <= 1) spec.CpusPerGpu = partition.DefaultCpusPerGpu;
        if (!spec.HasMemoryPerNodeBytes && !spec.HasMemoryPerCpuBytes && !spec.HasMemoryPerGpuBytes)
        {
            if (gpus && partition.DefaultMemoryPerGpuBytes > 0) spec.MemoryPerGpuBytes = partition.DefaultMemoryPerGpuBytes;
            else if (partition.HasDefaultMemoryPerCpuBytes) spec.MemoryPerCpuBytes = partition.DefaultMemoryPerCpuBytes;
            else if (partition.HasDefaultMemoryPerNodeBytes) spec.MemoryPerNodeBytes = partition.DefaultMemoryPerNodeBytes;
        }
        var max = partition.MaxMemoryPerCpuBytes;
        if (max == 0) return;
        if (spec.MemoryPerCpuBytes > max)
        {
            // As MaxMemPerCPU in slurm.conf's manual: so many CPUs more that each has no more than the limit.
            var ratio = (spec.MemoryPerCpuBytes + max - 1) / max;
            if (ratio * Math.Max(1, spec.CpusPerTask) > CountMax) return;
            spec.CpusPerTask = (uint)(Math.Max(1, spec.CpusPerTask) * ratio);
            spec.MemoryPerCpuBytes = (spec.MemoryPerCpuBytes + ratio - 1) / ratio;
        }
        else if (spec.MemoryPerNodeBytes > max)
            spec.CpusPerNodeMin = (uint)Math.Max(spec.CpusPerNodeMin, Math.Min(CountMax, (spec.MemoryPerNodeBytes + max - 1) / max));
    }
}
