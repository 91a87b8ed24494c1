using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

internal sealed partial class CgroupTree
{
    private readonly Dictionary<uint, UserLimits> _userLimits = [];
    private AuditedFiles? _audited;
    private ICgroupVersion? _auditing;

    /// <summary>
    /// Reads every live limit of these steps' jobs again, and writes back what is different. One job at a time under the gate, so that launches do not
    /// wait for all of them.
    /// </summary>
    public IReadOnlyList<Drift> Audit(IReadOnlyList<LiveStep> steps)
    {
        var drifts = new List<Drift>();
        foreach (var job in steps.GroupBy(s => (s.Uid, s.Key.JobId)))
        {
            lock (_gate) AuditJob([.. job], drifts);
        }
        return drifts;
    }

    private void AuditJob(IReadOnlyList<LiveStep> steps, List<Drift> drifts)
    {
        _audited ??= new AuditedFiles(_files);
        _auditing ??= _version.Over(_audited);
        var first = PathOf(steps[0].Key, steps[0].Uid);
        if (_table.Job(first) is not { } hold || !Exists(first.Job)) return;
        // What an earlier life of the agent wrote is known from the orders only; the widest of those that live.
        var limits = hold.Adopted.Count == 0 ? hold.Limits : steps.Select(s => s.Limits).Aggregate(GroupTable.JobHold.Widen);
        var failure = "";
        try
        {
            var receipt = new Receipt();
            // What the orders of an earlier life said of the user may be old by now; the server says what holds as soon as there is a link.
            if (_userLimits.TryGetValue(first.Uid, out var user)) new UserLimit(_layout, new LimitFile(_audited), _audited).Write(first.User, user, receipt);
            _auditing.Limit(first.Job, limits, _map.Resolve(limits.Cpus.Span), receipt);
            foreach (var step in steps)
            {
                var path = PathOf(step.Key, step.Uid);
                if (!hold.Steps.Contains(path.StepId) || !Exists(path.Step)) continue;
                if (hold.Narrowed.Contains(path.StepId)) _auditing.Limit(path.Step, step.Limits, _map.Resolve(step.Limits.Cpus.Span), receipt);
                else _auditing.FilterAsItsJob(path.Step, limits);
            }
        }
        catch (CgroupException e)
        {
            failure = e.Message;
        }
        foreach (var change in _audited.Take())
            drifts.Add(new Drift(first.JobId, first.Uid, change.Found.Length > 0 ? $"{change.File} was {change.Found}; it is {change.Restored} again" : $"{change.File} had to be told {change.Restored} again", true));
        if (failure.Length > 0) drifts.Add(new Drift(first.JobId, first.Uid, $"a limit of job {first.JobId} does not hold and could not be repaired: {failure}", false));
    }
}
