using System.Globalization;
using Microsoft.Extensions.Logging;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>
/// The tree <c>root / node / u&lt;uid&gt; / j&lt;job&gt; / s&lt;step&gt;</c> over either cgroup version. Limits are on the job's group; a step whose limits are
/// narrower than its job's has them on its own group too. Making and removing the shared levels happens under one gate, so that a job's last
/// step cannot take away the group that its next step is about to use; killing and waiting happen outside it.
/// A user's level outlives the user's last job by <see cref="IdleUserStays"/>, because a user with many short jobs would make it anew each time.
/// </summary>
internal sealed partial class CgroupTree : ICgroups, IDisposable
{
    internal static readonly TimeSpan IdleUserStays = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeftoverDeadline = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly CgroupLayout _layout;
    private readonly CpuMap _map;
    private readonly IGroupFiles _files;
    private readonly ICgroupVersion _version;
    private readonly ProcessList _processes;
    private readonly GroupRemoval _removal;
    private readonly GroupTable _table = new();
    private readonly UserLimit _user;
    private readonly HugePages _huge;
    private readonly TimeProvider _time;
    private readonly ITimer _idleTimer;
    private readonly ulong _machineMemoryBytes;
    private readonly ILogger _log;

    internal CgroupTree(CgroupLayout layout, CpuMap map, ulong machineMemoryBytes, IGroupFiles files, ICgroupVersion version, TimeProvider time, ILogger log)
    {
        (_layout, _map, _files, _version, _time, _machineMemoryBytes, _log) = (layout, map, files, version, time, machineMemoryBytes, log);
        _processes = new ProcessList(layout, files);
        _removal = new GroupRemoval(layout, files, version, _processes);
        _user = new UserLimit(layout, new LimitFile(files), files);
        _huge = HugePages.Close(layout, files);
        _idleTimer = time.CreateTimer(_ => RemoveIdleUsers(IdleUserStays), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal HookGroups Hooks => new(_layout, _files, _removal);

    public IReadOnlyList<Capability> Capabilities => _layout.Capabilities;

    public StepGroup Create(StepKey key, uint uid, Limits limits)
    {
        var path = PathOf(key, uid);
        lock (_gate)
        {
            var job = _table.Job(path);
            if (job?.Adopted.Remove(path.StepId) == true)
            {
                // Made before a restart, and now launched anew: it is not joined but replaced.
                _removal.Remove(path.Step, LeftoverDeadline);
                job.Steps.Remove(path.StepId);
            }
            if (job?.Steps.Contains(path.StepId) == true)
                throw new CgroupException($"step {key.JobId}.{key.StepId} still has the group {path.Step}: an earlier attempt of it is not removed yet", path.Step, Errno.Exists);
            try
            {
                OpenUser(path);
                var receipt = new Receipt { Kernel = _layout.KernelName, Group = path.Step };
                var aggregate = new Receipt();
                if (limits.User is { } user) _user.Write(path.User, Newest(path.Uid, user), aggregate);
                if (job is null) MakeFresh(path.Job, isLeaf: false);
                var jobLimits = LimitJobAndStep(path, job, limits, receipt);
                receipt.Rows.AddRange(aggregate.Rows);
                _huge.Add(receipt, _files);
                RdmaLimit.AddNotLimited(_layout, receipt);
                ReceiptRows.AddNotLimited(receipt, limits);
                AddNotes(receipt, limits);
                _table.Add(path, jobLimits);
                if (!GroupTable.JobHold.Same(jobLimits, limits)) _table.Job(path)!.Narrowed.Add(path.StepId);
                return new StepGroup(key, uid, _version.ProcsFiles(path.Step), path.Step, receipt);
            }
            catch (CgroupException)
            {
                Undo(path, jobIsNew: job is null);
                throw;
            }
        }
    }

    private Limits LimitJobAndStep(GroupPath path, GroupTable.JobHold? job, Limits limits, Receipt receipt)
    {
        var choice = _map.Resolve(limits.Cpus.Span);
        var jobLimits = job is null ? limits : GroupTable.JobHold.Widen(job.Limits, limits);
        if (GroupTable.JobHold.Same(jobLimits, limits))
        {
            _version.Limit(path.Job, limits, choice, receipt);
            MakeFresh(path.Step, isLeaf: true);
            return jobLimits;
        }
        if (!GroupTable.JobHold.Same(jobLimits, job!.Limits)) _version.Limit(path.Job, jobLimits, _map.Resolve(jobLimits.Cpus.Span), new Receipt());
        MakeFresh(path.Step, isLeaf: true);
        _version.Limit(path.Step, limits, choice, receipt);
        receipt.Notes.Add($"these limits are the step's own; its job's, on {path.Job}, are wider");
        return jobLimits;
    }

    public StepGroup? Find(StepKey key, uint uid)
    {
        var path = PathOf(key, uid);
        lock (_gate)
        {
            if (!Exists(path.Step)) return null;
            if (_table.Job(path)?.Steps.Contains(path.StepId) != true) Adopt(path);
        }
        var receipt = new Receipt { Kernel = _layout.KernelName, Group = path.Step };
        receipt.Notes.Add("this group was made before the agent was started again");
        return new StepGroup(key, uid, _version.ProcsFiles(path.Step), path.Step, receipt);
    }

    public Measured Measure(StepGroup group) => _version.Measure(PathOf(group.Key, group.Uid));

    public void SignalAll(StepGroup group, int signal)
    {
        var subtree = _removal.Subtree(group.Path);
        if (signal == Native.SigKill) _version.Kill(subtree);
        else foreach (var pid in _processes.Of(subtree)) _ = _files.Signal(pid, signal);
    }

    public bool KillAndRemove(StepGroup group, TimeSpan deadline)
    {
        var path = PathOf(group.Key, group.Uid);
        _removal.Remove(path.Step, deadline);
        lock (_gate)
        {
            if (!_table.RemoveStep(path)) return false;
            _removal.Remove(path.Job, deadline);
            _table.RemoveJob(path, _time.GetTimestamp());
        }
        _idleTimer.Change(IdleUserStays, Timeout.InfiniteTimeSpan);
        return true;
    }

    public void RemoveJob(uint jobId, TimeSpan deadline)
    {
        lock (_gate)
        {
            foreach (var user in _removal.Children(_layout.Base))
            {
                if (Number(user, 'u') is not { } uid) continue;
                var path = new GroupPath(_layout.Base, uid, jobId, 0);
                if (!Exists(path.Job)) continue;
                _removal.Remove(path.Job, deadline);
                _table.RemoveJob(path, _time.GetTimestamp());
            }
        }
    }

    public bool IsJobGone(uint jobId, uint uid)
    {
        var path = new GroupPath(_layout.Base, uid, jobId, 0);
        lock (_gate) return _table.Job(path) is null && !Exists(path.Job);
    }

    public void RemoveStrays(IReadOnlyCollection<(uint JobId, uint StepId)> known)
    {
        var keep = known.ToHashSet();
        lock (_gate)
        {
            foreach (var user in _removal.Children(_layout.Base))
            {
                var userGroup = $"{_layout.Base}/{user}";
                foreach (var job in _removal.Children(userGroup)) RemoveStraysOf(userGroup, user, job, keep);
                if (_removal.Children(userGroup).Count == 0) RemoveStray(userGroup);
            }
        }
    }

    private void RemoveStraysOf(string userGroup, string user, string job, HashSet<(uint JobId, uint StepId)> keep)
    {
        var jobGroup = $"{userGroup}/{job}";
        foreach (var step in _removal.Children(jobGroup))
        {
            if (Number(user, 'u') is { } uid && Number(job, 'j') is { } jobId && Number(step, 's') is { } stepId && keep.Contains((jobId, stepId)))
            {
                var path = new GroupPath(_layout.Base, uid, jobId, stepId);
                if (_table.Job(path)?.Steps.Contains(stepId) != true) Adopt(path);
            }
            else RemoveStray($"{jobGroup}/{step}");
        }
        if (_removal.Children(jobGroup).Count == 0) RemoveStray(jobGroup);
    }

    /// <summary>A stray that will not go (a process in uninterruptible sleep) is logged; the node serves all the same.</summary>
    private void RemoveStray(string group)
    {
        try { _removal.Remove(group, LeftoverDeadline); }
        catch (CgroupException stuck) { Log.StrayStays(_log, stuck.Message); }
    }

    public void RemoveRoot()
    {
        RemoveIdleUsers(TimeSpan.Zero);
        lock (_gate)
        {
            _ = _removal.TryRemove(_layout.Base);
            _ = _removal.TryRemove(_layout.Root);             // fails while another agent's node is in it
        }
    }

    public void Dispose()
    {
        _idleTimer.Dispose();
        (_version as IDisposable)?.Dispose();
    }

    /// <summary>Removes the levels of users who had no job for that long.</summary>
    internal void RemoveIdleUsers(TimeSpan idleFor)
    {
        lock (_gate)
        {
            var before = _time.GetTimestamp() - (long)(idleFor.TotalSeconds * _time.TimestampFrequency);
            foreach (var uid in _table.IdleUsers(before))
            {
                if (_removal.TryRemove($"{_layout.Base}/u{uid.ToString(CultureInfo.InvariantCulture)}") == 0) Forget(uid);
            }
        }
    }

    private void Forget(uint uid)
    {
        _table.RemoveUser(uid);
        _userLimits.Remove(uid);
    }

    private void OpenUser(GroupPath path)
    {
        // Asked of the kernel each time: an admin's rmdir of an idle user's level must not fail that user's jobs for ever.
        if (_table.HasUser(path.Uid) && _layout.Hierarchies.All(h => _files.Exists($"{h.Mount}/{path.User}"))) return;
        if (Make(path.User)) _version.Thaw(path.User);
        _table.AddUser(path.Uid, _time.GetTimestamp());
        _version.Open(path.User, isLeaf: false);
    }

    /// <summary>Makes a group that did not exist. One that is left from before is ended and removed first, so that nothing is ever joined.</summary>
    private void MakeFresh(string group, bool isLeaf)
    {
        if (Make(group))
        {
            _removal.Remove(group, LeftoverDeadline);
            if (Make(group)) throw new CgroupException($"group {group} is there again after it was removed: another agent uses this tree", group, Errno.Exists);
        }
        _version.Open(group, isLeaf);
    }

    /// <summary>One mkdir for each hierarchy. True when the group was there already in one of them.</summary>
    private bool Make(string group)
    {
        var existed = false;
        foreach (var hierarchy in _layout.Hierarchies)
        {
            var directory = $"{hierarchy.Mount}/{group}";
            var errno = _files.MakeGroup(directory);
            if (errno == Errno.Exists) existed = true;
            else if (errno != 0) throw new CgroupException($"cannot make the group {directory}: {Errno.Describe(errno)}", directory, errno);
        }
        return existed;
    }

    private void Undo(GroupPath path, bool jobIsNew)
    {
        _ = _removal.TryRemove(path.Step);
        if (jobIsNew) _ = _removal.TryRemove(path.Job);
        else if (_table.Job(path)?.Steps.Count == 0 && _removal.TryRemove(path.Job) == 0) _table.RemoveJob(path, _time.GetTimestamp());
        _idleTimer.Change(IdleUserStays, Timeout.InfiniteTimeSpan);
    }

    private void AddNotes(Receipt receipt, Limits limits)
    {
        if (_machineMemoryBytes > 0 && limits.MemoryBytes > _machineMemoryBytes)
            receipt.Notes.Add($"the declared memory is not real: this step may use {ReceiptRows.Bytes(limits.MemoryBytes)}, the machine has {ReceiptRows.Bytes(_machineMemoryBytes)}");
    }

    private void Adopt(GroupPath path)
    {
        _table.Add(path, _table.Job(path)?.Limits ?? _version.Current(path.Job));
        _table.Job(path)!.Adopted.Add(path.StepId);
    }

    private bool Exists(string group) => _layout.Hierarchies.Any(h => _files.Exists($"{h.Mount}/{group}"));

    private GroupPath PathOf(StepKey key, uint uid) => new(_layout.Base, uid, key.JobId, key.StepId);

    private static uint? Number(string name, char prefix) =>
        name.Length > 1 && name[0] == prefix && uint.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static partial class Log
    {
        [LoggerMessage(EventId = 3301, Level = LogLevel.Error, Message = "a group of no known step stays: {Why}")]
        public static partial void StrayStays(ILogger log, string why);
    }
}
