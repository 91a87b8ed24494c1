using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Squeue;

/// <summary>A line of <c>squeue -s</c>.</summary>
public sealed record StepRow(StepView Step, JobView Job, Clock Clock)
{
    /// <summary>What follows the dot: <c>batch</c> sorts after the numbered steps, as in Slurm, where it is a very large number.</summary>
    public uint Number => uint.TryParse(Step.StepId.AsSpan(Step.StepId.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : uint.MaxValue;
}

/// <summary>Everything <c>squeue -s -o</c> and <c>-O</c> can print of a step.</summary>
public static class StepFields
{
    public static readonly FieldTable<StepRow> Table = new(
    [
        new('b', "TRES_PER_JOB", _ => "(null)", "gres", "tres-per-job"),
        new('i', "STEPID", r => r.Step.StepId, "StepID") { Order = ById },
        new('j', "NAME", r => r.Step.Name, "StepName", "Name"),
        new('l', "TIME_LIMIT", _ => "UNLIMITED", "TimeLimit"),
        new('u', "USER", r => r.Job.User, "UserName"),
        new('A', "TASKS", r => r.Step.Tasks.ToString(CultureInfo.InvariantCulture), "NumTasks"),
        new('C', "CPUS", r => r.Step.Cpus.ToString(CultureInfo.InvariantCulture), "NumCPUs"),
        new('M', "TIME", r => SlurmDuration.Format(r.Clock.ElapsedMs(r.Step)), "TimeUsed") { WholeOnTheRight = true, Order = (a, b) => a.Clock.ElapsedMs(a.Step).CompareTo(b.Clock.ElapsedMs(b.Step)) },
        new('N', "NODELIST", r => r.Step.NodeList, "NodeList", "Nodes") { WholeOnTheRight = true, WholeHeadingOnTheRight = true },
        new('P', "PARTITION", r => r.Job.Partition, "Partition"),
        new('S', "START_TIME", r => r.Clock.At(r.Step.StartMs, "N/A"), "StartTime") { Order = (a, b) => a.Step.StartMs.CompareTo(b.Step.StartMs) },
        new('T', "STATE", r => r.Step.State, "StepState", "State"),
        new('U', "UID", r => r.Job.Uid.ToString(CultureInfo.InvariantCulture), "UserID"),
        new('\0', "JOBID", r => r.Job.JobId.ToString(CultureInfo.InvariantCulture), "JobID"),
        new('\0', "ARRAY_JOB_ID", r => (r.Job.ArrayJobId ?? r.Job.JobId).ToString(CultureInfo.InvariantCulture), "ArrayJobID"),
        new('\0', "ARRAY_TASK_ID", r => r.Job.ArrayTaskId?.ToString(CultureInfo.InvariantCulture) ?? "N/A", "ArrayTaskID"),
    ]);

    private static int ById(StepRow left, StepRow right) =>
        (left.Job.ArrayJobId ?? left.Job.JobId, left.Job.ArrayTaskId ?? 0, left.Job.JobId, left.Number).CompareTo((right.Job.ArrayJobId ?? right.Job.JobId, right.Job.ArrayTaskId ?? 0, right.Job.JobId, right.Number));
}
