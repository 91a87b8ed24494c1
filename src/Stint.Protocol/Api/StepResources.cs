namespace Stint.Protocol.Api;

// What a step takes of its job and how its tasks are laid out. In an allocation of its own the first part is the job's, not the step's.
public sealed partial record StepRequest
{
    /// <summary>Only as many CPUs as the tasks need; otherwise all that the job has on the step's nodes. A step that was made by its own srun has all.</summary>
    public bool Exact { get; set; }
    public string? NodeList { get; set; }
    public string? ExcludeList { get; set; }
    /// <summary>First node, counted from 0 in the job's.</summary>
    public uint? Relative { get; set; }
    public uint? TasksPerNode { get; set; }
    public bool Overcommit { get; set; }
    /// <summary>null, like 0: as much as the job has, beside other steps.</summary>
    public ulong? MemoryPerNodeBytes { get; set; }
    public ulong? MemoryPerCpuBytes { get; set; }
    /// <summary>Per node: <c>gpu:a100:2</c>; <c>none</c>: no generic resources; null: all that the job has.</summary>
    public string? Gres { get; set; }
    /// <summary><c>[type:]count</c> of the whole step.</summary>
    public string? Gpus { get; set; }
    public string? GpusPerNode { get; set; }
    public string? GpusPerTask { get; set; }
    public string? GpusPerSocket { get; set; }
    public long TimeLimitMs { get; set; }
    /// <summary>One component's part of a step over several of a heterogeneous job: tasks of the components before it, and of all. 0: a step of its own.</summary>
    public uint TaskOffset { get; set; }
    public uint HetTasks { get; set; }

    public string? GpuBind { get; set; }
    public string? CpuBind { get; set; }
    public string? MemBind { get; set; }
    public string? Distribution { get; set; }
    public uint ThreadsPerCore { get; set; }
    public uint TasksPerCore { get; set; }
    public uint TasksPerSocket { get; set; }
}
