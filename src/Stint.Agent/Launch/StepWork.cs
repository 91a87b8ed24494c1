using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>What making a step gave. <paramref name="Refused"/>: why it got no shepherd; what was made until then is to be removed again.</summary>
/// <param name="ByProlog">The node is to blame and not the job.</param>
internal sealed record PreparedStep(StepDirectory? Directory, StepGroup? Group, ShepherdProcess? Shepherd, string? Refused, bool ByProlog = false);

/// <param name="Released">Nothing of the job is left in the kernel.</param>
/// <param name="Stuck">The group would not go; it is to be tried again.</param>
/// <param name="JobGoesOn">The job has not ended here: its epilog is still owed, and an order will ask for it.</param>
internal sealed record FinishedStep(StepExitedReport Report, bool Released, bool Stuck, bool JobGoesOn = false);

/// <summary>
/// What blocks: kernel files, the spool, spawning. Runs on the work queue, one call at a time per step. The order of the acts is what makes
/// the death of the agent between any two of them harmless (see <see cref="StepDirectory"/>).
/// </summary>
internal sealed class StepWork(StepHostOptions options, ICgroups cgroups, TimeProvider time)
{
    readonly UserAccounts _accounts = new(time);
    readonly SpareDirectories _spares = new(options.Spool);

    /// <param name="lockFd">The directory's lock when it is already held (recovery), else -1. Closed in any case.</param>
    public PreparedStep Prepare(LaunchSpec spec, bool recovered, int lockFd)
    {
        StepDirectory? directory = null;
        StepGroup? group = null;
        try
        {
            directory = StepDirectory.Create(options.Spool, spec, _spares, ref lockFd);
            Reached("spec");
            if (LaunchPlan.Refuse(spec) is { } why)
                return new PreparedStep(directory, null, null, why);
            if (lockFd < 0 && (lockFd = directory.TryLock()) < 0)
                return new PreparedStep(null, null, null, $"{directory.Path}: another process holds this step");
            var began = time.GetTimestamp();
            if (options.Hooks?.Prolog(spec) is { } failed)
                return new PreparedStep(directory, null, null, failed, ByProlog: true);
            var prologMs = (long)time.GetElapsedTime(began).TotalMilliseconds;
            if (recovered && cgroups.Find(spec.Key, spec.Uid) is { } unfinished)
                cgroups.KillAndRemove(unfinished, options.KillDeadline);
            group = cgroups.Create(spec.Key, spec.Uid, spec.Limits);
            Reached("group");
            directory.WriteReceipt(group.Receipt);
            if (!spec.Payload.Script.IsEmpty)
                directory.WriteScript(spec.Payload.Script.Span, spec.Uid, spec.Gid);
            Reached("files");
            var account = _accounts.Find(spec.Uid, spec.Gid);
            var request = LaunchPlan.Make(spec, account, directory.ScriptPath, group.ProcsFiles, WallLimitMs(spec, recovered, prologMs), options.Devices?.Visible(spec));
            var shepherd = ShepherdProcess.Start(options.Shepherd, directory.Id, request, lockFd);
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
            return new PreparedStep(directory, group, null, refused.Message);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return new PreparedStep(directory, group, null, $"launch: {refused.Message}");
        }
        finally
        {
            if (lockFd >= 0)
                Posix.Close(lockFd);
        }
    }

    public FinishedStep Finish(StepId id, LaunchSpec spec, StepState state, StepDirectory? directory, StepGroup? group, StepExitedReport? saved)
    {
        var receipt = group?.Receipt ?? directory?.ReadReceipt();
        group ??= cgroups.Find(spec.Key, spec.Uid);
        var report = saved ?? StepOutcome.Judge(id, state, Measure(group), receipt, Now());
        if (saved is null && state.RefusedByProlog)
            (report.HoldJob, report.DrainReason) = (true, report.Cause);
        if (saved is null && directory is not null)
        {
            try
            {
                directory.WriteReport(report);
            }
            catch (IOException)
            {
                // A full disk costs the counters if the agent dies before the server has them, nothing else.
            }
            Reached("report");
        }
        var (released, stuck) = (false, "");
        try
        {
            released = Remove(spec, group);
            if (released && options.Devices?.Leftover(spec) is { } leftover)
                report.DrainReason = leftover;
        }
        catch (CgroupException left)
        {
            stuck = left.Message;
            report.DrainReason = $"job {spec.Key.JobId} cannot be ended: {stuck}";
            report.Cause = report.Cause.Length > 0 ? $"{report.Cause}; {stuck}" : stuck;
        }
        Reached("removed");
        var goesOn = !id.IsBatch && state.End is null && options.Hooks?.Owes(id.Job, id.Attempt) == true;
        if (released && !goesOn && options.Hooks?.Epilog(id.Job, id.Attempt) is { } failed)
            report.DrainReason = report.DrainReason.Length > 0 ? $"{report.DrainReason}; {failed}" : failed;
        return new FinishedStep(report, released, stuck.Length > 0, goesOn);
    }

    /// <summary>Throws <see cref="CgroupException"/> when something of the group will not die.</summary>
    public bool Remove(LaunchSpec spec, StepGroup? group) =>
        group is null ? cgroups.IsJobGone(spec.Key.JobId, spec.Uid) : cgroups.KillAndRemove(group, options.KillDeadline);

    /// <param name="reusable">One life of the agent launched the step and followed it to its end.</param>
    public void RemoveDirectory(StepDirectory? directory, bool reusable)
    {
        try
        {
            directory?.Remove(reusable ? _spares : null);
        }
        catch (DirectoryNotFoundException)
        {
        }
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

    /// <summary>What is left of the wall time. The date counts only for an order that lay in the spool while no agent was there: clocks of two nodes may differ.</summary>
    long WallLimitMs(LaunchSpec spec, bool recovered, long prologMs)
    {
        if (!recovered || spec.EndLimitUnixMs <= 0 || spec.WallLimitMs <= 0)
            return spec.WallLimitMs <= 0 ? spec.WallLimitMs : Math.Max(1, spec.WallLimitMs - prologMs);
        return Math.Clamp(spec.EndLimitUnixMs - Now(), 1, spec.WallLimitMs);
    }

    long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
    void Reached(string point) => options.Checkpoint?.Invoke(point);
}
