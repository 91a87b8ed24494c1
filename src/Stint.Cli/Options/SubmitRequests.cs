using Stint.Cli.Native;
using Stint.Protocol.Api;

namespace Stint.Cli.Options;

/// <summary>Options → the request of the API; what sbatch, srun and salloc have in common.</summary>
internal static class SubmitRequests
{
    public static SubmitRequest From(CommandContext context, LaunchOptions options, string jobName, string command)
    {
        string workDir = WorkDir(context, options);
        return options.Request with
        {
            Name = options.JobName ?? jobName,
            Partition = options.Partition,
            Account = options.Account,
            NodesMin = options.NodesMin ?? 1,
            NodesMax = options.NodesMax ?? 0,
            NodesAsked = options.NodesMin is not null,
            Tasks = options.Tasks,
            TasksPerNode = options.TasksPerNode,
            CpusPerTask = options.CpusPerTask ?? 1,
            MemoryPerNodeBytes = options.MemoryPerNodeBytes,
            MemoryPerCpuBytes = options.MemoryPerCpuBytes,
            TimeLimitMs = options.TimeLimitMs,
            BeginMs = options.BeginMs,
            Held = options.Held,
            Array = options.Array,
            Dependency = options.Dependency,
            Requeue = options.Requeue,
            Nice = options.Nice,
            WorkDir = workDir,
            StdOut = options.StdOut,
            StdErr = options.StdErr,
            StdIn = options.StdIn,
            AppendOutput = options.AppendOutput,
            Command = command,
            SubmitLine = SubmitLine(context),
            SubmitHost = Libc.HostName(),
            Comment = options.Comment,
            Exclusive = options.Exclusive,
            NodeList = options.NodeList,
            ExcludeList = options.Exclude,
            Signal = options.Signal,
            ClientToken = Guid.NewGuid().ToString("N"),
            Environment = JobEnvironment.Build(context, options, workDir),
            Umask = context.Umask,
            Rlimits = ResourceLimits.Select(options.Propagate, context.Limits),
            TestOnly = options.TestOnly,
        };
    }

    public static string WorkDir(CommandContext context, LaunchOptions options) =>
        options.Chdir is { } chdir ? Path.GetFullPath(chdir, context.WorkingDirectory) : context.WorkingDirectory;

    private const int MaxSubmitLine = 16 * 1024;

    private static string SubmitLine(CommandContext context)
    {
        string line = $"{context.Name} {string.Join(' ', context.Arguments)}".TrimEnd();
        return line.Length <= MaxSubmitLine ? line : line[..MaxSubmitLine];
    }
}
