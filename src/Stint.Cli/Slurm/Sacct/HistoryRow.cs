using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sacct;

/// <summary>A line of <c>sacct</c>: a job, or a step of it.</summary>
internal sealed record HistoryRow(JobView Job, StepView? Step, Clock Clock, string Cluster)
{
    public bool IsStep => Step is not null;
    public bool Started => Job.NodeList.Length > 0 && Job.StartMs > 0;
    public string StepName => Step is null ? "" : Step.StepId[(Step.StepId.LastIndexOf('.') + 1)..];

    public string Id
    {
        get
        {
            string job = Job.ArrayTaskId is { } task ? string.Create(CultureInfo.InvariantCulture, $"{Job.ArrayJobId}_{task}")
                : Job.ArrayTasks is { } tasks ? string.Create(CultureInfo.InvariantCulture, $"{Job.ArrayJobId ?? Job.JobId}_[{tasks}]")
                : Job.HetJobId > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Job.HetJobId}+{Job.HetOffset}")
                : Job.JobId.ToString(CultureInfo.InvariantCulture);
            return IsStep ? $"{job}.{StepName}" : job;
        }
    }

    public string RawId => Job.JobId.ToString(CultureInfo.InvariantCulture) + (IsStep ? "." + StepName : "");

    /// <summary>Who cancelled it is part of a job's state: <c>CANCELLED by 1000</c>.</summary>
    public string State => Step is not null ? Step.State : Job is { State: "CANCELLED", CancelledBy: { } by } ? string.Create(CultureInfo.InvariantCulture, $"CANCELLED by {by}") : Job.State;

    public string Exit => Step is not null ? $"{Step.ExitCode}:{Step.Signal}" : $"{Job.ExitCode}:{Job.Signal}";
    public uint Cpus => Step?.Cpus ?? Job.Cpus;
    public uint Nodes => Step?.Nodes ?? (Started ? Math.Max(1, Job.NodeCount) : 0);
    public long ElapsedMs => Step is not null ? Clock.ElapsedMs(Step) : Clock.ElapsedMs(Job);

    /// <summary>Cancelled before it ran: it has an end, and no start.</summary>
    public string Start => Step is not null ? Clock.At(Step.StartMs, "Unknown") : Started || !JobStates.IsEnded(Job.State) && Job.State != "PENDING" ? Clock.At(Job.StartMs, "Unknown") : JobStates.IsEnded(Job.State) ? Clock.At(Job.StartMs, "None") : "Unknown";

    public string End => Step is not null ? JobStates.IsEnded(Step.State) ? Clock.At(Step.EndMs, "Unknown") : "Unknown" : JobStates.IsEnded(Job.State) ? Clock.At(Job.EndMs, "Unknown") : "Unknown";

    public string AllocatedTres => Step is not null ? Tres.Accounting(Step.Cpus, Step.MemoryBytes, Step.Nodes, null, Step.GresAllocated)
        : Started ? Tres.Accounting(Job.Cpus, Job.MemoryBytes, Nodes, Tres.Billing(Job), Job.GresAllocated) : "";

    public string RequestedTres => IsStep ? ""
        : Tres.Accounting(Tres.RequestedCpus(Job), Tres.RequestedMemory(Job), Math.Max(1, Job.NodesMin), Job.Billing > 0 ? Tres.Billing(Job) : Tres.RequestedCpus(Job), Job.GresRequested);
    public string NodeList => Step is not null ? Step.NodeList : Job.NodeList.Length > 0 ? Job.NodeList : "None assigned";

    public (ulong User, ulong System) CpuUs
    {
        get
        {
            if (Step is not null) return (Step.CpuUserUs, Step.CpuSystemUs);
            ulong user = 0, system = 0;
            foreach (var step in Job.Steps) { user += step.CpuUserUs; system += step.CpuSystemUs; }
            return (user, system);
        }
    }

    /// <summary>The largest memory in use, in K as Slurm reports it; only steps that have ended measured it.</summary>
    public string PeakMemory => Step is { PeakMemoryBytes: > 0 } ? string.Create(CultureInfo.InvariantCulture, $"{(Step.PeakMemoryBytes + 1023) / 1024}K") : "";

    public string TimeLimit => IsStep ? "" : SlurmDuration.FormatLimitFull(Job.TimeLimitMs);

    /// <summary><c>00:00.068</c>, from an hour on <c>01:02:03</c>.</summary>
    public static string CpuTime(ulong microseconds)
    {
        ulong seconds = microseconds / 1_000_000;
        if (seconds >= 3600) return SlurmDuration.FormatFull((long)seconds * 1000);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:00}:{seconds % 60:00}.{microseconds / 1000 % 1000:000}");
    }
}
