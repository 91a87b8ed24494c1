using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Bench.Scale;

/// <summary>A cluster of many nodes and users, the same in every run: shapes and users come from a fixed sequence.</summary>
internal sealed class BigCluster
{
    public const int ShapesMax = 4_096, Users = 512, ShapesPerUser = 32, Accounts = 32;
    private const ulong GiB = 1UL << 30;

    private readonly JobSpec[] shapes = new JobSpec[ShapesMax];
    private uint seed = 12_345;

    public Cluster Cluster { get; private set; } = new();
    public Instant Now { get; set; } = new(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    public BigCluster(int nodes)
    {
        for (var i = 0; i < shapes.Length; i++) shapes[i] = NewShape(i);
        Do(new Configure(Config()));
        for (var i = 0; i < Accounts; i++)
            Set(new AssociationSpec { Account = $"acc{i}", Shares = (uint)(1 + i % 5), Limits = new UsageLimits { GrpJobs = 1_000_000 } });
        for (var i = 0; i < Users; i++)
            Set(new AssociationSpec { Account = $"acc{i % Accounts}", User = $"user{i}", Shares = (uint)(1 + i % 3), IsDefault = true, Limits = new UsageLimits { MaxJobs = 100_000, GrpTres = { new TresValue { Tres = "cpu", Value = 600_000 } } } });
        for (var i = 0; i < nodes; i++)
            Do(new RegisterNode(new NodeRegistered
            {
                Name = $"n{i:D5}",
                Hardware = new Hardware { Cpus = 64, Sockets = 2, CoresPerSocket = 32, ThreadsPerCore = 1, MemoryBytes = 256 * GiB },
            }));
    }

    public static ClusterConfigured Config() => new()
    {
        Name = "big", MinJobAgeMs = 1, NodeTimeoutMs = long.MaxValue / 4, MaxArraySize = 4_000_001,
        Planning = new PlanningSettings { Policy = "easy", ReservationsMax = 1_000 },
        Priority = new PrioritySettings { Multifactor = true, WeightAge = 1_000, WeightFairShare = 10_000, WeightJobSize = 100, MaxAgeMs = 7 * 86_400_000L, DecayHalfLifeMs = 7 * 86_400_000L },
        Enforce = new EnforceSettings { Limits = true },
        Partitions = { new PartitionSpec { Name = "main", Nodes = "ALL", IsDefault = true, IsUp = true } },
    };

    public uint Next(uint below)
    {
        seed = seed * 1_664_525 + 1_013_904_223;
        return (uint)(((ulong)seed * below) >> 32);
    }

    private void Set(AssociationSpec spec) => Do(new SetAssociation(spec, new Actor(0, true)));

    private JobSpec NewShape(int i)
    {
        ReadOnlySpan<uint> sizes = [1, 1, 1, 2, 2, 4, 4, 8, 8, 16, 32, 64];
        var cpus = sizes[(int)Next(12)];
        var nodes = Next(20) == 0 ? 1u << (int)(1 + Next(4)) : 1;
        return new JobSpec
        {
            NodesMin = nodes, Tasks = nodes, CpusPerTask = cpus, NodesMax = nodes, TasksPerNode = 1,
            MemoryPerNodeBytes = cpus * (1 + Next(3)) * GiB + (ulong)i * 4_096, TimeLimitMs = (10 + Next(144) * 10) * 60_000L,
        };
    }

    public JobSpec NewJob(bool token = false)
    {
        var user = Next(Users);
        var spec = shapes[(user * 7 + Next(ShapesPerUser) * 131) % ShapesMax].Clone();
        (spec.Uid, spec.Gid, spec.User, spec.Group, spec.Account, spec.Partition) = (1_000 + user, 1_000, $"user{user}", "users", $"acc{user % Accounts}", "main");
        (spec.Name, spec.IsBatch, spec.Requeue, spec.WorkDir, spec.Command) = ("job", true, true, $"/home/user{user}", $"/home/user{user}/run.sh");
        (spec.StdOut, spec.SubmitHost, spec.SubmitLine, spec.PayloadHash) = ("slurm-%j.out", "login1", "sbatch run.sh", $"{user:x64}");
        if (token) spec.ClientToken = $"{Next(uint.MaxValue):x8}{Next(uint.MaxValue):x8}{Next(uint.MaxValue):x8}";
        return spec;
    }

    public List<Record> Do(Command command)
    {
        var decision = Cluster.Decide(command, Now);
        if (decision.Refusal is { } refusal) throw new InvalidOperationException(refusal.ToString());
        foreach (var record in decision.Records) Cluster.Apply(record);
        return decision.Records as List<Record> ?? [.. decision.Records];
    }

    /// <summary>Schedules until nothing more starts.</summary>
    public void Settle()
    {
        do Do(new Schedule()); while (Cluster.NeedsSchedule);
    }

    /// <summary>Ends one running job, as its nodes report it.</summary>
    public void EndOne(uint id)
    {
        var job = Cluster.Jobs[id];
        var shares = job.Shares;
        Do(new ReportStepExited(new StepExited { JobId = id, StepId = StepIds.Batch, Attempt = job.Attempt, Node = shares[0].Node, Kind = EndKind.EndCompleted, Released = true, Started = true }));
        for (var i = 1; i < shares.Count; i++)
            if (job.State == JobState.Completing) Do(new ReportNodeReleased(id, job.Attempt, shares[i].Node));
    }

    public uint[] Running() => [.. Cluster.ActiveJobs];
}
