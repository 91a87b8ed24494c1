using System.Text.RegularExpressions;
using Google.Protobuf.Collections;
using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Reasons;

/// <summary>Raises the one limit of partition, account or QOS that a sentence names, so far that it is none.</summary>
internal sealed partial class LimitRemoval(Trial trial, Waiting why)
{
    private const int Plenty = 1_000_000;
    private Job Job => trial.Job;

    public bool Apply()
    {
        if (PartitionName() is { } name) { trial.Configure(config => Open(config, config.Partitions.Single(partition => partition.Name == name))); return true; }
        var limit = LimitWord().Match(why.Detail);
        if (!limit.Success) return false;
        var match = HolderWord().Match(why.Detail);
        Assert.True(match.Success, $"{why.Reason}: \"{why.Detail}\" does not say whose limit it is");
        var (kind, holder) = (match.Groups[1].Value, match.Groups[2].Value);
        if (kind == "QOS")
        {
            var spec = trial.Cluster.QosList().Single(qos => qos.Name == holder).Clone();
            if (!Raise(spec.Limits, limit.Groups[1].Value)) return false;
            trial.Do(new SetQos(spec, Lab.Root));
            return true;
        }
        var (account, user) = holder.Split('/') is [var first, var second] ? (first, second) : (holder, "");
        // What an association does not say itself it has from an account above it.
        for (; account.Length > 0; user = "")
        {
            var spec = trial.Cluster.Associations().Single(one => one.Account == account && one.User == user && one.Partition.Length == 0).Clone();
            if (spec.Limits is not null && Raise(spec.Limits, limit.Groups[1].Value)) { trial.Do(new SetAssociation(spec, Lab.Root)); return true; }
            if (user.Length == 0) account = spec.Parent;
        }
        return false;
    }

    private string? PartitionName() => why.Reason switch
    {
        PendingReason.PartitionDown or PendingReason.PartitionInactive or PendingReason.PartitionTimeLimit or PendingReason.PartitionNodeLimit or PendingReason.PartitionConfig
            or PendingReason.MaxMemPerLimit or PendingReason.AccountNotAllowed or PendingReason.QOSNotAllowed => PartitionWord().Match(why.Detail).Groups[1].Value,
        _ => null,
    };

    private void Open(ClusterConfigured config, PartitionSpec partition)
    {
        switch (why.Reason)
        {
            case PendingReason.PartitionDown or PendingReason.PartitionInactive: (partition.State, partition.IsUp) = ("UP", true); break;
            case PendingReason.PartitionTimeLimit: partition.MaxTimeMs = 0; break;
            case PendingReason.PartitionNodeLimit: partition.ClearMaxNodes(); partition.MinNodes = 0; break;
            case PendingReason.MaxMemPerLimit: (partition.MaxMemoryPerNodeBytes, partition.MaxMemoryPerCpuBytes) = (0, 0); break;
            case PendingReason.AccountNotAllowed: partition.AllowAccounts.Clear(); partition.DenyAccounts.Clear(); break;
            case PendingReason.QOSNotAllowed: partition.AllowQos.Clear(); partition.DenyQos.Clear(); break;
            default: AddNodes(config, partition); break;
        }
    }

    /// <summary>More of what the partition has, side by side, under one switch.</summary>
    private void AddNodes(ClusterConfigured config, PartitionSpec partition)
    {
        var kinds = trial.Cluster.FindPartition(partition.Name)!.Nodes.DistinctBy(static node => node.Kind.Id).Select(static node => node.Registration).ToList();
        if (MissingNode().Match(why.Detail) is { Success: true } missing) { partition.Nodes += "," + missing.Groups[1].Value; return; }
        if (SmallNode().Match(why.Detail) is { Success: true } small)
        {
            // It gets the hardware of one that could do it.
            var like = trial.Cluster.FindPartition(partition.Name)!.Nodes.FirstOrDefault(node => Job.Request.CouldUse(node.Kind));
            if (like is null) return;
            var better = like.Registration.Clone();
            better.Name = better.Hostname = small.Groups[1].Value;
            trial.Do(new RegisterNode(better));
            return;
        }
        for (var i = 1; i <= 40; i++)
        {
            var node = kinds[(i - 1) * kinds.Count / 40].Clone();          // those of a kind side by side
            node.Name = node.Hostname = $"x{i}";
            trial.Do(new RegisterNode(node));
        }
        partition.Nodes += ",x[1-40]";
        config.Nodes.Add(new NodeSpec { Nodes = "x[1-40]", Features = { kinds.SelectMany(kind => trial.Cluster.Nodes[kind.Name].Kind.Features).Distinct() } });
        config.Switches.Single(one => one.Name == "s1").Nodes += ",x[1-40]";
    }

    /// <summary>False: it is not there.</summary>
    private bool Raise(UsageLimits limits, string name) => name switch
    {
        "GrpJobs" => limits.HasGrpJobs && (limits.GrpJobs = Plenty) > 0,
        "MaxJobs" => limits.HasMaxJobs && (limits.MaxJobs = Plenty) > 0,
        "MaxJobsPerUser" => limits.HasMaxJobsPerUser && (limits.MaxJobsPerUser = Plenty) > 0,
        "MaxJobsPerAccount" => limits.HasMaxJobsPerAccount && (limits.MaxJobsPerAccount = Plenty) > 0,
        "MaxWall" => limits.HasMaxWallMs && (limits.MaxWallMs = Plenty * 60_000L) > 0,
        "GrpWall" => limits.HasGrpWallMs && (limits.GrpWallMs = Plenty * 60_000L) > 0,
        "GrpTRES" => Raise(limits.GrpTres, Amount.Of),
        "GrpTRESMins" => Raise(limits.GrpTresMins, Amount.Minutes),
        "GrpTRESRunMins" => Raise(limits.GrpTresRunMins, Amount.Minutes),
        "MaxTRESPerJob" => Raise(limits.MaxTresPerJob, Amount.Of),
        "MaxTRESPerNode" => Raise(limits.MaxTresPerNode, Amount.Of),
        "MaxTRESMinsPerJob" => Raise(limits.MaxTresMinsPerJob, Amount.Minutes),
        "MaxTRESPerUser" => Raise(limits.MaxTresPerUser, Amount.Of),
        "MaxTRESPerAccount" => Raise(limits.MaxTresPerAccount, Amount.Of),
        "MaxTRESRunMinsPerUser" => Raise(limits.MaxTresRunMinsPerUser, Amount.Minutes),
        "MaxTRESRunMinsPerAccount" => Raise(limits.MaxTresRunMinsPerAccount, Amount.Minutes),
        "MinTRESPerJob" => Raise(limits.MinTresPerJob, Amount.Of, to: 0),
        _ => false,
    };

    /// <summary>The amount in the sentence says which resource.</summary>
    private bool Raise(RepeatedField<TresValue> values, Func<string, long, string> text, double to = 1e12)
    {
        foreach (var value in values)
            if (why.Detail.Contains($" {text(value.Tres, (long)value.Value)} ", StringComparison.Ordinal))
            {
                value.Value = to;
                return true;
            }
        return false;
    }

    [GeneratedRegex(@"\((Grp\w+|Max\w+|Min\w+)\)")]
    private static partial Regex LimitWord();

    [GeneratedRegex(@"^(QOS|account|association) (\S+)")]
    private static partial Regex HolderWord();

    [GeneratedRegex(@"needs node (\S+), which does not have")]
    private static partial Regex SmallNode();

    [GeneratedRegex(@"needs node (\S+); that is not in")]
    private static partial Regex MissingNode();

    [GeneratedRegex(@"partition (\w+)")]
    private static partial Regex PartitionWord();
}
