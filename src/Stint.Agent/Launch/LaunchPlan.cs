using System.Text;
using Stint.Agent.Binding;
using Stint.Agent.Gpus;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// From a signed spec to what the shepherd is told. Whatever is out of bounds is refused with a sentence: a spec is signed, but what is in it
/// came from a user.
/// </summary>
internal static class LaunchPlan
{
    const int PathBytesMax = 4095, StringsBytesMax = 8 << 20, ScriptBytesMax = 16 << 20;

    // getrlimit(2), asm-generic numbers; names as in Slurm's PropagateResourceLimits.
    static readonly Dictionary<string, uint> RlimitNumbers = new()
    {
        ["CPU"] = 0, ["FSIZE"] = 1, ["DATA"] = 2, ["STACK"] = 3, ["CORE"] = 4, ["RSS"] = 5, ["NPROC"] = 6, ["NOFILE"] = 7, ["MEMLOCK"] = 8, ["AS"] = 9,
    };

    /// <summary>Null when the spec can be launched, otherwise why not. No I/O.</summary>
    public static string? Refuse(LaunchSpec spec)
    {
        if (spec.Key is null || spec.Payload is null || spec.Limits is null)
            return "launch: the order is incomplete (key, payload or limits are missing)";
        if (spec.Uid == uint.MaxValue || spec.Gid == uint.MaxValue)
            return $"launch: uid {spec.Uid} and gid {spec.Gid} are not a user's";
        if (spec.TaskIds.Count is 0 or > ShepherdWire.TasksMax)
            return $"launch: {spec.TaskIds.Count} tasks on one node; at least 1 and at most {ShepherdWire.TasksMax} are possible";
        if (!spec.WorkDir.StartsWith('/') || spec.WorkDir.Contains('\0') || Encoding.UTF8.GetByteCount(spec.WorkDir) > PathBytesMax)
            return $"launch: the working directory must be an absolute path of at most {PathBytesMax} bytes";
        if (spec.Payload.Script.IsEmpty && (spec.Payload.Arguments.Count == 0 || spec.Payload.Arguments[0].IsEmpty))
            return "launch: there is neither a script nor a program";
        if (spec.Payload.Script.Length > ScriptBytesMax)
            return $"launch: the script has {spec.Payload.Script.Length} bytes; at most {ScriptBytesMax} are possible";
        if (spec.WallLimitMs < 0 || spec.GraceMs < 0 || spec.WarnBeforeMs < 0 || spec.WarnSignal is < 0 or > 64)
            return "launch: a time or a signal is negative or out of range";
        long bytes = 0;
        foreach (var text in spec.Payload.Arguments.Concat(spec.Payload.Environment))
        {
            bytes += text.Length + 1;
            if (text.Span.Contains((byte)0))
                return "launch: an argument or an environment variable contains a NUL byte";
        }
        if (bytes > StringsBytesMax)
            return $"launch: arguments and environment take {bytes} bytes; at most {StringsBytesMax} are possible";
        return spec.Environment.Any(e => e.Contains('\0')) ? "launch: an environment variable contains a NUL byte" : RefusePaths(spec);
    }

    static string? RefusePaths(LaunchSpec spec)
    {
        foreach (var pattern in (ReadOnlySpan<string>)[spec.StdOut, spec.StdErr, spec.StdIn])
            foreach (var task in pattern.Length == 0 ? [] : spec.TaskIds.Take(1))
            {
                var path = FilenamePattern.Expand(pattern, spec, task);
                if (path.Contains('\0') || Encoding.UTF8.GetByteCount(path) > PathBytesMax)
                    return $"launch: a path for output or input has more than {PathBytesMax} bytes or contains a NUL byte";
            }
        return null;
    }

    /// <param name="limitMs">Wall time left for the step; 0: unlimited.</param>
    /// <param name="scratch">The job's own folder on this node.</param>
    public static ShepherdRequest Make(LaunchSpec spec, UserAccount account, string scriptPath, IReadOnlyList<string> procsFiles, long limitMs,
        IReadOnlyList<VisibleValue>? devices = null, StepBinding? binding = null, string? scratch = null)
    {
        var id = StepId.Of(spec.Key);
        List<byte[]> arguments = spec.Payload.Script.IsEmpty ? [] : [Encoding.UTF8.GetBytes(scriptPath)];
        arguments.AddRange(spec.Payload.Arguments.Select(a => a.ToByteArray()));
        // Without B: the warning is for the job's steps and not for the batch shell; with it, for the batch shell alone (sbatch(1), --signal).
        var warned = spec.WarnSignal > 0 && id.IsBatch == spec.WarnBatchOnly;
        return new ShepherdRequest
        {
            Uid = spec.Uid,
            Gid = spec.Gid,
            Groups = account.Groups,
            Umask = spec.Payload.Umask & 0x1FF,
            Append = spec.AppendOutput,
            LimitMs = (ulong)limitMs,
            GraceMs = (ulong)spec.GraceMs,
            WarnBeforeMs = (ulong)spec.WarnBeforeMs,
            WarnSignal = warned ? (uint)spec.WarnSignal : 0,
            WarnScope = spec.WarnBatchOnly ? SignalScope.FirstTask : SignalScope.Group,
            Rows = spec.PtyRows,
            Columns = spec.PtyColumns,
            WorkDir = spec.WorkDir,
            ExecErrorPrefix = id.IsBatch ? "slurmstepd: error: execve(): " : $"slurmstepd-{spec.Node}: error: execve(): ",
            LimitLineHead = StepMessages.CancelledHead(id, spec.Node),
            LimitLineTail = " DUE TO TIME LIMIT ***\n",
            Rlimits = [.. spec.Payload.Rlimits.Where(r => RlimitNumbers.ContainsKey(r.Name)).Select(r => (RlimitNumbers[r.Name], r.Soft))],
            ProcsFiles = procsFiles,
            Arguments = arguments,
            Environment = StepEnvironment.ForStep(spec, account, devices, binding, scratch),
            Tasks = Tasks(spec, binding),
        };
    }

    static List<TaskPlan> Tasks(LaunchSpec spec, StepBinding? binding)
    {
        var tasks = new List<TaskPlan>(spec.TaskIds.Count);
        var opened = new Dictionary<string, uint>();
        for (var i = 0; i < spec.TaskIds.Count; i++)
        {
            var id = spec.TaskIds[i];
            StreamPlan input, output, error;
            if (spec.Io == IoMode.IoPty && i == 0)
                (input, output, error) = (new(StreamKind.Terminal), new(StreamKind.Same, 0), new(StreamKind.Same, 0));
            else
            {
                var pipes = spec.Io != IoMode.IoFiles;
                input = spec.StdIn.Length > 0 ? new(StreamKind.File, Path: FilenamePattern.Expand(spec.StdIn, spec, id))
                    : new(pipes && spec.Io == IoMode.IoPipes ? StreamKind.Pipe : StreamKind.Null);
                output = Output(spec.StdOut.Length > 0 || pipes ? spec.StdOut : DefaultOutput(spec), id, i * 3 + 1);
                error = Output(spec.StdErr.Length > 0 ? spec.StdErr : spec.StdOut, id, i * 3 + 2);
                if (spec.StdErr.Length == 0 && !pipes)
                    error = new(StreamKind.Same, (uint)(i * 3 + 1));
            }
            tasks.Add(new TaskPlan(id, input, output, error, StepEnvironment.ForTask(id, i, binding?.Environments[i])) { Bounds = binding?.Bounds[i] ?? TaskBounds.None });
        }
        return tasks;

        // One file is opened once, whoever writes to it: two descriptors with positions of their own would overwrite each other.
        StreamPlan Output(string pattern, uint task, int stream)
        {
            if (pattern.Length == 0)
                return new(StreamKind.Pipe);
            var path = FilenamePattern.Expand(pattern, spec, task);
            return opened.TryAdd(path, (uint)stream) ? new(StreamKind.File, Path: path) : new(StreamKind.Same, opened[path]);
        }
    }

    static string DefaultOutput(LaunchSpec spec) => !StepId.Of(spec.Key).IsBatch ? "/dev/null" : spec.HasArrayTask ? "slurm-%A_%a.out" : "slurm-%j.out";
}
