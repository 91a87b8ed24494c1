using Google.Protobuf;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>Which step, job and user has groups on this node. Not thread-safe: <see cref="CgroupTree"/> holds its gate around it.</summary>
internal sealed class GroupTable
{
    private readonly Dictionary<(uint Uid, uint JobId), JobHold> _jobs = [];
    private readonly Dictionary<uint, UserHold> _users = [];

    public JobHold? Job(GroupPath path) => _jobs.GetValueOrDefault((path.Uid, path.JobId));

    public IReadOnlyCollection<uint> Users => _users.Keys;

    public bool HasUser(uint uid) => _users.ContainsKey(uid);

    /// <summary>The user's level exists; nobody is in it yet.</summary>
    public void AddUser(uint uid, long nowTicks) => _users.TryAdd(uid, new UserHold { IdleSince = nowTicks });

    public void Add(GroupPath path, Limits jobLimits)
    {
        if (!_jobs.TryGetValue((path.Uid, path.JobId), out var job))
        {
            _jobs.Add((path.Uid, path.JobId), job = new JobHold { Limits = jobLimits });
            if (!_users.TryGetValue(path.Uid, out var user)) _users.Add(path.Uid, user = new UserHold());
            user.Jobs++;
        }
        job.Limits = jobLimits;
        job.Steps.Add(path.StepId);
    }

    /// <summary>True when this was the job's last step.</summary>
    public bool RemoveStep(GroupPath path)
    {
        if (Job(path) is not { } job) return true;
        job.Adopted.Remove(path.StepId);
        job.Narrowed.Remove(path.StepId);
        job.Steps.Remove(path.StepId);
        return job.Steps.Count == 0;
    }

    public void RemoveJob(GroupPath path, long nowTicks)
    {
        if (!_jobs.Remove((path.Uid, path.JobId)) || !_users.TryGetValue(path.Uid, out var user)) return;
        if (--user.Jobs == 0) user.IdleSince = nowTicks;
    }

    /// <summary>Users without a job since <paramref name="beforeTicks"/> or longer.</summary>
    public List<uint> IdleUsers(long beforeTicks) => [.. _users.Where(u => u.Value.Jobs == 0 && u.Value.IdleSince <= beforeTicks).Select(u => u.Key)];

    public void RemoveUser(uint uid) => _users.Remove(uid);

    internal sealed class JobHold
    {
        public Limits Limits { get; set; } = new();
        public HashSet<uint> Steps { get; } = [];

        /// <summary>Steps with limits on their own groups.</summary>
        public HashSet<uint> Narrowed { get; } = [];

        /// <summary>Steps whose groups an earlier life of the agent made.</summary>
        public HashSet<uint> Adopted { get; } = [];

        /// <summary>The least that allows both: a job's level never limits below what the server signed for any of its steps.</summary>
        public static Limits Widen(Limits a, Limits b)
        {
            var cpus = new byte[Math.Max(a.Cpus.Length, b.Cpus.Length)];
            for (var i = 0; i < cpus.Length; i++) cpus[i] = (byte)((i < a.Cpus.Length ? a.Cpus[i] : 0) | (i < b.Cpus.Length ? b.Cpus[i] : 0));
            return new Limits
            {
                Cpus = ByteString.CopyFrom(cpus),
                Gres = { GresUnion.Of(a.Gres, b.Gres) },
                CpuMilli = (uint)Wider(a.CpuMilli, b.CpuMilli), CpuMilliRequested = a.CpuMilliRequested, CpuWeight = Math.Max(a.CpuWeight, b.CpuWeight),
                MemoryBytes = Wider(a.MemoryBytes, b.MemoryBytes), SwapBytes = Math.Max(a.SwapBytes, b.SwapBytes), PidsMax = Wider(a.PidsMax, b.PidsMax),
            };
        }

        /// <summary>The same limits, however they were asked for.</summary>
        public static bool Same(Limits a, Limits b) =>
            a.MemoryBytes == b.MemoryBytes && a.SwapBytes == b.SwapBytes && a.PidsMax == b.PidsMax && a.CpuMilli == b.CpuMilli && a.CpuWeight == b.CpuWeight && GresUnion.Same(a.Gres, b.Gres) && a.Cpus.Span.TrimEnd((byte)0).SequenceEqual(b.Cpus.Span.TrimEnd((byte)0));

        /// <summary>0 is no limit.</summary>
        private static ulong Wider(ulong a, ulong b) => a == 0 || b == 0 ? 0 : Math.Max(a, b);
    }

    private sealed class UserHold
    {
        public int Jobs { get; set; }
        public long IdleSince { get; set; }
    }
}
