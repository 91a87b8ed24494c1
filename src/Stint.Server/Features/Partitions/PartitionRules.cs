using System.Globalization;
using Stint.Core.Journal;
using Stint.Protocol.Api;

namespace Stint.Server.Features.Partitions;

/// <summary>The rules of a partition as the API shows them; words are Slurm's.</summary>
internal static class PartitionRules
{
    public static PartitionView Add(PartitionView view, PartitionSpec spec, PreemptSettings? preempt) => view with
    {
        State = spec.State.Length > 0 ? spec.State : spec.IsUp ? "UP" : "DOWN", MinNodes = spec.MinNodes, MaxNodes = spec.HasMaxNodes ? spec.MaxNodes : null,
        AllowAccounts = [.. spec.AllowAccounts], DenyAccounts = [.. spec.DenyAccounts], AllowQos = [.. spec.AllowQos], DenyQos = [.. spec.DenyQos],
        AllowGroups = [.. spec.AllowGroups], Qos = spec.Qos.Length > 0 ? spec.Qos : null, Alternate = spec.Alternate.Length > 0 ? spec.Alternate : null,
        PriorityTier = spec.Tier, PriorityJobFactor = spec.PriorityJobFactor, PreemptMode = Mode(spec.HasPreemptMode ? spec.PreemptMode : preempt?.Mode ?? PreemptMode.PreemptOff),
        GraceMs = spec.GraceMs, OverSubscribe = spec.OverSubscribe.Length > 0 ? spec.OverSubscribe : "NO", Hidden = spec.Hidden, RootOnly = spec.RootOnly,
        RequiresReservation = spec.RequiresReservation, DisableRootJobs = spec.DisableRootJobs, LeastLoaded = spec.LeastLoaded, ExclusiveUser = spec.ExclusiveUser,
        ExclusiveTopo = spec.ExclusiveTopo, MaxCpusPerNode = spec.MaxCpusPerNode, MaxCpusPerSocket = spec.MaxCpusPerSocket,
        DefaultMemoryPerCpuBytes = spec.HasDefaultMemoryPerCpuBytes ? spec.DefaultMemoryPerCpuBytes : null,
        DefaultMemoryPerNodeBytes = spec.HasDefaultMemoryPerNodeBytes ? spec.DefaultMemoryPerNodeBytes : null,
        MaxMemoryPerCpuBytes = spec.MaxMemoryPerCpuBytes, MaxMemoryPerNodeBytes = spec.MaxMemoryPerNodeBytes, DefaultCpusPerGpu = spec.DefaultCpusPerGpu,
        DefaultMemoryPerGpuBytes = spec.DefaultMemoryPerGpuBytes, BillingWeights = Weights(spec),
    };

    public static string Mode(PreemptMode mode) => mode switch
    {
        PreemptMode.PreemptCancel => "CANCEL", PreemptMode.PreemptRequeue => "REQUEUE", PreemptMode.PreemptSuspend => "GANG,SUSPEND", PreemptMode.PreemptGang => "GANG", _ => "OFF",
    };

    private static string? Weights(PartitionSpec spec) => spec.BillingWeights.Count == 0 ? null
        : string.Join(',', spec.BillingWeights.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Tres}={w.Value:0.######}")));
}
