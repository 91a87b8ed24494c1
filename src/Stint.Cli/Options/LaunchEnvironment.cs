namespace Stint.Cli.Options;

/// <summary>Options that environment variables set: <c>SBATCH_PARTITION</c> is <c>--partition</c> of sbatch, <c>SLURM_NTASKS</c> is <c>--ntasks</c> of srun.</summary>
internal static class LaunchEnvironment
{
    /// <summary>Without value: the variable alone is enough (its value is not the option's).</summary>
    private readonly record struct Variable(string Name, string Option, bool Flag = false);

    private static readonly Variable[] Shared =
    [
        new("ACCOUNT", "account"), new("ACCTG_FREQ", "acctg-freq"), new("ARRAY_INX", "array"), new("BATCH", "batch"), new("CLUSTERS", "clusters"),
        new("CONSTRAINT", "constraint"), new("CONTAINER", "container"), new("CORE_SPEC", "core-spec"), new("CPUS_PER_GPU", "cpus-per-gpu"),
        new("DEBUG", "verbose"), new("DELAY_BOOT", "delay-boot"), new("DISTRIBUTION", "distribution"), new("ERROR", "error"), new("EXCLUSIVE", "exclusive"),
        new("EXPORT", "export"), new("GET_USER_ENV", "get-user-env", true), new("GPUS", "gpus"), new("GPUS_PER_NODE", "gpus-per-node"),
        new("GPUS_PER_TASK", "gpus-per-task"), new("GPU_BIND", "gpu-bind"), new("GPU_FREQ", "gpu-freq"), new("GRES", "gres"), new("GRES_FLAGS", "gres-flags"),
        new("HINT", "hint"), new("IGNORE_PBS", "ignore-pbs", true), new("INPUT", "input"), new("JOB_NAME", "job-name"), new("MEM_BIND", "mem-bind"),
        new("MEM_PER_CPU", "mem-per-cpu"), new("MEM_PER_GPU", "mem-per-gpu"), new("MEM_PER_NODE", "mem"), new("NETWORK", "network"), new("NO_KILL", "no-kill", true),
        new("NO_REQUEUE", "no-requeue", true), new("OPEN_MODE", "open-mode"), new("OUTPUT", "output"), new("OVERCOMMIT", "overcommit", true), new("PARTITION", "partition"),
        new("PROFILE", "profile"), new("QOS", "qos"), new("REQUEUE", "requeue", true), new("RESERVATION", "reservation"), new("SIGNAL", "signal"),
        new("SPREAD_JOB", "spread-job", true), new("THREADS_PER_CORE", "threads-per-core"), new("THREAD_SPEC", "thread-spec"), new("TIMELIMIT", "time"),
        new("TRES_PER_TASK", "tres-per-task"), new("USE_MIN_NODES", "use-min-nodes", true), new("REQ_SWITCH", "switches"), new("SEGMENT_SIZE", "segment"), new("WAIT", "wait", true), new("WAIT_ALL_NODES", "wait-all-nodes"), new("WCKEY", "wckey"),
    ];

    private static readonly Variable[] Srun =
    [
        new("SLURM_ACCOUNT", "account"), new("SLURM_CONSTRAINT", "constraint"), new("SLURM_CPUS_PER_TASK", "cpus-per-task"), new("SLURM_DEBUG", "verbose"),
        new("SLURM_DEPENDENCY", "dependency"), new("SLURM_DISABLE_STATUS", "disable-status", true), new("SLURM_EXCLUSIVE", "exclusive", true),
        new("SLURM_EXPORT_ENV", "export"), new("SRUN_EXPORT_ENV", "export"), new("SLURM_JOB_NAME", "job-name"), new("SLURM_LABELIO", "label", true),
        new("SLURM_MEM_PER_CPU", "mem-per-cpu"), new("SLURM_MEM_PER_NODE", "mem"), new("SLURM_JOB_NUM_NODES", "nodes"), new("SLURM_NNODES", "nodes"),
        new("SLURM_NPROCS", "ntasks"), new("SLURM_NTASKS", "ntasks"), new("SLURM_NTASKS_PER_NODE", "ntasks-per-node"), new("SLURM_OPEN_MODE", "open-mode"),
        new("SLURM_OVERLAP", "overlap", true), new("SLURM_PARTITION", "partition"), new("SLURM_SIGNAL", "signal"), new("SLURM_TIMELIMIT", "time"),
        new("SLURM_CORE_SPEC", "core-spec"), new("SLURM_CPUS_PER_GPU", "cpus-per-gpu"), new("SLURM_DISTRIBUTION", "distribution"), new("SLURM_GPUS", "gpus"),
        new("SLURM_GPUS_PER_NODE", "gpus-per-node"), new("SLURM_GPUS_PER_SOCKET", "gpus-per-socket"), new("SLURM_GPUS_PER_TASK", "gpus-per-task"),
        new("SLURM_GPU_BIND", "gpu-bind"), new("SLURM_GRES", "gres"), new("SLURM_GRES_FLAGS", "gres-flags"), new("SLURM_HINT", "hint"),
        new("SLURM_MEM_PER_GPU", "mem-per-gpu"), new("SLURM_NO_KILL", "no-kill", true), new("SLURM_NTASKS_PER_CORE", "ntasks-per-core"),
        new("SLURM_NTASKS_PER_GPU", "ntasks-per-gpu"), new("SLURM_NTASKS_PER_SOCKET", "ntasks-per-socket"), new("SLURM_QOS", "qos"), new("SLURM_REQ_SWITCH", "switches"),
        new("SLURM_RESERVATION", "reservation"), new("SLURM_SPREAD_JOB", "spread-job", true), new("SRUN_SEGMENT_SIZE", "segment"), new("SLURM_THREAD_SPEC", "thread-spec"),
        new("SLURM_THREADS_PER_CORE", "threads-per-core"), new("SLURM_TRES_PER_TASK", "tres-per-task"), new("SLURM_USE_MIN_NODES", "use-min-nodes", true), new("SLURM_WCKEY", "wckey"),
        new("SLURM_UNBUFFEREDIO", "unbuffered", true), new("SLURM_WORKING_DIR", "chdir"), new("SLURM_CPU_BIND", "cpu-bind"), new("SLURM_MEM_BIND", "mem-bind"), new("SLURM_EXACT", "exact", true),
        new("SLURM_OVERCOMMIT", "overcommit", true), new("SRUN_ERROR", "error"), new("SRUN_INPUT", "input"), new("SRUN_OUTPUT", "output"),
    ];

    /// <summary>The options that the environment says, in the order of the table. Spelling is the variable's name.</summary>
    public static List<GivenOption> Read(LaunchCommand command, List<OptionSpec> table, IReadOnlyDictionary<string, string> environment)
    {
        var given = new List<GivenOption>();
        string prefix = command switch { LaunchCommand.Sbatch => "SBATCH_", LaunchCommand.Salloc => "SALLOC_", _ => "" };
        foreach (var variable in command == LaunchCommand.Srun ? Srun : Shared)
        {
            if (!environment.TryGetValue(prefix + variable.Name, out string? value)) continue;
            var spec = table.Find(s => s.Name == variable.Option);
            if (spec is null || value.Length == 0 && spec.Argument == OptionArgument.Required) continue;
            // How a plane is said in a step's environment (srun(1), SLURM_DIST_PLANESIZE).
            if (variable.Option == "distribution" && value == "plane") value = environment.TryGetValue("SLURM_DIST_PLANESIZE", out string? size) ? $"plane={size}" : "block";
            bool flag = variable.Flag || spec.Argument == OptionArgument.None && variable.Option != "verbose";
            given.Add(new GivenOption(spec, flag ? null : value, prefix + variable.Name));
        }
        return given;
    }
}
