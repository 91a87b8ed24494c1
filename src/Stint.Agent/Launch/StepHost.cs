using System.Collections.Concurrent;
using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>The steps of this node. All state belongs to one reactor thread; calls from outside are posted to it and return at once.</summary>
public sealed partial class StepHost : IStepHost, IStepSurroundings, IDisposable
{
    static readonly TimeSpan RetryRemovalAfter = TimeSpan.FromSeconds(5);
    const int EventsKeptMax = 4096;     // while no server is there to take them
    const int WorkThreads = 8, WorkThreadsWithHooks = 32;      // a prolog that takes minutes holds one
    readonly Dictionary<StepId, Step> _steps = [];
    readonly ConcurrentDictionary<StepId, bool> _holdings = new();
    readonly ICgroups _cgroups;
    readonly IStepReports _link;
    readonly ReportLog _reports;
    readonly Action<Exception> _onFault;
    readonly Reactor _reactor;
    readonly WorkQueue _queue;
    readonly StepWork _work;
    readonly StepHostOptions _options;
    readonly TimeProvider _time;
    readonly HashSet<uint> _endOrdered = [];
    bool _disposed;

    /// <param name="onFault">Told of what should not have happened; the host goes on. From any thread.</param>
    public StepHost(StepHostOptions options, ICgroups cgroups, IStepReports link, TimeProvider time, Action<Exception> onFault)
    {
        (_options, _cgroups, _link, _time, _onFault) = (options, cgroups, link, time, onFault);
        StepDirectory.MakeSpool(options.Spool);
        _reports = new ReportLog(link);
        _work = new StepWork(options, cgroups, time);
        _reactor = new Reactor("stint-steps", onFault);
        _queue = new WorkQueue("stint-step-work", options.Hooks is null ? WorkThreads : WorkThreadsWithHooks, onFault);
    }

    Reactor IStepSurroundings.Reactor => _reactor;
    WorkQueue IStepSurroundings.Queue => _queue;
    StepWork IStepSurroundings.Work => _work;
    StepHostOptions IStepSurroundings.Options => _options;
    TimeProvider IStepSurroundings.Time => _time;

    public IReadOnlyList<StepHolding> Holdings => [.. _holdings.Select(h => new StepHolding { Key = h.Key.ToKey(), Exited = h.Value })];
    public IReadOnlyList<ToServer> Unacknowledged => _reports.Open;

    public Task RecoverAsync(CancellationToken cancellation) => new StepRecovery(_options, _cgroups, _reactor, Register, _onFault).RunAsync(cancellation);

    public void Launch(LaunchSpec spec)
    {
        if (spec.Key is null)
            return;      // nobody could be told of it
        _reactor.Post(() =>
        {
            if (!_steps.ContainsKey(StepId.Of(spec.Key)))
                Register(spec).Launch();
        });
    }

    public void EndJob(EndJob order) => _reactor.Post(() =>
    {
        var mine = _steps.Values.Where(s => s.Id.Job == order.JobId && !s.IsOver && (order.Attempt == 0 || s.Id.Attempt <= order.Attempt)).ToList();
        ThawForEnd(mine);
        foreach (var step in mine)
            step.Apply(new StepEvent.EndOrdered(order));
        if (mine.Count == 0)
            Release(order.JobId, order.Attempt);
        else if (mine.Any(s => s.State.Phase == StepPhase.Finishing))
            _endOrdered.Add(order.JobId);      // too late for the step itself, which may take the job for one that goes on
    });

    /// <summary>The steps that have a group and processes in it, or are about to.</summary>
    internal Task<IReadOnlyList<LaunchSpec>> LiveAsync()
    {
        var found = new TaskCompletionSource<IReadOnlyList<LaunchSpec>>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_disposed)
            found.SetResult([]);
        _reactor.Post(() => found.TrySetResult([.. _steps.Values.Where(s => s.State.Phase is StepPhase.Starting or StepPhase.Running).Select(s => s.Spec)]));
        return found.Task;
    }

    /// <summary>Something that the server should know of this node. What drains it is kept until the server has committed it.</summary>
    internal void Tell(NodeEvent happened)
    {
        if (happened.DrainReason.Length > 0 || _reports.Count < EventsKeptMax)
            _reports.Send(new ToServer { NodeEvent = happened });
    }

    public void Signal(SignalStep order) => _reactor.Post(() =>
    {
        var command = ShepherdWire.Signal(order.Signal, order.BatchOnly ? SignalScope.FirstTask : SignalScope.Group);
        foreach (var step in _steps.Values)
            if (step.Id.Job == order.JobId && !step.IsOver && Reaches(order, step.Id))
                step.Command(command);
    });

    // scancel(1): a step by its id; --batch the batch shell alone; --full all; otherwise the steps and not the batch shell.
    static bool Reaches(SignalStep order, StepId id) =>
        order.HasStepId ? id.Step == order.StepId : order.Full || id.IsBatch == order.BatchOnly;

    public void Input(StepInput input) => OnStep(input.Key, step => step.Input(input));
    public void OutputTaken(StepOutputTaken taken) => OnStep(taken.Key, step => step.OutputTaken(taken.Bytes));
    public void Resize(ResizePty order) => OnStep(order.Key, step => step.Command(ShepherdWire.Resize(order.Rows, order.Columns)));

    public void Acknowledged(ulong reportId)
    {
        if (_reports.Acknowledge(reportId) is { StepExited: { } exited })
            OnStep(exited.Key, step => step.Apply(new StepEvent.Acknowledged()));
    }

    /// <summary>Stops looking after the steps; they go on, and the next agent on this spool finds them.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _queue.Dispose();
        _reactor.Dispose();
        foreach (var step in _steps.Values)
            step.Detach();
    }

    Step Register(LaunchSpec spec)
    {
        var step = new Step(this, spec);
        _steps.Add(step.Id, step);
        _holdings[step.Id] = false;
        return step;
    }

    void OnStep(StepKey? key, Action<Step> action)
    {
        if (key is not null)
            _reactor.Post(() =>
            {
                if (_steps.TryGetValue(StepId.Of(key), out var step))
                    action(step);
            });
    }

    void IStepSurroundings.Send(ToServer message) => _link.Send(message);
    void IStepSurroundings.Report(ToServer message) => _reports.Send(message);

    void IStepSurroundings.Exited(Step step, FinishedStep finished)
    {
        var last = !_steps.Values.Any(s => s.Id.Job == step.Id.Job && s != step && !s.IsOver);
        finished.Report.JobReleased = finished.Released && last && !finished.JobGoesOn;
        _holdings[step.Id] = true;
        _reports.Send(new ToServer { StepExited = finished.Report });
        if (last && finished is { Released: true, JobGoesOn: true } && _endOrdered.Contains(step.Id.Job))
            Release(step.Id.Job, step.Id.Attempt);
        if (last)
            _endOrdered.Remove(step.Id.Job);
        if (last && !finished.Released)
            _reactor.After(RetryRemovalAfter, () => RetryRemoval(step));
    }

    void IStepSurroundings.Removed(Step step) => _reactor.Post(() =>
    {
        _steps.Remove(step.Id);
        _holdings.TryRemove(step.Id, out _);
    });

    void IStepSurroundings.Reap(int pid) => Reap(pid);

    void Reap(int pid)
    {
        if (!ShepherdProcess.TryReap(pid))
            _reactor.After(TimeSpan.FromMilliseconds(10), () => Reap(pid));
    }

    // A process that would not die (it waits on a device or a dead file server) keeps the job's group. The job is released when it is gone.
    void RetryRemoval(Step step) => _queue.Add(() =>
    {
        var released = false;
        try
        {
            released = _work.Remove(step.Spec, _cgroups.Find(step.Spec.Key, step.Spec.Uid));
        }
        catch (CgroupException stuck)
        {
            _onFault(stuck);
        }
        _reactor.Post(() =>
        {
            if (_steps.Values.Any(s => s.Id.Job == step.Id.Job && !s.IsOver))
                return;      // the last of them reports
            if (released)
                Release(step.Id.Job, step.Id.Attempt);
            else
                _reactor.After(RetryRemovalAfter, () => RetryRemoval(step));
        });
    });

    /// <summary>The node is free of the job, once its epilog has run.</summary>
    void Release(uint job, uint attempt)
    {
        if (_options.Hooks?.Owes(job, attempt) != true)
        {
            Released(job, attempt);
            return;
        }
        _queue.Add(() =>
        {
            if (_options.Hooks.Epilog(job, attempt) is { } failed)
                Tell(new NodeEvent { Kind = NodeEventKind.EventHook, Key = new StepKey { JobId = job, Attempt = attempt }, Sentence = failed, DrainReason = failed, AtMs = _time.GetUtcNow().ToUnixTimeMilliseconds() });
            _reactor.Post(() => Released(job, attempt));
        });
    }

    void Released(uint job, uint attempt) => _reports.Send(new ToServer { JobReleased = new JobReleasedReport { JobId = job, Attempt = attempt } });
}
