using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;
using Stint.Simulation.Faults.Checks;

namespace Stint.Simulation.Faults.Nodes;

/// <summary>The kernel's groups of one node: they outlive the agent, not the boot. As in the real tree, a step's group is named by job and step, not by attempt.</summary>
internal sealed class SimulatedGroups(SimulatedNode node) : ICgroups
{
    private sealed class Group(Limits limits)
    {
        public Limits Limits => limits;
        public List<RunningStep> Members { get; } = [];
    }

    private readonly SortedDictionary<(uint Job, uint Step), Group> groups = [];

    public IReadOnlyList<Capability> Capabilities => [];
    public int Count => groups.Count;
    public IEnumerable<(uint Job, uint Step)> Names => groups.Keys;

    public void Reboot() => groups.Clear();

    public StepGroup Create(StepKey key, uint uid, Limits limits)
    {
        node.Disk.Act(writes: false);
        if (groups.TryGetValue((key.JobId, key.StepId), out var old)) Empty(key, old);
        groups[(key.JobId, key.StepId)] = new Group(limits);
        return Of(key, uid);
    }

    /// <summary>A task of a shepherd enters its group before it runs.</summary>
    public void Enter(StepKey key, RunningStep step)
    {
        var group = groups[(key.JobId, key.StepId)];
        step.Limits = group.Limits;
        group.Members.Add(step);
    }

    /// <summary>Its group is still the one it was made for.</summary>
    public bool Has(RunningStep step)
    {
        foreach (var group in groups.Values)
            if (group.Members.Contains(step)) return true;
        return false;
    }

    public StepGroup? Find(StepKey key, uint uid) => groups.ContainsKey((key.JobId, key.StepId)) ? Of(key, uid) : null;

    public Measured Measure(StepGroup group)
    {
        node.Disk.Act(writes: false);
        if (!groups.TryGetValue((group.Key.JobId, group.Key.StepId), out var found)) throw new CgroupException("the group is gone", group.Path, 2);
        long cpuUs = 0;
        foreach (var member in found.Members) cpuUs += member.CpuUs(node.World.Queue.NowUs);
        return new Measured { CpuUserUs = (ulong)cpuUs, PeakMemoryBytes = 1 << 20, MemoryLimitBytes = found.Limits.MemoryBytes };
    }

    public void SignalAll(StepGroup group, int signal) { }
    public void Freeze(StepGroup group, bool frozen) { }
    public IReadOnlyList<Drift> Audit(IReadOnlyList<LiveStep> steps) => [];
    public StepUsage? Use(StepKey key, uint uid) => null;

    public bool KillAndRemove(StepGroup group, TimeSpan deadline)
    {
        node.Disk.Act(writes: false);
        if (groups.TryGetValue((group.Key.JobId, group.Key.StepId), out var found))
        {
            if (!node.World.Mutant.GroupsAreNotKilled) Empty(group.Key, found);
            groups.Remove((group.Key.JobId, group.Key.StepId));
        }
        return IsJobGone(group.Key.JobId, group.Uid);
    }

    private void Empty(StepKey key, Group group)
    {
        foreach (var member in group.Members)
        {
            if (!member.IsAlive) continue;
            if (node.IsStuck) throw new CgroupException($"a process of {key.JobId}.{key.StepId} does not die", $"j{key.JobId}/s{key.StepId}", 16);
            node.World.Truth.Ended(member, node.World.Queue.NowUs, EndedBy.GroupKill);
            member.Shepherd?.TasksKilled();
        }
    }

    public void RemoveJob(uint jobId, TimeSpan deadline)
    {
        node.Disk.Act(writes: false);
        foreach (var (name, group) in groups.ToArray())
        {
            if (name.Job != jobId) continue;
            Empty(new StepKey { JobId = name.Job, StepId = name.Step }, group);
            groups.Remove(name);
        }
    }

    public bool IsJobGone(uint jobId, uint uid)
    {
        foreach (var (job, _) in groups.Keys)
            if (job == jobId) return false;
        return true;
    }

    public void RemoveStrays(IReadOnlyCollection<(uint JobId, uint StepId)> known)
    {
        foreach (var (name, group) in groups.ToArray())
        {
            if (known.Contains(name)) continue;
            Empty(new StepKey { JobId = name.Job, StepId = name.Step }, group);
            groups.Remove(name);
        }
    }

    public void RemoveRoot() { }
    public UserLimitsReport SetUserLimits(uint uid, UserLimits limits, bool checkOnly) => new() { Uid = uid };
    public IReadOnlyList<UserUse> UserUses() => [];

    private static StepGroup Of(StepKey key, uint uid) => new(key.Clone(), uid, [], $"u{uid}/j{key.JobId}/s{key.StepId}", new Receipt { Kernel = "simulated" });
}
