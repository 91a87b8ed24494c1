using Stint.Agent.Binding;
using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>What making a step gave. <paramref name="Refused"/>: why it got no shepherd; what was made until then is to be removed again.</summary>
/// <param name="ByProlog">The node is to blame and not the job, which is held: a prolog may refuse it for what it is.</param>
/// <param name="ByNode">The node is to blame and not the job.</param>
internal sealed record PreparedStep(IStepDirectory? Directory, StepGroup? Group, IShepherd? Shepherd, string? Refused, bool ByProlog = false, bool ByNode = false);

/// <param name="Released">Nothing of the job is left in the kernel.</param>
/// <param name="Stuck">The group would not go; it is to be tried again.</param>
/// <param name="IsKept">How the step ended is on the disk.</param>
/// <param name="JobGoesOn">The job has not ended here: its epilog is still owed, and an order will ask for it.</param>
internal sealed record FinishedStep(StepExitedReport Report, bool Released, bool Stuck, bool IsKept, bool JobGoesOn = false);

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
            var binding = StepBinding.Of(spec, options.Shape, options.Devices);
            if (binding?.Refusal is { } unbound)
                return new PreparedStep(directory, null, null, unbound);
            if (lockFd < 0 && (lockFd = directory.TryLock()) < 0)
                return new PreparedStep(null, null, null, $"{directory.Path}: another process holds this step");
            var began = time.GetTimestamp();
            if (options.Hooks?.Prolog(spec) is { } failed)
                return new PreparedStep(directory, null, null, failed, ByProlog: true);
            var prologMs = (long)time.GetElapsedTime(began).TotalMilliseconds;
            group = cgroups.Create(spec.Key, spec.Uid, spec.Limits);
            Reached("group");
            if (spec.Limits.User is { } user && options.UserDisk?.Write(spec.Uid, user) is { } ofUser) group.Receipt.Rows.Add(ofUser);
            var scratch = options.Scratch?.Give(spec, group.Receipt);
            var wallLimitMs = WallLimitMs(spec, prologMs);
            ProcessLimitRows.Add(group.Receipt, spec, wallLimitMs);
            directory.WriteReceipt(group.Receipt);
            if (!spec.Payload.Script.IsEmpty)
                directory.WriteScript(spec.Payload.Script.Span, spec.Uid, spec.Gid);
            Reached("files");
            var account = node.Account(spec.Uid, spec.Gid);
            var request = LaunchPlan.Make(spec, account, directory.ScriptPath, group.ProcsFiles, wallLimitMs, options.Devices?.Visible(spec), binding, scratch);
            var shepherd = node.Shepherds.Start(directory.Id, request, lockFd);
            try
            {
                Reached("spawned");
            }
            catch
            {
                shepherd.Close();       // as a death would: a shepherd listens only while it has no agent
                throw;
            }
            return new PreparedStep(directory, group, shepherd, null);
        }
        catch (CgroupException refused)
        {
            return new PreparedStep(directory, group, null, refused.Message, ByNode: refused.IsNodesFault);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Of the node's own files; the user's are opened by the shepherd. The next job would meet the same.
            return new PreparedStep(directory, group, null, $"launch: {refused.Message}", ByNode: true);
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
        if (saved is null && state.RefusedByProlog)
            (report.HoldJob, report.DrainReason) = (true, report.Cause);
        if (saved is null && state.RefusedByNode)
            report.DrainReason = report.Cause;
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
            if (released && report.DrainReason.Length == 0 && options.Devices?.Leftover(spec) is { } leftover)
                report.DrainReason = leftover;
        }
        catch (CgroupException left)
        {
            stuck = left.Message;
            report.DrainReason = $"job {spec.Key.JobId} cannot be ended: {stuck}";
            report.Cause = report.Cause.Length > 0 ? $"{report.Cause}; {stuck}" : stuck;
        }
        Reached("removed");
        var goesOn = !step.Id.IsBatch && state.End is null && options.Hooks?.Owes(step.Id.Job, step.Id.Attempt) == true;
        if (released && !goesOn && options.Hooks?.Epilog(step.Id.Job, step.Id.Attempt) is { } failed)
            report.DrainReason = report.DrainReason.Length > 0 ? $"{report.DrainReason}; {failed}" : failed;
        return new FinishedStep(report, released, stuck.Length > 0, kept, goesOn);
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
            if (group is null)
                return null;
            var measured = cgroups.Measure(group);
            if (measured.OomKills > 0 && options.Kills is { } kills)
                measured.OomVictims.AddRange(kills.Victims(group.Path));
            return measured;
        }
        catch (Exception unreadable) when (unreadable is CgroupException or IOException)
        {
            return null;
        }
    }

    /// <summary>What the prolog left of the wall time.</summary>
    static long WallLimitMs(LaunchSpec spec, long prologMs) => spec.WallLimitMs <= 0 ? spec.WallLimitMs : Math.Max(1, spec.WallLimitMs - prologMs);

    long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
    void Reached(string point) => options.Checkpoint?.Invoke(point);
}
