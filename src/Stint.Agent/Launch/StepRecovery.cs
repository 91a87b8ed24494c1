using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// Finds the steps of an earlier life of this agent. Per directory: no spec → it was never meant or is already forgotten; a kept report → finish;
/// lock held → the shepherd lives; exit record → it ended without us; a trace of a shepherd that does not live → it died; otherwise nothing was ever
/// started, and it is forgotten: the order may not stand any more, and the server repeats it if it does.
/// </summary>
internal sealed class StepRecovery(INode node, ICgroups cgroups, TimeProvider time, Func<LaunchSpec, bool, Step> register, Action<Exception> onFault)
{
    static readonly TimeSpan ConnectMax = TimeSpan.FromSeconds(5), RetryAfter = TimeSpan.FromMilliseconds(10);

    readonly Dictionary<(uint Job, uint Step), uint> _latest = [];

    public async Task RunAsync(CancellationToken cancellation)
    {
        List<(IStepDirectory Directory, LaunchSpec Spec)> found = [];
        foreach (var directory in node.Spool.All())
            if (directory.ReadSpec() is { } spec && !WasNeverStarted(directory))
                found.Add((directory, spec));
            else
                node.Spool.Discard(directory);
        foreach (var (directory, _) in found)
            _latest[(directory.Id.Job, directory.Id.Step)] = Math.Max(directory.Id.Attempt, _latest.GetValueOrDefault((directory.Id.Job, directory.Id.Step)));
        try
        {
            cgroups.RemoveStrays([.. found.Select(f => (f.Directory.Id.Job, f.Directory.Id.Step))]);
        }
        catch (CgroupException stuck)
        {
            onFault(stuck);      // one process that will not die must not keep the node's other steps from being found
        }
        foreach (var (directory, spec) in found)
            await RecoverAsync(directory, spec, cancellation);
    }

    bool WasNeverStarted(IStepDirectory directory)
    {
        if (directory.WasSpawned || directory.ReadReport() is not null)
            return false;
        var lockFd = directory.TryLock();
        if (lockFd >= 0)
            node.Spool.Unlock(lockFd);
        // Asked again now that no shepherd lives that could leave a trace in between.
        return lockFd >= 0 && !directory.WasSpawned;
    }

    async Task RecoverAsync(IStepDirectory directory, LaunchSpec spec, CancellationToken cancellation)
    {
        if (directory.ReadReport() is { } saved)
        {
            await OnReactor(step => step.Resume(directory, null, directory.ReadExit() is { } r ? Quiet(r, saved) : null, saved), spec);
            return;
        }
        var lockFd = directory.TryLock();
        var since = time.GetTimestamp();
        while (lockFd < 0)
        {
            if (node.Shepherds.Connect(directory) is { } shepherd)
            {
                await OnReactor(step => step.Resume(directory, shepherd, null, null), spec);
                return;
            }
            if (time.GetElapsedTime(since) >= ConnectMax)
                break;      // alive, but it does not answer: as good as dead, its group will be killed
            await Task.Delay(RetryAfter, time, cancellation);
            lockFd = directory.TryLock();
        }
        if (lockFd >= 0)
            node.Spool.Unlock(lockFd);
        await OnReactor(step => step.Resume(directory, null, directory.ReadExit(), null), spec);
    }

    // The report is already made: the record only moves the machine on.
    static ExitRecord Quiet(ExitRecord record, StepExitedReport saved) =>
        saved.Started ? record : record with { Flags = record.Flags | ExitFlags.NotStarted };

    Task OnReactor(Action<Step> action, LaunchSpec spec)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Reactor.Post(() =>
        {
            try
            {
                action(register(spec, _latest[(spec.Key.JobId, spec.Key.StepId)] > spec.Key.Attempt));
                done.SetResult();
            }
            catch (Exception fault)
            {
                done.SetException(fault);
            }
        });
        return done.Task;
    }
}
