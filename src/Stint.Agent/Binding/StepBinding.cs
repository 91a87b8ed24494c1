using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Gpus;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;
using Stint.Protocol.Slurm;

namespace Stint.Agent.Binding;

/// <summary>What the tasks of one step on this node are bound to, as the shepherd, the tasks' environment and the receipt need it.</summary>
/// <param name="Bounds">For each local task.</param>
/// <param name="Environment">Of every task.</param>
/// <param name="Environments">Of each local task alone.</param>
/// <param name="Refusal">Not null: the step does not start, and this is why.</param>
internal sealed record StepBinding(
    IReadOnlyList<TaskBounds> Bounds, IReadOnlyList<KeyValuePair<string, string>> Environment, IReadOnlyList<IReadOnlyList<KeyValuePair<string, string>>> Environments, string? Refusal = null)
{
    /// <summary>What a binding says in the environment, so that it can be taken out where there is none.</summary>
    public static readonly IReadOnlyList<string> Variables =
    [
        "SLURM_CPU_BIND", "SLURM_CPU_BIND_VERBOSE", "SLURM_CPU_BIND_TYPE", "SLURM_CPU_BIND_LIST",
        "SLURM_MEM_BIND", "SLURM_MEM_BIND_VERBOSE", "SLURM_MEM_BIND_TYPE", "SLURM_MEM_BIND_LIST", "SLURM_MEM_BIND_PREFER", "SLURM_MEM_BIND_SORT",
    ];

    /// <summary>Null: nothing is bound (a batch script, or a node that knows nothing of its CPUs).</summary>
    public static StepBinding? Of(LaunchSpec spec, CpuShape? shape, NodeDevices? devices)
    {
        if (spec.Layout is not { } layout || shape is null) return null;
        if (Read(spec, layout, out var request, out var memory) is { } malformed) return Refused(malformed);
        var allocated = shape.Ids(spec.Limits.Cpus.Span);
        var cpus = TaskMasks.Compute(shape, allocated, request);
        if (cpus.Refusal is { } refusal) return Refused(refusal);
        var policy = TaskMemory.Choose(shape, memory, cpus.Cpus, out var nodes, out var error);
        if (error is not null) return Refused(error);
        var environments = OfGpus(spec, layout, shape, devices, cpus, out var gpuLines, out error);
        if (error is not null) return Refused(error);
        var bounds = new TaskBounds[spec.TaskIds.Count];
        for (var i = 0; i < bounds.Length; i++)
        {
            var word = memory.Prefer ? " PREFER " : "=";
            bounds[i] = new TaskBounds(KernelMask(shape, cpus.Cpus[i]), nodes[i].Length == 0 ? 0 : policy, Bits(nodes[i]),
                cpus.Verbose ? Head($"cpu-bind={cpus.Word}", spec, i) : "", cpus.Cpus[i].Count == 0 ? "" : cpus.Cpus[i].All(shape.IsReal) ? " set" : " NOT set (declared cpus)",
                memory.Verbose == true ? Head($"mem-bind{word}{MemoryWord(memory)}", spec, i) : "", memory.Mode == MemBindMode.None ? "" : " set", gpuLines.Count > 0 ? gpuLines[i] : "");
        }
        return new StepBinding(bounds, [.. OfCpus(cpus), .. OfMemory(memory)], environments);
    }

    private static string? Read(LaunchSpec spec, TaskLayout layout, out BindRequest request, out MemBind memory)
    {
        memory = MemBind.Unsaid;
        if (!CpuBind.TryParse(layout.CpuBind, out var bind, out var error) || !MemBind.TryParse(layout.MemBind, out memory, out error))
        {
            request = new BindRequest(CpuBind.Unsaid, "", 0, 0);
            return error;
        }
        request = new BindRequest(bind, layout.Distribution, spec.TaskIds.Count, (int)Math.Clamp(spec.CpusPerTask, 1, 65_535))
        {
            ThreadsPerCore = Bound(layout.ThreadsPerCore), TasksPerCore = Bound(layout.TasksPerCore), TasksPerSocket = Bound(layout.TasksPerSocket),
        };
        return null;
    }

    private static int Bound(uint count) => (int)Math.Min(count, 65_535);

    private static IReadOnlyList<IReadOnlyList<KeyValuePair<string, string>>> OfGpus(LaunchSpec spec, TaskLayout layout, CpuShape shape, NodeDevices? devices, TaskBinding cpus, out IReadOnlyList<string> lines, out string? error)
    {
        error = null;
        lines = [];
        IReadOnlyList<KeyValuePair<string, string>>[] none = [.. spec.TaskIds.Select(_ => Array.Empty<KeyValuePair<string, string>>())];
        if (devices is null || layout.GpuBind.Length == 0) return none;
        if (!GpuBinding.TryParse(layout.GpuBind, out var binding))
        {
            error = "Invalid --gpu-bind specification";
            return none;
        }
        DeviceUnit[] gpus = [.. spec.Limits.Gres.Where(g => g.Name == "gpu").SelectMany(devices.Units)];
        if (TaskGpus.Choose(binding, [.. gpus.Select(gpu => Near(shape, gpu))], cpus.Cpus, out error) is not { } chosen) return none;
        if (binding.Verbose) lines = [.. chosen.Select(positions => GpuLine(gpus, positions))];
        return [.. chosen.Select(positions =>
        {
            var mine = positions.Select(p => gpus[p].Index).ToHashSet();
            return (IReadOnlyList<KeyValuePair<string, string>>)[.. devices.Visible(spec, unit => unit.Name != "gpu" || mine.Contains(unit.Index))
                .Where(v => v is { Value: not null, KeepsInherited: false }).Select(v => new KeyValuePair<string, string>(v.Name, v.Value!))];
        })];
    }

    /// <summary>--gpu-bind=verbose, in slurmstepd's words: which of the node's GPUs the task sees, which the step has, and their numbers on the
    /// node and in the step.</summary>
    private static string GpuLine(DeviceUnit[] gpus, IReadOnlyList<int> positions)
    {
        static string Mask(IEnumerable<uint> indices) => "0x" + indices.Aggregate(System.Numerics.BigInteger.Zero, (mask, index) => mask | System.Numerics.BigInteger.One << (int)Math.Min(index, 4095))
            .ToString("X", CultureInfo.InvariantCulture).TrimStart('0').PadLeft(1, '0');
        return string.Create(CultureInfo.InvariantCulture,
            $"gpu-bind: usable_gres={Mask(positions.Select(at => gpus[at].Index))}; bit_alloc={Mask(gpus.Select(gpu => gpu.Index))}; local_inx={gpus.Length}; global_list={string.Join(',', positions.Select(at => gpus[at].Index))}; local_list={string.Join(',', positions)}\n");
    }

    private static IReadOnlySet<int>? Near(CpuShape shape, DeviceUnit gpu) =>
        gpu.NearIds?.ToHashSet() ?? gpu.NearCpus?.Select(shape.IdOf).OfType<int>().ToHashSet();

    private static IEnumerable<KeyValuePair<string, string>> OfCpus(TaskBinding cpus)
    {
        var said = cpus.Verbose ? "verbose" : "quiet";
        yield return new("SLURM_CPU_BIND", $"{said},{cpus.Type}{cpus.List}");
        yield return new("SLURM_CPU_BIND_VERBOSE", said);
        yield return new("SLURM_CPU_BIND_TYPE", cpus.Type);
        yield return new("SLURM_CPU_BIND_LIST", cpus.List);
    }

    private static IEnumerable<KeyValuePair<string, string>> OfMemory(MemBind memory)
    {
        if (memory.Mode == MemBindMode.Unsaid) yield break;
        var said = memory.Verbose == true ? "verbose" : "quiet";
        yield return new("SLURM_MEM_BIND", $"{said},{(memory.Prefer ? "prefer," : "")}{(memory.Sort ? "sort," : "")}{memory.TypeText}{memory.List}");
        yield return new("SLURM_MEM_BIND_VERBOSE", said);
        yield return new("SLURM_MEM_BIND_TYPE", memory.TypeText);
        yield return new("SLURM_MEM_BIND_LIST", memory.List);
        if (memory.Prefer) yield return new("SLURM_MEM_BIND_PREFER", "prefer");
        if (memory.Sort) yield return new("SLURM_MEM_BIND_SORT", "sort");
    }

    private static string MemoryWord(MemBind memory) => memory.Mode switch
    {
        MemBindMode.None => "NONE", MemBindMode.Rank => "RANK", MemBindMode.Local => "LOC", MemBindMode.Map => "MAP", MemBindMode.Mask => "MASK", _ => "NULL",
    };

    /// <summary>Up to the pid, which the task itself knows: <c>cpu-bind=MASK - n1, task  0  0 [</c></summary>
    private static string Head(string what, LaunchSpec spec, int local) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} - {spec.Node}, task {spec.TaskIds[local],2} {local,2} [");

    /// <summary>Only CPUs that are there can be bound to.</summary>
    private static byte[] KernelMask(CpuShape shape, IReadOnlyList<int> ids) => Bits([.. ids.Where(shape.IsReal).Select(shape.Number)]);

    internal static byte[] Bits(IReadOnlyCollection<int> numbers)
    {
        if (numbers.Count == 0) return [];
        var bits = new byte[numbers.Max() / 8 + 1];
        foreach (var number in numbers) bits[number / 8] |= (byte)(1 << (number % 8));
        return bits;
    }

    private static StepBinding Refused(string why) => new([], [], [], why);
}
