using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

// Suspension: the processes are frozen and the shepherd's clock stands. The server knows which jobs are suspended and says so again after a
// reconnect; here it is remembered only so that a suspended job's processes can hear SIGTERM when the job is to end.
public sealed partial class StepHost
{
    readonly HashSet<StepId> _frozen = [];

    public void Suspend(SuspendJob order) => _node.Reactor.Post(() => Freeze(order.JobId, order.Attempt, frozen: true, 0));
    public void Resume(ResumeJob order) => _node.Reactor.Post(() => Freeze(order.JobId, order.Attempt, frozen: false, order.WallLeftMs));

    public void SetLimit(SetJobLimit order) => _node.Reactor.Post(() =>
    {
        foreach (var step in StepsOf(order.JobId, order.Attempt))
            if (!_frozen.Contains(step.Id))
                step.Command(ShepherdWire.Limit((ulong)Math.Max(0, order.WallLeftMs)));
    });

    List<Step> StepsOf(uint job, uint attempt) => [.. _steps.Values.Where(s => s.Id.Job == job && s.Id.Attempt == attempt && !s.IsOver)];

    void Freeze(uint job, uint attempt, bool frozen, long wallLeftMs)
    {
        var steps = StepsOf(job, attempt);
        foreach (var step in steps)
        {
            if (frozen)
                _frozen.Add(step.Id);
            else
                _frozen.Remove(step.Id);
            step.Command(ShepherdWire.Limit((ulong)Math.Max(0, wallLeftMs)));
        }
        _node.Queue.Add(() =>
        {
            var why = "";
            foreach (var step in steps)
                why += Freeze(step, frozen);
            _link.Send(new ToServer { Suspension = new SuspensionReport { JobId = job, Attempt = attempt, Suspended = frozen, WhyNot = why } });
        });
    }

    string Freeze(Step step, bool frozen)
    {
        try
        {
            if ((step.Group ?? _cgroups.Find(step.Spec.Key, step.Spec.Uid)) is { } group)
                _cgroups.Freeze(group, frozen);
            return "";
        }
        catch (CgroupException refused)
        {
            return refused.Message + "; ";
        }
    }

    /// <summary>Frozen processes hear no signal.</summary>
    void ThawForEnd(List<Step> steps)
    {
        foreach (var step in steps)
            if (_frozen.Remove(step.Id))
                _ = Freeze(step, frozen: false);
    }
}
