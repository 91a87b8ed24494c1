using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>What making a step gave. <paramref name="Refused"/>: why it got no shepherd; what was made until then is to be removed again.</summary>
internal sealed record PreparedStep(StepDirectory? Directory, StepGroup? Group, ShepherdProcess? Shepherd, string? Refused);

/// <param name="Released">Nothing of the job is left in the kernel.</param>
/// <param name="Stuck">The group would not go; it is to be tried again.</param>
internal sealed record FinishedStep(StepExitedReport Report, bool Released, bool Stuck);

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
            if (recovered && cgroups.Find(spec.Key, spec.Uid) is { } unfinished)
                cgroups.KillAndRemove(unfinished, options.KillDeadline);
            group = cgroups.Create(spec.Key, spec.Uid, spec.Limits);
            Reached("group");
            directory.WriteReceipt(group.Receipt);
            if (!spec.Payload.Script.IsEmpty)
                directory.WriteScript(spec.Payload.Script.Span, spec.Uid, spec.Gid);
            Reached("files");
            var account = _accounts.Find(spec.Uid, spec.Gid);
            var request = LaunchPlan.Make(spec, account, directory.ScriptPath, group.ProcsFiles, WallLimitMs(spec, recovered), options.Devices?.Visible(spec));
            var shepherd = ShepherdProcess.Start(options.Shepherd, directory.Id, request, lockFd);
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
                Posix.Close(lockFd);
        }
    }

    public FinishedStep Finish(StepId id, LaunchSpec spec, StepState state, StepDirectory? directory, StepGroup? group, StepExitedReport? saved)
    {
        var receipt = group?.Receipt ?? directory?.ReadReceipt();
        group ??= cgroups.Find(spec.Key, spec.Uid);
        var report = saved ?? StepOutcome.Judge(id, state, Measure(group), receipt, Now());
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
            report.DrainReason = released ? options.Devices?.Leftover(spec) ?? "" : "";
        }
        catch (CgroupException left)
        {
            stuck = left.Message;
            report.DrainReason = $"job {spec.Key.JobId} cannot be ended: {stuck}";
            report.Cause = report.Cause.Length > 0 ? $"{report.Cause}; {stuck}" : stuck;
        }
        Reached("removed");
        return new FinishedStep(report, released, stuck.Length > 0);
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
            return group is null ? null : cgroups.Measure(group);
        }
        catch (Exception unreadable) when (unreadable is CgroupException or IOException)
        {
            return null;
        }
    }

    /// <summary>What is left of the wall time. The date counts only for an order that lay in the spool while no agent was there: clocks of two nodes may differ.</summary>
    long WallLimitMs(LaunchSpec spec, bool recovered)
    {
        if (!recovered || spec.EndLimitUnixMs <= 0 || spec.WallLimitMs <= 0)
            return spec.WallLimitMs;
        return Math.Clamp(spec.EndLimitUnixMs - Now(), 1, spec.WallLimitMs);
    }

    long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
    void Reached(string point) => options.Checkpoint?.Invoke(point);
}
