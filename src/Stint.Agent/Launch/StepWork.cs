using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>What making a step gave. <paramref name="Refused"/>: why it got no shepherd; what was made until then is to be removed again.</summary>
internal sealed record PreparedStep(IStepDirectory? Directory, StepGroup? Group, IShepherd? Shepherd, string? Refused);

/// <param name="Released">Nothing of the job is left in the kernel.</param>
/// <param name="Stuck">The group would not go; it is to be tried again.</param>
/// <param name="IsKept">How the step ended is on the disk.</param>
internal sealed record FinishedStep(StepExitedReport Report, bool Released, bool Stuck, bool IsKept);

/// <summary>
/// What blocks: kernel files, the spool, spawning. Runs on the work queue, one call at a time per step. The order of the acts is what makes
/// the death of the agent between any two of them harmless (see <see cref="StepDirectory"/>).
/// </summary>
internal sealed class StepWork(StepHostOptions options, INode node, ICgroups cgroups, TimeProvider time)
{
    public PreparedStep Prepare(LaunchSpec spec)
    {
        var lockFd = -1;
        IStepDirectory? directory = null;
        StepGroup? group = null;
        try
        {
            directory = node.Spool.Create(spec, ref lockFd);
            Reached("spec");
            if (LaunchPlan.Refuse(spec) is { } why)
                return new PreparedStep(directory, null, null, why);
            if (lockFd < 0 && (lockFd = directory.TryLock()) < 0)
                return new PreparedStep(null, null, null, $"{directory.Path}: another process holds this step");
            group = cgroups.Create(spec.Key, spec.Uid, spec.Limits);
            Reached("group");
            directory.WriteReceipt(group.Receipt);
            if (!spec.Payload.Script.IsEmpty)
                directory.WriteScript(spec.Payload.Script.Span, spec.Uid, spec.Gid);
            Reached("files");
            var account = node.Account(spec.Uid, spec.Gid);
            var request = LaunchPlan.Make(spec, account, directory.ScriptPath, group.ProcsFiles, spec.WallLimitMs, options.Devices?.Visible(spec));
            var shepherd = node.Shepherds.Start(directory.Id, request, lockFd);
            Reached("spawned");
            return new PreparedStep(directory, group, shepherd, null);
        }
        catch (CgroupException refused)
        {
            return new PreparedStep(directory, group, null, refused.Message);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return new PreparedStep(directory, group, null, $"launch: {refused.Message}");
        }
        finally
        {
            if (lockFd >= 0)
                node.Spool.Unlock(lockFd);
        }
    }

    public FinishedStep Finish(Step step, StepState state, StepGroup? group, StepExitedReport? saved)
    {
        var (spec, directory) = (step.Spec, step.Directory);
        var receipt = group?.Receipt ?? directory?.ReadReceipt();
        if (!step.IsSuperseded)
            group ??= cgroups.Find(spec.Key, spec.Uid);
        var report = saved ?? StepOutcome.Judge(step.Id, state, Measure(group), receipt, Now());
        var kept = saved is not null || directory is null;
        if (!kept)
        {
            try
            {
                directory!.WriteReport(report);
                kept = true;
            }
            catch (IOException)
            {
                // A full disk costs the counters if the agent dies before the server has them, nothing else.
                kept = directory!.ReadExit() is not null;
            }
            Reached("report");
        }
        var (released, stuck) = (false, "");
        try
        {
            released = Remove(spec, group);
            report.DrainReason = released ? options.Devices?.Leftover(spec) ?? "" : "";
        }
        catch (CgroupException left)
        {
            stuck = left.Message;
            report.DrainReason = $"job {spec.Key.JobId} cannot be ended: {stuck}";
            report.Cause = report.Cause.Length > 0 ? $"{report.Cause}; {stuck}" : stuck;
        }
        Reached("removed");
        return new FinishedStep(report, released, stuck.Length > 0, kept);
    }

    /// <summary>Throws <see cref="CgroupException"/> when something of the group will not die.</summary>
    public bool Remove(LaunchSpec spec, StepGroup? group) =>
        group is null ? cgroups.IsJobGone(spec.Key.JobId, spec.Uid) : cgroups.KillAndRemove(group, options.KillDeadline);

    /// <param name="reusable">One life of the agent launched the step and followed it to its end.</param>
    public void RemoveDirectory(IStepDirectory? directory, bool reusable)
    {
        if (directory is not null)
            node.Spool.Remove(directory, reusable);
    }

    Measured? Measure(StepGroup? group)
    {
        try
        {
            return group is null ? null : cgroups.Measure(group);
        }
        catch (Exception unreadable) when (unreadable is CgroupException or IOException)
        {
            return null;
        }
    }

    long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
    void Reached(string point) => options.Checkpoint?.Invoke(point);
}
