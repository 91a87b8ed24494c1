using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Run;

/// <summary>The part of a step's request that speaks of what it takes of its job and of how its tasks are laid out: checked and put into the spec.</summary>
internal static class StepResources
{
    private const int TextMax = 65_536;
    private const uint TasksMax = 10_000_000;
    private const ulong BytesMax = 1UL << 50;
    private const long YearsMs = 10L * 366 * 86_400_000;

    /// <param name="insideJob">False: resources are those of the job that was made for it, and only the layout is the step's.</param>
    public static Refusal? Fill(StepSpec spec, StepRequest r, bool insideJob)
    {
        if (Texts(r) is { } wrong) return Invalid(wrong);
        if (Layout(spec, r) is { } refusal) return refusal;
        (spec.ThreadsPerCore, spec.TasksPerCore, spec.TasksPerSocket) = (r.ThreadsPerCore, r.TasksPerCore, r.TasksPerSocket);
        if (!insideJob) return null;
        (spec.Whole, spec.NodeList, spec.ExcludeList, spec.Overcommit, spec.TasksPerNode, spec.TimeLimitMs) = (!r.Exact, r.NodeList ?? "", r.ExcludeList ?? "", r.Overcommit, r.TasksPerNode ?? 0, r.TimeLimitMs);
        (spec.TaskOffset, spec.HetTasks) = (Math.Min(r.TaskOffset, TasksMax), Math.Min(r.HetTasks, TasksMax));
        if (r.Relative is { } relative) spec.Relative = relative;
        if (r.MemoryPerNodeBytes is > 0 and var node) spec.MemoryPerNodeBytes = node;
        if (r.MemoryPerCpuBytes is > 0 and var cpu) spec.MemoryPerCpuBytes = cpu;
        spec.NoGres = r.Gres is not null && (r.Gres.Equals("none", StringComparison.OrdinalIgnoreCase) || r.Gres == "0");
        return Gres(spec, r.Gres, GresPer.PerNode, gpus: false) ?? Gres(spec, r.GpusPerNode, GresPer.PerNode, gpus: true) ?? Gres(spec, r.Gpus, GresPer.PerJob, gpus: true)
            ?? Gres(spec, r.GpusPerTask, GresPer.PerTask, gpus: true) ?? Gres(spec, r.GpusPerSocket, GresPer.PerSocket, gpus: true);
    }

    private static string? Texts(StepRequest r) =>
        TextRules.Error("the node list", r.NodeList, TextMax) ?? TextRules.Error("the list of excluded nodes", r.ExcludeList, TextMax)
        ?? TextRules.Error("the generic resources", r.Gres, TextMax) ?? TextRules.Error("the GPUs", r.Gpus, TextMax) ?? TextRules.Error("the GPUs per node", r.GpusPerNode, TextMax)
        ?? TextRules.Error("the GPUs per task", r.GpusPerTask, TextMax) ?? TextRules.Error("the GPUs per socket", r.GpusPerSocket, TextMax)
        ?? TextRules.Error("the GPU binding", r.GpuBind, TextMax) ?? TextRules.Error("the CPU binding", r.CpuBind, TextMax) ?? TextRules.Error("the memory binding", r.MemBind, TextMax)
        ?? TextRules.Error("the distribution", r.Distribution, 256) ?? Nodes(r.NodeList) ?? Nodes(r.ExcludeList)
        ?? (r.MemoryPerNodeBytes > BytesMax || r.MemoryPerCpuBytes > BytesMax ? "memory can be up to 1 PiB" : null)
        ?? (r is { MemoryPerNodeBytes: not null, MemoryPerCpuBytes: not null } ? "memory per node and memory per CPU exclude each other" : null)
        ?? (r.TimeLimitMs is < 0 or > YearsMs ? $"the time limit is {r.TimeLimitMs} ms; it can be 0 to ten years" : null)
        ?? Over("threads per core", r.ThreadsPerCore) ?? Over("tasks per core", r.TasksPerCore) ?? Over("tasks per socket", r.TasksPerSocket) ?? Over("tasks per node", r.TasksPerNode ?? 0)
        ?? (r.Relative > 100_000 ? $"the first node is {r.Relative}; it can be 0 to 100000" : null);

    private static Refusal? Layout(StepSpec spec, StepRequest r)
    {
        if (r.CpuBind is { Length: > 0 } cpu)
        {
            if (!CpuBind.TryParse(cpu, out var bind, out var error)) return Invalid(error);
            spec.CpuBind = bind.ToString();
        }
        if (r.MemBind is { Length: > 0 } mem)
        {
            if (!MemBind.TryParse(mem, out _, out var error)) return Invalid(error);
            spec.MemBind = mem;
        }
        if (r.GpuBind is { Length: > 0 } gpu)
        {
            if (!GpuBinding.TryParse(gpu)) return Invalid("Invalid --gpu-bind specification");
            spec.GpuBind = gpu;
        }
        if (r.Distribution is not { Length: > 0 } asked) return null;
        if (!Distribution.TryParse(asked, out var distribution)) return Invalid("Invalid --distribution specification");
        spec.Distribution = distribution;
        return null;
    }

    private static Refusal? Gres(StepSpec spec, string? text, GresPer per, bool gpus)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (!(gpus ? GresSpec.TryParseGpus(text, out var terms, out var error) : GresSpec.TryParse(text, out terms, out error))) return new Refusal(RefusalCodes.InvalidGres, error);
        foreach (var term in terms) spec.Gres.Add(new GresRequest { Name = term.Name, Type = term.Type, Count = term.Count, Per = per });
        return null;
    }

    private static string? Nodes(string? list) => string.IsNullOrEmpty(list) || Hostlist.TryExpand(list, out _, out var error) ? null : error;
    private static string? Over(string what, uint value) => value > 65_535 ? $"{what}: {value} is more than 65535" : null;
    private static Refusal Invalid(string sentence) => new(RefusalCodes.InvalidRequest, sentence);
}
