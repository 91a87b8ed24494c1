using System.Collections.Concurrent;
using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>The steps of this node. All state belongs to one reactor thread; calls from outside are posted to it and return at once.</summary>
public sealed partial class StepHost : IStepHost, IStepSurroundings, IDisposable
{
    static readonly TimeSpan RetryRemovalAfter = TimeSpan.FromSeconds(5);
    const int EventsKeptMax = 4096;     // while no server is there to take them
    readonly Dictionary<StepId, Step> _steps = [];
    readonly List<Step> _waiting = [], _stuck = [];
    readonly ConcurrentDictionary<StepId, bool> _holdings = new();
    readonly Dictionary<(uint Job, uint Attempt), int> _releasing = [];     // with how often it was ordered meanwhile: each order has its answer
    readonly ICgroups _cgroups;
    readonly IStepReports _link;
    readonly ReportLog _reports;
    readonly Action<Exception> _onFault;
    readonly INode _node;
    readonly StepWork _work;
    readonly StepHostOptions _options;
    readonly TimeProvider _time;
    readonly HashSet<uint> _endOrdered = [];
    bool _disposed;

    /// <param name="onFault">Told of what should not have happened; the host goes on. From any thread.</param>
    public StepHost(StepHostOptions options, ICgroups cgroups, IStepReports link, TimeProvider time, Action<Exception> onFault)
        : this(options, new LinuxNode(options, time, onFault), cgroups, link, time, onFault)
    {
    }

    internal StepHost(StepHostOptions options, INode node, ICgroups cgroups, IStepReports link, TimeProvider time, Action<Exception> onFault)
    {
        (_options, _node, _cgroups, _link, _time, _onFault) = (options, node, cgroups, link, time, onFault);
        _reports = new ReportLog(link);
        _work = new StepWork(options, node, cgroups, time);
    }

    INode IStepSurroundings.Node => _node;
    StepWork IStepSurroundings.Work => _work;
    StepHostOptions IStepSurroundings.Options => _options;
    TimeProvider IStepSurroundings.Time => _time;

    public IReadOnlyList<StepHolding> Holdings => [.. _holdings.Select(h => new StepHolding { Key = h.Key.ToKey(), Exited = h.Value })];
    public IReadOnlyList<ToServer> Unacknowledged => _reports.Open;

    public Task RecoverAsync(CancellationToken cancellation) => new StepRecovery(_node, _cgroups, _time, (spec, isSuperseded) => Register(spec, isSuperseded), _onFault).RunAsync(cancellation);

    public void Launch(LaunchSpec spec)
    {
        if (spec.Key is null)
            return;      // nobody could be told of it
        _node.Reactor.Post(() =>
        {
            if (_steps.ContainsKey(StepId.Of(spec.Key)))
                return;
            _waiting.Add(Register(spec));
            LaunchWaiting();
        });
    }

    /// <summary>
    /// A launch waits for what is on its way out here and is in its way: an earlier attempt of its job, whose groups have the same names, and steps
    /// that the server has written off and whose cpus it has given away.
    /// </summary>
    void LaunchWaiting()
    {
        for (var i = 0; i < _waiting.Count;)
        {
            var step = _waiting[i];
            if (_releasing.Keys.Any(r => r.Job == step.Id.Job) || _stuck.Any(s => s.IsInTheWayOf(step)) || _steps.Values.Any(s => !s.IsOver && s.IsInTheWayOf(step)))
            {
                i++;
                continue;
            }
            _waiting.RemoveAt(i);
            step.Launch();
        }
    }

    public void EndJob(EndJob order) => _node.Reactor.Post(() =>
    {
        var mine = _steps.Values.Where(s => s.Id.Job == order.JobId && !s.IsOver && s.Id.Attempt <= order.Attempt).ToList();
        ThawForEnd(mine);
        foreach (var step in mine)
        {
            step.Apply(new StepEvent.EndOrdered(order));
            if (_waiting.Remove(step))
                step.Apply(new StepEvent.Refused("ended before it began"));
        }
        if (mine.Count == 0)
            ReleaseWhenGone(order.JobId, order.Attempt);
        else if (mine.Any(s => s.State.Phase == StepPhase.Finishing))
            _endOrdered.Add(order.JobId);      // too late for the step itself, which may take the job for one that goes on
    });

    /// <summary>No step of it is known, or all are over; what a life of this agent could not kill may be there all the same.</summary>
    void ReleaseWhenGone(uint job, uint attempt)
    {
        if (_steps.Values.Any(s => s.Id.Job == job && !s.IsOver))
        {
            Release(job, attempt);      // a later attempt runs here: nothing of an earlier one is left
            return;
        }
        if (!_releasing.TryAdd((job, attempt), 1))
        {
            _releasing[(job, attempt)]++;
            return;
        }
        _node.Queue.Add(() =>
        {
            CgroupException? stuck = null;
            try
            {
                _cgroups.RemoveJob(job, _options.KillDeadline);
            }
            catch (CgroupException left)
            {
                stuck = left;
                _onFault(left);
            }
            _node.Reactor.Post(() =>
            {
                _releasing.Remove((job, attempt), out var orders);
                for (; stuck is null && orders > 0; orders--)
                    Release(job, attempt);
                if (stuck is not null)
                    _node.Reactor.After(RetryRemovalAfter, () => ReleaseWhenGone(job, attempt));
                LaunchWaiting();
            });
        });
    }

    /// <summary>The steps that have a group and processes in it, or are about to.</summary>
    internal Task<IReadOnlyList<LaunchSpec>> LiveAsync()
    {
        var found = new TaskCompletionSource<IReadOnlyList<LaunchSpec>>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_disposed)
            found.SetResult([]);
        _node.Reactor.Post(() => found.TrySetResult([.. _steps.Values.Where(s => s.State.Phase is StepPhase.Starting or StepPhase.Running).Select(s => s.Spec)]));
        return found.Task;
    }

    /// <summary>Something that the server should know of this node. What drains it is kept until the server has committed it.</summary>
    internal void Tell(NodeEvent happened)
    {
        if (happened.DrainReason.Length > 0 || _reports.Count < EventsKeptMax)
            _reports.Send(new ToServer { NodeEvent = happened });
    }

    public void Signal(SignalStep order) => _node.Reactor.Post(() =>
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
        (_node as IDisposable)?.Dispose();
        foreach (var step in _steps.Values)
            step.Detach();
    }

    Step Register(LaunchSpec spec, bool isSuperseded = false)
    {
        var step = new Step(this, spec) { IsSuperseded = isSuperseded };
        _steps.Add(step.Id, step);
        _holdings[step.Id] = false;
        return step;
    }

    void OnStep(StepKey? key, Action<Step> action)
    {
        if (key is not null)
            _node.Reactor.Post(() =>
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
        if (last && !finished.Released && !step.IsSuperseded)
        {
            _stuck.Add(step);
            _node.Reactor.After(RetryRemovalAfter, () => RetryRemoval(step));
        }
        LaunchWaiting();
    }

    void IStepSurroundings.Removed(Step step) => _node.Reactor.Post(() =>
    {
        _steps.Remove(step.Id);
        _holdings.TryRemove(step.Id, out _);
    });

    void IStepSurroundings.Reap(int pid) => Reap(pid);

    void Reap(int pid)
    {
        if (!_node.Shepherds.TryReap(pid))
            _node.Reactor.After(TimeSpan.FromMilliseconds(10), () => Reap(pid));
    }

    // A process that would not die (it waits on a device or a dead file server) keeps the job's group. The job is released when it is gone.
    void RetryRemoval(Step step) => _node.Queue.Add(() =>
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
        _node.Reactor.Post(() =>
        {
            var others = _steps.Values.Any(s => s.Id.Job == step.Id.Job && s.Id.Attempt <= step.Id.Attempt && !s.IsOver);
            if (!released && !others)
            {
                _node.Reactor.After(RetryRemovalAfter, () => RetryRemoval(step));
                return;
            }
            _stuck.Remove(step);
            if (!others)
                Release(step.Id.Job, step.Id.Attempt);       // otherwise the last of them reports
            LaunchWaiting();
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
        _node.Queue.Add(() =>
        {
            if (_options.Hooks.Epilog(job, attempt) is { } failed)
                Tell(new NodeEvent { Kind = NodeEventKind.EventHook, Key = new StepKey { JobId = job, Attempt = attempt }, Sentence = failed, DrainReason = failed, AtMs = _time.GetUtcNow().ToUnixTimeMilliseconds() });
            _node.Reactor.Post(() => Released(job, attempt));
        });
    }

    void Released(uint job, uint attempt) => _reports.Send(new ToServer { JobReleased = new JobReleasedReport { JobId = job, Attempt = attempt } });
}
