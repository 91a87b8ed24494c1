using System.Text;
using Stint.Cli.Native;
using Stint.Cli.Options;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Srun;

/// <summary>srun's options → the first frame of a run.</summary>
internal static class SrunRequests
{
    public static (RunRequest? Request, string? Error) From(CommandContext context, LaunchLine line)
    {
        var options = line.Options;
        uint? job = options.JobId ?? CurrentJob(context);
        var arguments = new byte[line.Operands.Count][];
        for (int i = 0; i < arguments.Length; i++) arguments[i] = context.ArgumentBytes(line.Operands[i]);
        string name = options.JobName ?? Path.GetFileName(Encoding.UTF8.GetString(arguments[0]));
        var step = Step(context, options, insideJob: job is not null) with { Name = name, Arguments = arguments };
        if (job is not null)
        {
            string? refused = InsideJobOnly(options);
            return refused is null ? (new RunRequest { JobId = job, Step = step }, null) : (null, refused);
        }
        var submit = SubmitRequests.From(context, options, name, Encoding.UTF8.GetString(arguments[0])) with
        {
            IsBatch = false, StdIn = null, StdOut = null, StdErr = null, Environment = [],
        };
        return (new RunRequest { Submit = submit, Step = step }, null);
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

    private static uint? CurrentJob(CommandContext context) =>
        (context.Environment.TryGetValue("SLURM_JOB_ID", out string? text) || context.Environment.TryGetValue("SLURM_JOBID", out text))
        && JobIdSpec.TryParse(text, out var job, out _) && job!.Tasks is null && job.Step is null ? job.JobId : null;

    /// <summary>A step takes CPUs and tasks from its job; what it cannot have of its own is said, if it was asked for on the command line.</summary>
    private static string? InsideJobOnly(LaunchOptions options)
    {
        foreach (var option in options.Said)
            if (option.Id is "mem" or "mem-per-cpu" or "mem-per-gpu" or "nodelist" or "exclude" or "gres" or "gpus" or "gpus-per-node" or "gpus-per-task" or "gpus-per-socket" && option.Spelling.StartsWith('-'))
                return $"{option.Spelling} for a step inside a job is not supported yet by this version of Stint";
        return null;
    }
}
