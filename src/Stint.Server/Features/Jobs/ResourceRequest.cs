using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Jobs;

/// <summary>The part of a submission that speaks of nodes, GPUs and other countable things: checked, parsed, put into the spec.</summary>
internal static class ResourceRequest
{
    private const int TextMax = 4_096;
    private const long YearsMs = 10L * 366 * 86_400_000, TimeEndMs = 253_402_300_799_000;
    private const ulong BytesMax = 1UL << 50;

    public static string? CheckTexts(SubmitRequest request) =>
        TextRules.Error("the features", request.Constraint, TextMax)
        ?? TextRules.Error("the preferred features", request.Prefer, TextMax)
        ?? TextRules.Error("the licenses", request.Licenses, TextMax)
        ?? TextRules.Error("the generic resources", request.Gres, TextMax)
        ?? TextRules.Error("the GPUs", request.Gpus, TextMax)
        ?? TextRules.Error("the GPUs per node", request.GpusPerNode, TextMax)
        ?? TextRules.Error("the GPUs per task", request.GpusPerTask, TextMax)
        ?? TextRules.Error("the GPUs per socket", request.GpusPerSocket, TextMax)
        ?? TextRules.Error("the GPU binding", request.GpuBind, TextMax)
        ?? TextRules.Error("the distribution", request.Distribution, 256)
        ?? TextRules.Error("the QOS", request.Qos, 256)
        ?? TextRules.Error("the reservation", request.Reservation, TextMax)
        ?? TextRules.Error("the wckey", request.Wckey, 256)
        ?? TextRules.Error("the mail types", request.MailType, 256)
        ?? TextRules.Error("the mail user", request.MailUser, 256);

    public static string? CheckNumbers(SubmitRequest r) =>
        Over("CPUs per GPU", r.CpusPerGpu) ?? Over("tasks per GPU", r.TasksPerGpu) ?? Over("threads per core", r.ThreadsPerCore) ?? Over("sockets per node", r.SocketsPerNode)
        ?? Over("cores per socket", r.CoresPerSocket) ?? Over("tasks per core", r.TasksPerCore) ?? Over("tasks per socket", r.TasksPerSocket) ?? Over("specialised cores", r.CoreSpec ?? 0)
        ?? Over("specialised threads", r.ThreadSpec ?? 0) ?? Over("least CPUs of a node", r.CpusPerNodeMin) ?? Over("switches", r.SwitchesMax) ?? Over("the segment", r.Segment)
        ?? (r.CpuMilli is > 0 and < 10 or > 65_535_000 ? $"the CPU quota is {r.CpuMilli} thousandths; it can be 10 to 65535000" : null)
        ?? (r.MemoryPerGpuBytes is { } gpu && (gpu == 0 || gpu > BytesMax) ? $"memory per GPU is {gpu} bytes; it can be 1 byte to 1 PiB" : null)
        ?? (r.MemoryPerGpuBytes is not null && (r.MemoryPerNodeBytes ?? r.MemoryPerCpuBytes) is not null ? "memory per GPU excludes memory per node and per CPU" : null)
        ?? (r.DiskBytes > BytesMax ? $"local disk is {r.DiskBytes} bytes; it can be up to 1 PiB" : null)
        ?? (r.SwitchesWaitMs is < 0 or > YearsMs ? $"the wait for switches is {r.SwitchesWaitMs} ms; it can be 0 to ten years" : null)
        ?? (r.TimeMinMs is < 0 or > YearsMs ? $"the least time is {r.TimeMinMs} ms; it can be 0 to ten years" : null)
        ?? (r.TimeMinMs > 0 && r.TimeLimitMs is > 0 and var limit && r.TimeMinMs > limit ? $"the least time of {r.TimeMinMs} ms is over the time limit of {limit} ms" : null)
        ?? (r.DeadlineMs is < 0 or > TimeEndMs ? $"the deadline {r.DeadlineMs} is no time" : null)
        ?? (r is { CoreSpec: not null, ThreadSpec: not null } ? "specialised cores and specialised threads exclude each other" : null);

    private static string? Over(string what, uint value) => value > 65_535 ? $"{what}: {value} is more than 65535" : null;

    /// <summary>Copies what needs no parsing, then parses the rest.</summary>
    public static Refusal? Fill(JobSpec spec, SubmitRequest r)
    {
        spec.CpuMilli = r.CpuMilli;
        (spec.Constraint, spec.Prefer, spec.GpuBind) = (r.Constraint ?? "", r.Prefer ?? "", r.GpuBind ?? "");
        (spec.CpusPerGpu, spec.TasksPerGpu, spec.DiskBytes, spec.ThreadsPerCore) = (r.CpusPerGpu, r.TasksPerGpu, r.DiskBytes, r.ThreadsPerCore);
        (spec.SocketsPerNode, spec.CoresPerSocket, spec.TasksPerCore, spec.TasksPerSocket) = (r.SocketsPerNode, r.CoresPerSocket, r.TasksPerCore, r.TasksPerSocket);
        (spec.OneThreadPerTask, spec.Contiguous, spec.Spread, spec.UseMinNodes) = (r.OneThreadPerTask, r.Contiguous, r.Spread, r.UseMinNodes);
        (spec.SwitchesMax, spec.SwitchesWaitMs, spec.Segment, spec.CpusPerNodeMin) = (r.SwitchesMax, r.SwitchesWaitMs, r.Segment, r.CpusPerNodeMin);
        if (r.MemoryPerGpuBytes is { } perGpu) spec.MemoryPerGpuBytes = perGpu;
        if (r.CoreSpec is { } cores) spec.CoreSpec = cores;
        if (r.ThreadSpec is { } threads) spec.ThreadSpec = threads;
        // sbatch(1): specialised cores or threads are given for whole nodes only.
        if (spec.HasCoreSpec || spec.HasThreadSpec) spec.Exclusive = true;
        if (r.NodesAsked) spec.NodesAsked = r.NodesMin;
        return Sharing(spec, r) ?? Gres(spec, r) ?? Flags(spec, r) ?? Texts(spec, r) ?? Ranges(spec, r.Ranges) ?? DeriveTasks(spec, r);
    }

    private static Refusal? Sharing(JobSpec spec, SubmitRequest r)
    {
        switch (r.Sharing)
        {
            case null or "": break;
            case "oversubscribe": spec.Sharing = NodeSharing.SharingOversubscribe; break;
            case "user": spec.Sharing = NodeSharing.SharingUser; break;
            case "topo": spec.Sharing = NodeSharing.SharingTopo; break;
            case "none": spec.Exclusive = true; break;
            default: return Invalid($"sharing is oversubscribe, user, topo or none, not '{Short(r.Sharing)}'");
        }
        if (spec.Exclusive && spec.Sharing == NodeSharing.SharingDefault) spec.Sharing = NodeSharing.SharingNone;
        return null;
    }

    private static Refusal? Gres(JobSpec spec, SubmitRequest r) =>
        Add(spec, r.Gres, GresPer.PerNode, gpus: false) ?? Add(spec, r.GpusPerNode, GresPer.PerNode, gpus: true) ?? Add(spec, r.Gpus, GresPer.PerJob, gpus: true)
        ?? Add(spec, r.GpusPerTask, GresPer.PerTask, gpus: true) ?? Add(spec, r.GpusPerSocket, GresPer.PerSocket, gpus: true);

    private static Refusal? Add(JobSpec spec, string? text, GresPer per, bool gpus)
    {
        if (string.IsNullOrEmpty(text)) return null;
        List<GresTerm> terms;
        string error;
        if (!(gpus ? GresSpec.TryParseGpus(text, out terms, out error) : GresSpec.TryParse(text, out terms, out error))) return new Refusal("invalid_gres", error);
        foreach (var term in terms)
        {
            foreach (var other in spec.Gres)
                if (other.Name == term.Name && other.Type == term.Type && other.Per == per) return new Refusal("invalid_gres", $"Invalid generic resource (gres) specification: {term.Name} is asked for twice");
            spec.Gres.Add(new GresRequest { Name = term.Name, Type = term.Type, Count = term.Count, Per = per });
        }
        return null;
    }

    private static Refusal? Flags(JobSpec spec, SubmitRequest r)
    {
        foreach (var flag in (r.GresFlags ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (flag)
            {
                case "enforce-binding": spec.EnforceBinding = true; break;
                case "disable-binding": spec.DisableBinding = true; break;
                case "multiple-tasks-per-sharing" or "one-task-per-sharing" or "allow-task-sharing": break;
                default: return Invalid($"'{Short(flag)}' is no gres flag");
            }
        }
        if (spec.EnforceBinding && spec.DisableBinding) return Invalid("enforce-binding and disable-binding exclude each other");
        return spec.GpuBind.Length == 0 || GpuBinding.TryParse(spec.GpuBind) ? null : Invalid($"'{Short(spec.GpuBind)}' is no GPU binding");
    }

    private static Refusal? Texts(JobSpec spec, SubmitRequest r)
    {
        if (!string.IsNullOrEmpty(r.Licenses))
        {
            if (!LicenseSpec.TryParse(r.Licenses, out var licenses, out var error)) return new Refusal("invalid_license", error);
            spec.Licenses = licenses!.ToString();
        }
        if (!string.IsNullOrEmpty(r.Distribution))
        {
            if (!Distribution.TryParse(r.Distribution, out var distribution)) return Invalid($"'{Short(r.Distribution)}' is no distribution of tasks");
            spec.Distribution = distribution;
        }
        switch (r.LimitPolicy)
        {
            case null or "" or "request": return null;
            case "capacity": spec.LimitPolicy = LimitPolicy.LimitCapacity; return null;
            default: return Invalid($"the limit policy is request or capacity, not '{Short(r.LimitPolicy)}'");
        }
    }

    private static Refusal? Ranges(JobSpec spec, ResourceRangesRequest? r)
    {
        if (r is null) return null;
        var error = Reversed("cpus", r.CpusMin, r.CpusMax) ?? Reversed("memory", r.MemoryMinBytes, r.MemoryMaxBytes) ?? Reversed("disk", r.DiskMinBytes, r.DiskMaxBytes)
            ?? Reversed("gpus", r.GpusMin, r.GpusMax) ?? Reversed("GPU memory", r.GpuMemoryMinBytes, r.GpuMemoryMaxBytes)
            ?? Reversed("total GPU memory", r.GpuTotalMemoryMinBytes, r.GpuTotalMemoryMaxBytes);
        if (error is not null) return error;
        if (r.GpuNames.Length > 64) return Invalid($"{r.GpuNames.Length} GPU names are more than 64");
        foreach (var name in r.GpuNames)
            if (TextRules.Error("a GPU name", name, 128) is { } wrong) return Invalid(wrong);
        if (TextRules.Error("the GPU vendor", r.GpuVendor, 64) is { } vendor) return Invalid(vendor);
        spec.Ranges = new ResourceRanges
        {
            CpusMin = r.CpusMin, CpusMax = r.CpusMax, MemoryMinBytes = r.MemoryMinBytes, MemoryMaxBytes = r.MemoryMaxBytes, DiskMinBytes = r.DiskMinBytes, DiskMaxBytes = r.DiskMaxBytes,
            GpuVendor = r.GpuVendor ?? "", GpusMin = r.GpusMin, GpusMax = r.GpusMax, GpuMemoryMinBytes = r.GpuMemoryMinBytes, GpuMemoryMaxBytes = r.GpuMemoryMaxBytes,
            GpuTotalMemoryMinBytes = r.GpuTotalMemoryMinBytes, GpuTotalMemoryMaxBytes = r.GpuTotalMemoryMaxBytes,
        };
        spec.Ranges.GpuNames.Add(r.GpuNames);
        return null;
    }

    private static Refusal? Reversed(string what, ulong min, ulong max) => max > 0 && max < min ? Invalid($"the range of {what} ends at {max}, before its start at {min}") : null;

    /// <summary>Without <c>-n</c>, tasks follow from the GPUs (sbatch(1), --ntasks-per-gpu and --gpus-per-task).</summary>
    private static Refusal? DeriveTasks(JobSpec spec, SubmitRequest r)
    {
        if (r.Tasks is not null || r.TasksPerNode is not null) return null;
        var job = Total(spec, GresPer.PerJob);
        var perNode = Total(spec, GresPer.PerNode);
        var perTask = Total(spec, GresPer.PerTask);
        var gpus = job > 0 ? job : perNode * spec.NodesMin;
        var tasks = spec.TasksPerGpu > 0 && gpus > 0 ? gpus * spec.TasksPerGpu : perTask > 0 && job > 0 ? job / perTask : 0;
        if (tasks > 1_000_000) return Invalid($"{gpus} GPUs make {tasks} tasks, more than a job can have");
        if (perTask > 0 && job > 0 && job % perTask != 0) return Invalid($"{job} GPUs do not divide into tasks of {perTask}");
        if (tasks > 0) spec.Tasks = (uint)tasks;
        return null;
    }

    private static ulong Total(JobSpec spec, GresPer per)
    {
        ulong total = 0;
        foreach (var one in spec.Gres)
            if (one.Name == "gpu" && one.Per == per) total += one.Count;
        return total;
    }

    private static string Short(string text) => text.Length <= 64 ? text : text[..64];
    private static Refusal Invalid(string sentence) => new(RefusalCodes.InvalidRequest, sentence);
}
