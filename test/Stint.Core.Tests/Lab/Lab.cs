using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Tests;

/// <summary>A cluster without machines: commands go in, records are applied and kept, time stands still until it is moved. Audited after each command.</summary>
internal sealed class Lab
{
    public const ulong GiB = 1UL << 30;
    public const uint Alice = 1001, Bob = 1002;
    public static readonly Actor Root = new(0, true);

    public Cluster Cluster { get; } = new();
    public List<Record> Journal { get; } = [];
    public Instant Now { get; private set; } = new(1_700_000_000_000);
    public bool Audits { get; set; } = true;

    public Lab(Action<ClusterConfigured>? configure = null)
    {
        var config = new ClusterConfigured
        {
            Name = "lab", KillWaitMs = 30_000, MinJobAgeMs = 300_000, NodeTimeoutMs = 300_000, MaxArraySize = 10_001, MaxJobs = 20_000, RequeueByDefault = true,
            Partitions = { new PartitionSpec { Name = "main", Nodes = "ALL", IsDefault = true, IsUp = true } },
        };
        configure?.Invoke(config);
        Do(new Configure(config));
    }

    public static Actor User(uint uid) => new(uid, false);

    // Commands

    public Decision Try(Command command)
    {
        var decision = Cluster.Decide(command, Now);
        foreach (var record in decision.Records)
        {
            Cluster.Apply(record);
            Journal.Add(record);
        }
        if (Audits) Cluster.Audit();
        return decision;
    }

    public uint Do(Command command)
    {
        var decision = Try(command);
        Assert.True(decision.Refusal is null, $"{command}: {decision.Refusal}");
        return decision.Id;
    }

    public Refusal Refused(Command command)
    {
        var decision = Try(command);
        Assert.NotNull(decision.Refusal);
        Assert.Empty(decision.Records);
        return decision.Refusal;
    }

    public Lab After(TimeSpan time)
    {
        Now += time;
        return this;
    }

    public Lab Tick()
    {
        Do(new Tick());
        return this;
    }

    public Lab Schedule()
    {
        do Do(new Schedule()); while (Cluster.NeedsSchedule);
        return this;
    }

    // Nodes

    public Lab Node(string name, uint cpus = 4, ulong memory = 8 * GiB, uint threadsPerCore = 1)
    {
        Do(new RegisterNode(Registration(name, cpus, memory, threadsPerCore)));
        return this;
    }

    public Lab Nodes(params string[] names)
    {
        foreach (var name in names) Node(name);
        return this;
    }

    public static NodeRegistered Registration(string name, uint cpus = 4, ulong memory = 8 * GiB, uint threadsPerCore = 1) => new()
    {
        Name = name, Address = "127.0.0.1", Hostname = name,
        Hardware = new Hardware { Cpus = cpus, Sockets = 1, CoresPerSocket = cpus / threadsPerCore, ThreadsPerCore = threadsPerCore, MemoryBytes = memory },
    };

    public Node NodeOf(string name) => Cluster.Nodes[name];

    // Jobs

    public static JobSpec Spec(Action<JobSpec>? with = null)
    {
        var spec = new JobSpec { Name = "job", Uid = Alice, Gid = Alice, User = "alice", Group = "alice", IsBatch = true, Requeue = true, MemoryPerNodeBytes = GiB / 4, TimeLimitMs = 3_600_000 };
        with?.Invoke(spec);
        return spec;
    }

    public uint Submit(Action<JobSpec>? with = null) => Do(new SubmitJob(Spec(with)));

    public uint SubmitArray(uint first, uint last, Action<JobSpec>? with = null, uint throttle = 0) => Submit(spec =>
    {
        spec.Array.Add(new ArrayRange { First = first, Last = last, Step = 1 });
        spec.ArrayThrottle = throttle;
        with?.Invoke(spec);
    });

    /// <summary>Submits and schedules: the job must run now.</summary>
    public uint Run(Action<JobSpec>? with = null)
    {
        var id = Submit(with);
        Schedule();
        Assert.Equal(JobState.Running, Job(id).State);
        return id;
    }

    public Job Job(uint id) => Cluster.Jobs[id];

    public Job Task(uint array, uint task) => Cluster.FindTask(array, task) ?? throw new InvalidOperationException($"task {task} of {array} did not start");

    public static Dependency On(string kind, uint job) => new() { Kind = kind, JobId = job };

    // What nodes report

    public Decision ReportStart(uint id, uint step = StepIds.Batch, string? node = null) =>
        Try(new ReportStepStarted(new StepStarted { JobId = id, StepId = step, Attempt = Job(id).Attempt, Node = node ?? Job(id).Shares[0].Node, Pid = 4711 }));

    public Decision ReportExit(uint id, int exit = 0, int signal = 0, EndKind? kind = null, uint step = StepIds.Batch, string? node = null, bool released = true, bool started = true, string cause = "", uint? attempt = null) =>
        Try(new ReportStepExited(new StepExited
        {
            JobId = id, StepId = step, Attempt = attempt ?? Job(id).Attempt, Node = node ?? Job(id).Shares[0].Node, ExitCode = exit, Signal = signal,
            Kind = kind ?? (exit == 0 && signal == 0 ? EndKind.EndCompleted : EndKind.EndFailed), Released = released, Started = started, Cause = cause,
        }));

    public Decision ReportReleased(uint id, string node) => Try(new ReportNodeReleased(id, Job(id).Attempt, node));

    /// <summary>The batch script starts and exits, and nothing is left of it.</summary>
    public Lab Finish(uint id, int exit = 0)
    {
        ReportStart(id);
        ReportExit(id, exit);
        foreach (var share in Job(id).Shares.ToArray())
            if (Job(id).IsActive) ReportReleased(id, share.Node);
        Assert.True(Job(id).IsOver);
        return this;
    }

    /// <summary>All nodes let go of an ending job.</summary>
    public Lab Release(uint id)
    {
        foreach (var share in Job(id).Shares.ToArray())
            if (Job(id).State == JobState.Completing) ReportReleased(id, share.Node);
        return this;
    }

    public static string Cpus(NodeShare share) => CpuSet.FromBytes(share.Cpus).ToString();

    public static Cluster Replay(IEnumerable<Record> journal)
    {
        var cluster = new Cluster();
        foreach (var record in journal) cluster.Apply(Record.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(record)));
        return cluster;
    }
}
