using System.Globalization;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Options;

// One setter per family of options; each says through `known` whether the option is one of its own.
public sealed partial class LaunchOptions
{
    private string? SetResource(string id, string? value, OptionSource source, out bool known)
    {
        known = true;
        uint count = 0;
        switch (id)
        {
            case "nodes": return SetNodes(value!);
            case "ntasks" or "ntasks-per-node" or "cpus-per-task":
                if (!Count(value!, out count)) return $"Invalid numeric value \"{Shorten(value!)}\" for --{id}.";
                if (id == "ntasks") Tasks = count;
                else if (id == "ntasks-per-node") TasksPerNode = count;
                else CpusPerTask = count;
                return null;
            case "mem" or "mem-per-cpu" or "mem-per-gpu": return SetMemory(id, value!, source);
            case "time":
                if (!SlurmDuration.TryParseLimit(value!, out long limitMs, out _)) return Invalid(id);
                TimeLimitMs = limitMs;
                return null;
            case "partition": Partition = value; return null;
            case "nodelist" or "exclude":
                if (!Hostlist.TryExpand(value!, out _, out string error)) return $"{error}";
                if (id == "nodelist") NodeList = value;
                else Exclude = value;
                return null;
            case "exclusive":
                if (value is "mcs") return $"--exclusive={value} is not supported yet by this version of Stint";
                if (value is not (null or "" or "exclusive" or "user" or "topo")) return Invalid(id);
                Exclusive = value is not ("user" or "topo");
                Request = Request with { Sharing = Exclusive ? null : value };
                return null;
            case "oversubscribe":
                Exclusive = false;
                Request = Request with { Sharing = "oversubscribe" };
                return null;
            default: known = false; return null;
        }
    }

    private string? SetJob(string id, string? value, out bool known)
    {
        known = true;
        switch (id)
        {
            case "job-name": JobName = value; return null;
            case "account": Account = value; return null;
            case "comment": Comment = value!; return null;
            case "hold": Held = true; return null;
            case "requeue" when value is null or "": Requeue = true; return null;
            case "no-requeue": Requeue = false; return null;
            case "wait" when Command == LaunchCommand.Sbatch: Wait = true; return null;
            case "wrap": Wrap = value; return null;
            case "parsable": Parsable = true; return null;
            case "test-only": TestOnly = true; return null;
            case "quiet": Quiet = true; return null;
            case "verbose": Verbose += value is { Length: > 0 } && int.TryParse(value, out int level) ? level : 1; return null;
            case "begin":
                if (!SlurmDate.TryParse(value!, now, zone, past: false, out var begin, out string when)) return when.Length > 0 ? $"{when}\n{Invalid(id)}" : Invalid(id);
                BeginMs = begin.ToUnixTimeMilliseconds();
                return null;
            case "array":
                if (!ArraySpec.TryParse(value!, ArraySpec.MaxIndex, out _, out string arrayError)) return Refused("Invalid job array specification", arrayError);
                Array = value;
                return null;
            case "dependency":
                if (value!.Length == 0) { Dependency = null; return null; }
                if (!DependencySpec.TryParse(value, out _, out string dependencyError)) return Refused("Job dependency problem", dependencyError);
                Dependency = value;
                return null;
            case "signal":
                if (!SignalSpec.TryParse(value!, out _, out _)) return Invalid(id);
                Signal = value;
                return null;
            case "nice":
                int nice = 100;
                if (value is { Length: > 0 } && (!int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out nice) || nice is < -2147483645 or > 2147483645))
                    return $"Invalid --nice value, out of range (+/- 2147483645): {Shorten(value)}";
                Nice = nice;
                return null;
            default: known = false; return null;
        }
    }

    private string? SetFile(string id, string value, out bool known)
    {
        known = true;
        switch (id)
        {
            case "output" or "error" or "input":
                if (!OutputPattern.TryValidate(value, out string error)) return $"{Invalid(id)}: {error}";
                if (Command == LaunchCommand.Srun) return SetTaskFile(id, value);
                if (id == "output") StdOut = value;
                else if (id == "error") StdErr = value;
                else StdIn = value;
                return null;
            case "chdir":
                if (!OutputPattern.TryValidate(value, out error)) return $"{Invalid(id)}: {error}";
                Chdir = value;
                return null;
            case "open-mode":
                if (value is not ("append" or "a" or "truncate" or "t")) return Invalid(id);
                AppendOutput = value[0] == 'a';
                return null;
            case "export": Export = value; return null;
            case "propagate":
                Propagate = value.Length == 0 ? "ALL" : value.ToUpperInvariant();
                return Native.ResourceLimits.Unknown(Propagate) is { } unknown ? $"Bad rlimit name: {Shorten(unknown)}\n--propagate={Shorten(value)} is not valid." : null;
            default: known = false; return null;
        }
    }

    /// <summary>srun: <c>all</c> is the terminal's stream (the default), <c>none</c> is /dev/null, a number would mean one task only.</summary>
    private string? SetTaskFile(string id, string value)
    {
        if (uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return $"--{id}={value} (one task only) is not supported yet by this version of Stint";
        string? file = value == "all" ? null : value == "none" ? "/dev/null" : value;
        if (id == "output") StdOut = file;
        else if (id == "error") StdErr = file;
        else StdIn = file;
        return null;
    }

    private string? SetStep(string id, string? value, out bool known)
    {
        known = true;
        switch (id)
        {
            case "label": Label = true; return null;
            case "unbuffered": Unbuffered = true; return null;
            case "pty" when value is null or "": Pty = true; return null;
            case "overlap" when value is null or "": Overlap = true; return null;
            case "exact": Exact = true; return null;
            case "whole": return null;
            case "no-shell": NoShell = true; return null;
            case "wait-all-nodes" when value is "0" or "1": return null;
            case "kill-command" when Command == LaunchCommand.Salloc:
                int signal = 15;
                if (value is { Length: > 0 } && !SignalName.TryParse(value, out signal)) return Invalid(id);
                KillCommand = signal;
                return null;
            case "overcommit" when Command == LaunchCommand.Srun: Overcommit = true; return null;
            case "relative":
                if (!uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint relative)) return NotNumeric(id, value!);
                Relative = relative;
                return null;
            case "cpu-bind":
                if (!Stint.Protocol.Slurm.CpuBind.TryParse(value!, out _, out string bindError)) return bindError;
                CpuBind = value;
                return null;
            case "mem-bind" when Command == LaunchCommand.Srun:
                if (!Stint.Protocol.Slurm.MemBind.TryParse(value!, out _, out string memError)) return memError;
                MemBind = value;
                return null;
            case "disable-status": DisableStatus = true; return null;
            case "quit-on-interrupt": QuitOnInterrupt = true; return null;
            case "bell" or "no-bell": return null;
            case "het-group":
                if (!HetGroupList(value!, out var groups)) return Invalid(id);
                HetGroups = groups;
                return null;
            case "immediate":
                // srun(1): without a number, one second.
                int seconds = 1;
                if (value is { Length: > 0 } && (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds < 1)) return Invalid(id);
                ImmediateSeconds = seconds;
                return null;
            case "jobid":
                if (!JobIdSpec.TryParse(value!, out var job, out _) || job!.Tasks is not null || job.Step is not null) return Invalid(id);
                JobId = job.JobId;
                return null;
            case "mpi" when value is "none": return null;
            default: known = false; return null;
        }
    }

    /// <summary><c>0,2-3</c>, as a set.</summary>
    private static bool HetGroupList(string text, out IReadOnlyList<int> groups)
    {
        const int most = 128;
        var all = new SortedSet<int>();
        groups = [];
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first) || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                || last < first || last >= most) return false;
            for (int group = first; group <= last; group++) all.Add(group);
        }
        groups = [.. all];
        return true;
    }

    private static readonly string[] MailTypes =
    [
        "NONE", "BEGIN", "END", "FAIL", "REQUEUE", "ALL", "INVALID_DEPEND", "STAGE_OUT", "TIME_LIMIT", "TIME_LIMIT_90", "TIME_LIMIT_80", "TIME_LIMIT_50", "ARRAY_TASKS",
    ];

    private string? SetWithoutEffect(GivenOption option, out bool known)
    {
        known = option.Id is "mail-type" or "mail-user" or "ignore-pbs";
        if (option.Id is "mail-type" or "mail-user" && option.Value?.ToUpperInvariant() != "NONE") Notes.Add($"{option.Spelling} has no effect: this version of Stint sends no mail");
        if (option.Id == "mail-type")
        {
            if (System.Array.Find(option.Value!.Split(','), v => System.Array.IndexOf(MailTypes, v.ToUpperInvariant()) < 0) is not null) return Invalid(option.Id);
            Request = Request with { MailType = option.Value.ToUpperInvariant() };
        }
        if (option.Id == "mail-user") Request = Request with { MailUser = option.Value };
        return null;
    }

    private static string Shorten(string value) => value.Length <= 64 ? value : value[..64];
}
