using System.Globalization;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>What became of a step, and why in one sentence. Pure: from the machine's state, the exit record and the group's counters.</summary>
internal static class StepOutcome
{
    /// <summary>Slurm's exit code for a job that could not be started.</summary>
    const int LaunchFailedCode = 1;
    const int ERange = 34;

    public static StepExitedReport Judge(StepId id, StepState state, Measured? measured, Receipt? receipt, long nowMs)
    {
        var report = new StepExitedReport { Key = id.ToKey(), Started = state.Started, Measured = measured, Receipt = receipt, AtMs = state.Exit?.EndMs ?? nowMs };
        foreach (var task in state.Exit?.Tasks ?? [])
            if (task.Pid > 0)
                report.Tasks.Add(ToExit(task));
        if (measured is not null && state.Exit is not null)
            measured.MaxRssBytes = Math.Max(measured.MaxRssBytes, state.Exit.Tasks.Select(t => t.MaxRssKiB * 1024).DefaultIfEmpty().Max());
        var worst = report.Tasks.MaxBy(t => t.Signal > 0 ? 128 + t.Signal : t.ExitCode);
        (report.ExitCode, report.Signal) = (worst?.ExitCode ?? 0, worst?.Signal ?? 0);
        (report.Outcome, report.Cause) = Why(state, measured);
        if (report is { Outcome: Outcome.Exited, Cause: "" } && (report.ExitCode, report.Signal) != (0, 0))
            report.Cause = OwnLimit(report, measured, receipt);
        if (report.Outcome == Outcome.LaunchFailed)
            (report.ExitCode, report.Signal) = (LaunchFailedCode, 0);
        return report;
    }

    static (Outcome, string) Why(StepState state, Measured? measured)
    {
        if (state is { RefusedByProlog: true, End: null, Refused: { } prolog })
            return (Outcome.NodeFailure, prolog);
        if (state is { RefusedByNode: true, End: null, Refused: { } broken })
            return (Outcome.NodeFailure, broken);
        if (state.Refused is { } refused)
            return state.End is null ? (Outcome.LaunchFailed, refused) : (Outcome.Ended, refused);
        if (state.ShepherdLost || state.Exit is not { } exit)
            return (Outcome.NodeFailure, "node: the step's shepherd died; its processes were killed");
        if (exit.Flags.HasFlag(ExitFlags.NotStarted))
            return (Outcome.LaunchFailed, LaunchFailure(exit));
        if (exit.Flags.HasFlag(ExitFlags.OverLimit))
            return (Outcome.TimeLimit, "time: the wall time limit passed" + (exit.Flags.HasFlag(ExitFlags.Killed) ? "; processes left after the grace were killed" : ""));
        if (exit.Flags.HasFlag(ExitFlags.Ordered))
            return (Outcome.Ended, state.End is { Reason: EndReason.EndAdmin, Message.Length: > 0 } own ? own.Message : "ended by order");
        return measured is { OomKills: > 0 } ? (Outcome.OutOfMemory, OutOfMemory(measured)) : (Outcome.Exited, "");
    }

    /// <summary>A limit that the program met and died of; empty: its end is its own affair. A shell passes a signal on as 128 + its number.</summary>
    static string OwnLimit(StepExitedReport report, Measured? measured, Receipt? receipt)
    {
        const int CpuTime = 24, FileSize = 25;
        string? Allocated(string resource) => receipt?.Rows.FirstOrDefault(r => r.Resource == resource && r.Enforced)?.Allocated;
        var signal = report.Signal > 0 ? report.Signal : report.ExitCode - 128;
        if (signal == CpuTime && Allocated("cpu time") is { } time)
            return $"cpu time: the limit of {time} (RLIMIT_CPU) passed; submit from a shell with a higher one (ulimit -t), or with --propagate=NONE";
        if (signal == FileSize && Allocated("file size") is { } size)
            return $"file size: a file reached the limit of {size} (RLIMIT_FSIZE); submit from a shell with a higher one (ulimit -f), or with --propagate=NONE";
        if (measured is { PidsLimitHits: > 0 } && Allocated("pids") is { } pids)
            return $"pids: {measured.PidsLimitHits} fork{(measured.PidsLimitHits == 1 ? " was" : "s were")} refused at the limit of {pids} processes and threads; ask for more CPUs, or start fewer";
        return "";
    }

    static string OutOfMemory(Measured m)
    {
        var level = m.OomLevel.Length > 0 ? m.OomLevel : "job";
        var kills = $"{m.OomKills} process{(m.OomKills == 1 ? "" : "es")} killed by the kernel{Victims(m)}";
        // The user's level is all of his jobs here: whichever of them the kernel took, the cause is not in it.
        return level == "user"
            ? $"memory: limit {Size(m.MemoryLimitBytes)} of all jobs of this user on this node together (user group), peak {Size(m.PeakMemoryBytes)}; this job was under its own limit; {kills}; run fewer jobs at once, or ask your admin"
            : $"memory: limit {Size(m.MemoryLimitBytes)} ({level} group), peak {Size(m.PeakMemoryBytes)}, {kills}; ask for more with --mem";
    }

    /// <summary>Where the kernel's log says who it was; the last few of many.</summary>
    static string Victims(Measured m)
    {
        const int ShownMax = 4;
        if (m.OomVictims.Count == 0)
            return "";
        return $" ({string.Join("; ", m.OomVictims.Take(ShownMax))}{(m.OomVictims.Count > ShownMax ? "; …" : "")})";
    }

    static string LaunchFailure(ExitRecord exit)
    {
        var what = exit.Stage switch
        {
            "chdir" => "working directory",
            "stdin" => "input file",
            "stdout" => "output file",
            "stderr" => "error file",
            "cgroup" => "cgroup file",
            "affinity" when exit.Errno == ERange => $"the task's cpus: the kernel holds 0x{exit.Path}, not what was set, and",
            "affinity" => "the task's cpus",
            "mempolicy" => "the task's memory policy",
            _ => exit.Stage,
        };
        var reason = exit.Errno == Posix.ENXIO && exit.Stage is "stdout" or "stderr" ? "no process reads this FIFO" : Posix.Describe(exit.Errno);
        return exit.Path.Length > 0 ? $"{what} {exit.Path}: {reason}" : $"{what}: {reason}";
    }

    static TaskExit ToExit(TaskRecord task) => new()
    {
        Task = task.Id,
        ExitCode = task.ExitCode,
        Signal = task.Signal,
        CoreDumped = task.CoreDumped,
        Error = task.ExecErrno == 0 ? "" : "execve: " + Posix.Describe(task.ExecErrno),
    };

    internal static string Size(ulong bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return value.ToString(value < 10 && unit > 0 && value != Math.Floor(value) ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
