using System.Text;
using Stint.Cli.Native;
using Stint.Cli.Options;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Srun;

/// <summary>srun's options → the first frame of a run.</summary>
internal static class SrunRequests
{
    /// <param name="Warning">To be said; the run goes on.</param>
    public readonly record struct Made(RunRequest? Request, string? Error, string? Warning = null);

    public static Made From(CommandContext context, LaunchLine line)
    {
        var options = line.Options;
        uint? job = options.JobId ?? CurrentJob(context);
        var arguments = new byte[line.Operands.Count][];
        for (int i = 0; i < arguments.Length; i++) arguments[i] = context.ArgumentBytes(line.Operands[i]);
        // SLURM_JOB_NAME is the job's, not its steps' (srun(1)).
        string name = (job is null || options.IsTyped("job-name") ? options.JobName : null) ?? Path.GetFileName(Encoding.UTF8.GetString(arguments[0]));
        var step = Layout(options, Step(context, options, insideJob: job is not null) with { Name = name, Arguments = arguments });
        if (job is not null) return InsideJob(options, new RunRequest { JobId = job, Step = step });
        if (options.Relative is not null) return new(null, "--relative is for a step inside a job");
        var submit = SubmitRequests.From(context, options, name, Encoding.UTF8.GetString(arguments[0])) with
        {
            IsBatch = false, StdIn = null, StdOut = null, StdErr = null, Environment = [],
        };
        return new(new RunRequest { Submit = submit, Step = step }, null);
    }

    private static StepRequest Step(CommandContext context, LaunchOptions options, bool insideJob)
    {
        string workDir = SubmitRequests.WorkDir(context, options);
        var size = options.Pty ? Terminal.Size() : default;
        return new StepRequest
        {
            Tasks = options.Tasks,
            Nodes = options.NodesMin,
            CpusPerTask = options.CpusPerTask,
            Environment = JobEnvironment.Build(context, options, workDir, insideJob),
            WorkDir = workDir,
            StdOut = options.StdOut,
            StdErr = options.StdErr,
            StdIn = options.StdIn,
            AppendOutput = options.AppendOutput,
            Pty = options.Pty,
            PtyRows = size.Rows,
            PtyColumns = size.Columns,
            Overlap = options.Overlap,
            Umask = context.Umask,
            Rlimits = ResourceLimits.Select(options.Propagate, context.Limits),
        };
    }

    /// <summary>How tasks lie on their CPUs, as the options settle it together.</summary>
    private static StepRequest Layout(LaunchOptions options, StepRequest step)
    {
        var asked = options.Request;
        _ = CpuBind.TryParse(options.CpuBind ?? "", out var bind, out _);
        uint threads = asked.ThreadsPerCore;
        bind = bind.Settled(options.Hint, asked.TasksPerCore, asked.TasksPerSocket, ref threads);
        return step with
        {
            CpuBind = bind.ToString(), MemBind = options.MemBind, GpuBind = asked.GpuBind, Distribution = asked.Distribution,
            ThreadsPerCore = threads, TasksPerCore = asked.TasksPerCore, TasksPerSocket = asked.TasksPerSocket,
        };
    }

    /// <summary>
    /// What the step takes of its job. Amounts of memory and devices count only when they were typed: variables repeat what the job asked for, and that is
    /// what a step has without a word.
    /// </summary>
    private static Made InsideJob(LaunchOptions options, RunRequest request)
    {
        var (asked, step, warning) = (options.Request, request.Step, (string?)null);
        string? Typed(string id, string? value) => options.IsTyped(id) ? value : null;
        if (options.IsTyped("mem-per-gpu")) return new(null, "--mem-per-gpu for a step inside a job is not supported yet by this version of Stint");
        if (options.Relative is not null && options.NodeList is not null) return new(null, "-r and -w are incompatible");
        if (!options.IsTyped("nodes") && step.Nodes is { } nodes && (options.IsTyped("exclude") || options.Relative is not null)) step = step with { Nodes = Math.Max(1, nodes - 1) };
        if (options.IsTyped("ntasks") && step is { Tasks: { } tasks, Nodes: { } many } && tasks < many)
        {
            warning = $"can't run {tasks} processes on {many} nodes, setting nnodes to {tasks}";
            step = step with { Nodes = tasks };
        }
        step = step with
        {
            Exact = options.Exact || options.IsTyped("cpus-per-task") || options.IsTyped("exclusive"), Overcommit = options.Overcommit,
            NodeList = options.IsTyped("nodelist") ? options.NodeList : null, ExcludeList = options.IsTyped("exclude") ? options.Exclude : null, Relative = options.Relative,
            TasksPerNode = options.IsTyped("ntasks-per-node") ? options.TasksPerNode : null,
            MemoryPerNodeBytes = options.IsTyped("mem") ? options.MemoryPerNodeBytes : null, MemoryPerCpuBytes = options.IsTyped("mem-per-cpu") ? options.MemoryPerCpuBytes : null,
            Gres = Typed("gres", asked.Gres), Gpus = Typed("gpus", asked.Gpus), GpusPerNode = Typed("gpus-per-node", asked.GpusPerNode),
            GpusPerTask = Typed("gpus-per-task", asked.GpusPerTask) ?? (options.IsTyped("tres-per-task") ? asked.GpusPerTask : null), GpusPerSocket = Typed("gpus-per-socket", asked.GpusPerSocket),
            TimeLimitMs = options.IsTyped("time") ? options.TimeLimitMs ?? 0 : 0,
        };
        return new(request with { Step = step }, null, warning);
    }

    private static uint? CurrentJob(CommandContext context) =>
        (context.Environment.TryGetValue("SLURM_JOB_ID", out string? text) || context.Environment.TryGetValue("SLURM_JOBID", out text))
        && JobIdSpec.TryParse(text, out var job, out _) && job!.Tasks is null && job.Step is null ? job.JobId : null;
}
