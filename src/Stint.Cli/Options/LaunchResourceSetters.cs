using System.Globalization;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Options;

// Options about GPUs, the shape of nodes, and the policy. What Slurm's client checks is checked here; the rest is the server's.
public sealed partial class LaunchOptions
{
    private string? SetGpu(string id, string value, OptionSource source, out bool known)
    {
        known = true;
        uint count;
        switch (id)
        {
            case "gres":
                if (!GresSpec.TryParse(value, out _, out string gresError)) return gresError;
                Request = Request with { Gres = value };
                return null;
            case "gpus" or "gpus-per-node" or "gpus-per-task" or "gpus-per-socket":
                if (!GresSpec.TryParseGpus(value, out _, out string gpuError)) return $"Invalid --{id} specification: {gpuError}";
                Request = id switch
                {
                    "gpus" => Request with { Gpus = value },
                    "gpus-per-node" => Request with { GpusPerNode = value },
                    "gpus-per-task" => Request with { GpusPerTask = value },
                    _ => Request with { GpusPerSocket = value },
                };
                return null;
            case "cpus-per-gpu" or "ntasks-per-gpu" or "ntasks-per-tres":
                if (!Count(value, out count)) return NotNumeric(id, value);
                Request = id == "cpus-per-gpu" ? Request with { CpusPerGpu = count } : Request with { TasksPerGpu = count };
                return null;
            case "gpu-bind":
                if (!GpuBinding.TryParse(value)) return Invalid(id);
                Request = Request with { GpuBind = value };
                return null;
            case "gres-flags":
                foreach (string flag in value.Split(','))
                    if (System.Array.IndexOf(GresFlags, flag.ToLowerInvariant()) < 0) return Invalid(id);
                Request = Request with { GresFlags = value.ToLowerInvariant() };
                return null;
            case "tres-per-task": return SetTresPerTask(value, source);
            default: known = false; return null;
        }
    }

    private static readonly string[] GresFlags = ["enforce-binding", "disable-binding", "multiple-tasks-per-sharing", "one-task-per-sharing", "allow-task-sharing"];

    /// <summary><c>cpu=2,gres/gpu:a100=1</c></summary>
    private string? SetTresPerTask(string value, OptionSource source)
    {
        foreach (string part in value.Split(','))
        {
            bool cpu = part.StartsWith("cpu:", StringComparison.Ordinal) || part.StartsWith("cpu=", StringComparison.Ordinal);
            string? error = cpu ? SetResource("cpus-per-task", part[4..], source, out _)
                : part.StartsWith("gres/gpu", StringComparison.Ordinal) && part.Length > 9 ? SetGpu("gpus-per-task", part[9..], source, out _)
                : Invalid("tres-per-task");
            if (error is not null) return error;
        }
        return null;
    }

    private string? SetNode(string id, string? value, out bool known)
    {
        known = true;
        switch (id)
        {
            case "constraint": Request = Request with { Constraint = value }; return null;
            case "prefer": Request = Request with { Prefer = value }; return null;
            case "contiguous": Request = Request with { Contiguous = true }; return null;
            case "spread-job": Request = Request with { Spread = true }; return null;
            case "use-min-nodes": Request = Request with { UseMinNodes = true }; return null;
            case "reboot": Request = Request with { Reboot = true }; return null;
            case "tmp":
                if (!MemorySize.TryParse(value!, out ulong disk, out _)) return Invalid(id);
                Request = Request with { DiskBytes = disk };
                return null;
            case "switches": return SetSwitches(value!);
            case "extra-node-info": return SetShape(value!);
            case "hint": return SetHint(value!);
            case "distribution":
                if (!Distribution.TryParse(value!, out string distribution)) return Invalid(id);
                Request = Request with { Distribution = distribution };
                return null;
            case "mincpus" or "threads-per-core" or "sockets-per-node" or "cores-per-socket" or "ntasks-per-core" or "ntasks-per-socket" or "segment": return SetCount(id, value!);
            case "core-spec" or "thread-spec":
                if (!uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint reserved) || reserved > 65_535) return NotNumeric(id, value!);
                Request = id == "core-spec" ? Request with { CoreSpec = reserved, ThreadSpec = null } : Request with { ThreadSpec = reserved, CoreSpec = null };
                return null;
            default: known = false; return null;
        }
    }

    private string? SetCount(string id, string value)
    {
        if (!Count(value, out uint count)) return NotNumeric(id, value);
        Request = id switch
        {
            "mincpus" => Request with { CpusPerNodeMin = count },
            "threads-per-core" => Request with { ThreadsPerCore = count },
            "sockets-per-node" => Request with { SocketsPerNode = count },
            "cores-per-socket" => Request with { CoresPerSocket = count },
            "ntasks-per-core" => Request with { TasksPerCore = count },
            "ntasks-per-socket" => Request with { TasksPerSocket = count },
            _ => Request with { Segment = count },
        };
        return null;
    }

    /// <summary><c>count[@time to wait]</c></summary>
    private string? SetSwitches(string value)
    {
        int at = value.IndexOf('@');
        long waitMs = 0;
        if (!Count(at < 0 ? value : value[..at], out uint count) || at >= 0 && !SlurmDuration.TryParseLimit(value[(at + 1)..], out waitMs, out _)) return Invalid("switches");
        Request = Request with { SwitchesMax = count, SwitchesWaitMs = waitMs };
        return null;
    }

    /// <summary><c>sockets[:cores[:threads]]</c>, <c>*</c> for any.</summary>
    private string? SetShape(string value)
    {
        string[] parts = value.Split(':');
        Span<uint> counts = stackalloc uint[3];
        if (parts.Length > 3) return Invalid("extra-node-info");
        for (int i = 0; i < parts.Length; i++)
            if (parts[i] != "*" && !Count(parts[i], out counts[i])) return Invalid("extra-node-info");
        Request = Request with { SocketsPerNode = counts[0], CoresPerSocket = counts[1], ThreadsPerCore = counts[2] };
        return null;
    }

    private string? SetHint(string value)
    {
        Hint = value;
        foreach (string hint in value.Split(','))
        {
            switch (hint.ToLowerInvariant())
            {
                case "compute_bound" or "nomultithread": Request = Request with { OneThreadPerTask = true }; break;
                case "memory_bound": Request = Request with { OneThreadPerTask = true, TasksPerSocket = 1 }; break;
                case "multithread": Request = Request with { OneThreadPerTask = false }; break;
                default: return $"unrecognized --hint argument \"{Shorten(hint)}\", see --hint=help";
            }
        }
        return null;
    }

    private string? SetPolicy(string id, string? value, out bool known)
    {
        known = true;
        switch (id)
        {
            case "qos": Request = Request with { Qos = value }; return null;
            case "reservation": Request = Request with { Reservation = value }; return null;
            case "wckey": Request = Request with { Wckey = value }; return null;
            case "licenses":
                if (!LicenseSpec.TryParse(value!, out _, out _)) return Invalid(id);
                Request = Request with { Licenses = value };
                return null;
            case "deadline":
                if (!SlurmDate.TryParse(value!, now, zone, past: false, out var deadline, out string when)) return when.Length > 0 ? $"{when}\n{Invalid(id)}" : Invalid(id);
                Request = Request with { DeadlineMs = deadline.ToUnixTimeMilliseconds() };
                return null;
            case "time-min":
                if (!SlurmDuration.TryParseLimit(value!, out long minMs, out _)) return Invalid(id);
                Request = Request with { TimeMinMs = minMs };
                return null;
            case "priority":
                if (value!.Equals("TOP", StringComparison.OrdinalIgnoreCase)) { Request = Request with { Priority = uint.MaxValue - 2 }; return null; }
                if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long priority)) return Invalid(id);
                if (priority is < 0 or > uint.MaxValue - 2) return priority < 0 ? "Priority must be >= 0" : $"Priority must be < {uint.MaxValue - 1}";
                Request = Request with { Priority = (uint)priority };
                return null;
            case "no-kill":
                if (value is not (null or "" or "set" or "off" or "no")) return Invalid(id);
                Request = Request with { NoKill = value is not ("off" or "no") };
                return null;
            case "kill-on-invalid-dep":
                if (value is not ("yes" or "no")) return Invalid(id);
                Request = Request with { KillOnInvalidDependency = value == "yes" };
                return null;
            default: known = false; return null;
        }
    }

    /// <summary>What contradicts itself between options, in Slurm's words.</summary>
    private string? CheckTogether() =>
        Request.CpusPerGpu > 0 && CpusPerTask is not null ? "--cpus-per-task and --cpus-per-gpu are mutually exclusive"
        : Request.OneThreadPerTask && (Request.TasksPerCore > 0 || Request.ThreadsPerCore > 0)
            ? "Following options are mutually exclusive with --hint: --ntasks-per-core, --threads-per-core, -B"
        : Request.GpusPerTask is not null && Request.Gpus is null && Tasks is null && TasksPerNode is null
            ? "--gpus-per-task or --tres-per-task used without either --gpus or -n/--ntasks is not allowed"
        : Request.TasksPerGpu > 0 && Request.GpusPerTask is not null ? "--ntasks-per-gpu is mutually exclusive with --gpus-per-task"
        : Request.GpusPerSocket is not null && Request.SocketsPerNode == 0 ? "--gpus-per-socket option requires --sockets-per-node"
        : Request.TimeMinMs > 0 && TimeLimitMs is > 0 and var limit && Request.TimeMinMs > limit ? "--time-min is over --time"
        : null;

    private static string NotNumeric(string id, string value) => $"Invalid numeric value \"{Shorten(value)}\" for --{id}.";
}
