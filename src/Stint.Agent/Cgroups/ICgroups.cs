using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>
/// The kernel's limits on this node: <c>root / u&lt;uid&gt; / j&lt;job&gt; / s&lt;step&gt;</c>. Numeric ids only; nothing a user typed gets into a path.
/// One implementation per cgroup version; both synchronous, because each call is a handful of writes to kernel files.
/// </summary>
public interface ICgroups
{
    /// <summary>What can be enforced here, and why not.</summary>
    IReadOnlyList<Capability> Capabilities { get; }

    /// <summary>
    /// Makes the user's, the job's and the step's group, writes every limit, reads every limit back.
    /// Fail closed: when a required limit could not be written or reads back differently, whatever was made for this step is
    /// removed again and <see cref="CgroupException"/> says file, value and errno.
    /// </summary>
    StepGroup Create(StepKey key, uint uid, Limits limits);

    /// <summary>The group of a step that an earlier life of this agent made; null when nothing of it exists.</summary>
    StepGroup? Find(StepKey key, uint uid);

    /// <summary>Counters of a step's and its job's group, read before anything is removed.</summary>
    Measured Measure(StepGroup group);

    /// <summary>Sends a signal to every process of the step's group (descendants included).</summary>
    void SignalAll(StepGroup group, int signal);

    /// <summary>Stops every process of the step's group, or lets them go on. Throws <see cref="CgroupException"/> when the kernel refuses.</summary>
    void Freeze(StepGroup group, bool frozen);

    /// <summary>
    /// Kills the whole step group, waits until it is empty, removes it; removes the job's group (and the user's) when nothing else is in it.
    /// Returns true when nothing of the job is left on this node. Throws <see cref="CgroupException"/> naming the pids that would not die
    /// when <paramref name="deadline"/> passes.
    /// </summary>
    bool KillAndRemove(StepGroup group, TimeSpan deadline);

    /// <summary>
    /// Kills and removes whatever is left of a job, of any user and step. Throws <see cref="CgroupException"/> when a process would not die before
    /// <paramref name="deadline"/>.
    /// </summary>
    void RemoveJob(uint jobId, TimeSpan deadline);

    /// <summary>Reads every live limit of these steps' jobs again and writes back what is different.</summary>
    IReadOnlyList<Drift> Audit(IReadOnlyList<LiveStep> steps);

    /// <summary>Other limits for the level of a user, whose jobs live on. All or nothing: when one of them is refused, those before are put back.</summary>
    /// <param name="checkOnly">Says what would stand in the way, and changes nothing.</param>
    UserLimitsReport SetUserLimits(uint uid, UserLimits limits, bool checkOnly);

    /// <summary>Processes of each user who has a level here.</summary>
    IReadOnlyList<UserUse> UserUses();

    /// <summary>What a live step uses now; null when it has no group any more.</summary>
    StepUsage? Use(StepKey key, uint uid);

    /// <summary>True when the job has no group here.</summary>
    bool IsJobGone(uint jobId, uint uid);

    /// <summary>Groups below the root that belong to no step in <paramref name="known"/> are killed and removed (agent start).</summary>
    void RemoveStrays(IReadOnlyCollection<(uint JobId, uint StepId)> known);

    /// <summary>Removes the root if it is empty (agent stop).</summary>
    void RemoveRoot();
}

/// <param name="ProcsFiles">Files a task writes "0" into, as root, before it becomes the user and before its first exec; in this order.</param>
/// <param name="Path">For people: the step's group, relative to the hierarchy.</param>
public sealed record StepGroup(StepKey Key, uint Uid, IReadOnlyList<string> ProcsFiles, string Path, Receipt Receipt);

/// <summary>A limit or group that the kernel refused.</summary>
public sealed class CgroupException(string message, string file, int errno) : Exception(message)
{
    public string File { get; } = file;
    public int Errno { get; } = errno;

    /// <summary>The node is broken, and so would be the next job on it.</summary>
    public bool IsNodesFault { get; init; }
}
