using Google.Protobuf;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Auth;
using Stint.Server.Configuration;

namespace Stint.Server.Features.Jobs;

/// <summary>
/// A request as typed → what the core decides about: texts checked and parsed, the cluster's defaults filled in, the identity put in.
/// Uid, gid and names come from the connection; nothing in the request can say them.
/// </summary>
/// <param name="noRoom">Why nothing new can be kept; null: it can.</param>
internal sealed class Submission(ServerConfig config, Users users, Func<Refusal?>? noRoom = null)
{
    public const int ScriptMaxBytes = 4 << 20, PayloadMaxBytes = 8 << 20;
    private const int NameMax = 1_024, PathMax = 4_000, LineMax = 65_536, RlimitsMax = 64;
    private const long YearsMs = 10L * 366 * 86_400_000;

    public (JobSpec? Spec, LaunchPayload? Payload, Refusal? Refusal) Map(SubmitRequest request, Caller.Local caller)
    {
        if (noRoom?.Invoke() is { } full) return (null, null, full);
        if ((CheckTexts(request) ?? CheckNumbers(request) ?? ResourceRequest.CheckTexts(request) ?? ResourceRequest.CheckNumbers(request)) is { } error) return (null, null, Invalid(error));
        var (payload, payloadError) = Payload(request.Script, request.Arguments, request.Environment, request.Umask, request.Rlimits);
        if (payload is null) return (null, null, payloadError);
        if (request.IsBatch && request.Script.Length == 0 && request.Arguments.Length == 0)
            return (null, null, Invalid("a batch job needs a script or a command"));
        var (partitions, unknown) = PolicyRequest.Partitions(request.Partition);
        if (unknown is not null) return (null, null, unknown);
        var spec = Fill(request, caller, partitions);
        var refusal = Parsed(spec, request) ?? ResourceRequest.Fill(spec, request) ?? PolicyRequest.Fill(spec, request, caller, users);
        return refusal is not null ? (null, null, refusal) : (spec, payload, null);
    }

    /// <summary>Script, arguments and environment within Slurm's limits; also for steps.</summary>
    public static (LaunchPayload? Payload, Refusal? Refusal) Payload(byte[] script, byte[][] arguments, byte[] environment, uint umask, Dictionary<string, ulong>? rlimits)
    {
        if (script.Length > ScriptMaxBytes) return (null, TooLarge($"the script has {script.Length} bytes, more than the {ScriptMaxBytes} allowed"));
        long rest = environment.Length;
        foreach (var argument in arguments)
        {
            if (argument is null) return (null, Invalid("an argument is null"));
            if (argument.AsSpan().Contains((byte)0)) return (null, Invalid("an argument holds a NUL byte"));
            rest += argument.Length + 1;
        }
        if (rest > PayloadMaxBytes) return (null, TooLarge($"arguments and environment have {rest} bytes, more than the {PayloadMaxBytes} allowed"));
        if (script.AsSpan().Contains((byte)0)) return (null, Invalid("the script holds a NUL byte"));
        if (umask > 0x1FF) return (null, Invalid($"umask is {umask}; it can be 0 to {0x1FF} (octal 777)"));
        if (rlimits?.Count > RlimitsMax) return (null, Invalid($"there are {rlimits.Count} rlimits, more than {RlimitsMax}"));
        var payload = new LaunchPayload { Script = UnsafeByteOperations.UnsafeWrap(script), Umask = umask };
        foreach (var argument in arguments) payload.Arguments.Add(UnsafeByteOperations.UnsafeWrap(argument));
        foreach (var range in SplitNul(environment)) payload.Environment.Add(UnsafeByteOperations.UnsafeWrap(environment.AsMemory(range)));
        foreach (var (name, soft) in rlimits ?? [])
        {
            if (TextRules.Error("an rlimit's name", name, 32) is { } error) return (null, Invalid(error));
            payload.Rlimits.Add(new Rlimit { Name = name, Soft = soft });
        }
        return (payload, null);
    }

    private static IEnumerable<Range> SplitNul(byte[] text)
    {
        for (var from = 0; from < text.Length;)
        {
            var length = text.AsSpan(from).IndexOf((byte)0);
            var to = length < 0 ? text.Length : from + length;
            // A variable without a name would hide the next one in some shells.
            if (to > from && text.AsSpan(from, to - from).IndexOf((byte)'=') > 0) yield return from..to;
            from = to + 1;
        }
    }

    private static string? CheckTexts(SubmitRequest request) =>
        TextRules.Error("the job name", request.Name, NameMax)
        ?? TextRules.Error("the partition", request.Partition, NameMax)
        ?? TextRules.Error("the account", request.Account, NameMax)
        ?? TextRules.Error("the comment", request.Comment, NameMax)
        ?? TextRules.Error("the client token", request.ClientToken, 128)
        ?? TextRules.Error("the submit host", request.SubmitHost, 256)
        ?? TextRules.Error("the command", request.Command, PathMax)
        ?? TextRules.Error("the work directory", request.WorkDir, PathMax)
        ?? (request.WorkDir.StartsWith('/') ? null : "the work directory must be an absolute path")
        ?? TextRules.Error("the output file", request.StdOut, PathMax)
        ?? TextRules.Error("the error file", request.StdErr, PathMax)
        ?? TextRules.Error("the input file", request.StdIn, PathMax)
        ?? TextRules.Error("the node list", request.NodeList, LineMax)
        ?? TextRules.Error("the list of excluded nodes", request.ExcludeList, LineMax)
        ?? TextRules.Error("the array", request.Array, LineMax)
        ?? TextRules.Error("the dependency", request.Dependency, LineMax)
        ?? TextRules.Error("the signal", request.Signal, 64);

    private static string? CheckNumbers(SubmitRequest request)
    {
        if (request.NodesMin is 0 or > 100_000) return $"the number of nodes is {request.NodesMin}; it can be 1 to 100000";
        if (request.NodesMax > 100_000 || (request.NodesMax > 0 && request.NodesMax < request.NodesMin)) return $"the largest number of nodes is {request.NodesMax}; it can be {request.NodesMin} to 100000";
        if (request.Tasks is 0 or > 10_000_000) return $"the number of tasks is {request.Tasks}; it can be 1 to 10000000";
        if (request.TasksPerNode > 65_535) return $"tasks per node is {request.TasksPerNode}; it can be up to 65535";
        if (request.CpusPerTask is 0 or > 65_535) return $"CPUs per task is {request.CpusPerTask}; it can be 1 to 65535";
        if (request.MemoryPerNodeBytes is { } node && node > 1UL << 50) return $"memory per node is {node} bytes; it can be up to 1 PiB";
        if (request.MemoryPerCpuBytes is { } cpu && (cpu == 0 || cpu > 1UL << 50)) return $"memory per CPU is {cpu} bytes; it can be 1 byte to 1 PiB";
        if (request is { MemoryPerNodeBytes: not null, MemoryPerCpuBytes: not null }) return "memory per node and memory per CPU exclude each other";
        if (request.TimeLimitMs is < 0 or > YearsMs) return $"the time limit is {request.TimeLimitMs} ms; it can be 0 to ten years";
        if (request.BeginMs is < 0 or > 253_402_300_799_000) return $"the begin time {request.BeginMs} is no time";
        if (request.Nice is < -2_147_483_645 or > 2_147_483_645) return $"nice is {request.Nice}; it can be ±2147483645";
        return null;
    }

    private JobSpec Fill(SubmitRequest request, Caller.Local caller, string partitions)
    {
        var perNode = request.TasksPerNode ?? 0;
        var spec = new JobSpec
        {
            Name = request.Name.Length > 0 ? request.Name : request.Command.Length > 0 ? Path.GetFileName(request.Command) : request.IsBatch ? "sbatch" : "interactive",
            Uid = caller.Peer.Uid, Gid = caller.Peer.Gid, User = caller.User, Group = users.Group(caller.Peer.Gid),
            Account = request.Account ?? "", Partition = partitions, NodesMin = request.NodesMin, NodesMax = request.NodesMax,
            Tasks = request.Tasks ?? (perNode > 0 ? perNode * request.NodesMin : request.NodesMin), TasksPerNode = perNode, CpusPerTask = request.CpusPerTask,
            // The core's own words: 0 is the partition's default, negative is unlimited.
            TimeLimitMs = request.TimeLimitMs switch { null => 0, 0 => -1, var limit => limit.Value },
            BeginMs = request.BeginMs, Held = request.Held, IsBatch = request.IsBatch, Requeue = request.Requeue ?? (config.RequeueByDefault && request.IsBatch),
            Nice = request.Nice, WorkDir = request.WorkDir, StdOut = request.StdOut ?? "", StdErr = request.StdErr ?? "", StdIn = request.StdIn ?? "",
            AppendOutput = request.AppendOutput, Command = request.Command, SubmitLine = Line(request.SubmitLine), SubmitHost = request.SubmitHost,
            Comment = request.Comment, Exclusive = request.Exclusive, NodeList = request.NodeList ?? "", ExcludeList = request.ExcludeList ?? "",
            ClientToken = request.ClientToken ?? "", SubmitSid = Libc.SessionOf(caller.Peer.Pid),
        };
        if (request.MemoryPerNodeBytes is { } node) spec.MemoryPerNodeBytes = node;
        if (request.MemoryPerCpuBytes is { } cpu) spec.MemoryPerCpuBytes = cpu;
        return spec;
    }

    private Refusal? Parsed(JobSpec spec, SubmitRequest request)
    {
        if (!string.IsNullOrEmpty(request.Array))
        {
            if (!request.IsBatch) return new Refusal(RefusalCodes.InvalidArray, "only batch jobs can be arrays");
            if (!ArraySpec.TryParse(request.Array, config.MaxArraySize - 1, out var array, out var error)) return new Refusal(RefusalCodes.InvalidArray, error);
            foreach (var range in array!.Ranges) spec.Array.Add(new Core.Journal.ArrayRange { First = range.First, Last = range.Last, Step = range.Step });
            spec.ArrayThrottle = array.Throttle;
        }
        if (!string.IsNullOrEmpty(request.Dependency))
        {
            if (!DependencySpec.TryParse(request.Dependency, out var dependency, out var error)) return new Refusal(RefusalCodes.InvalidDependency, error);
            spec.DependencyAny = dependency!.AnySuffices;
            foreach (var term in dependency.Terms) spec.Dependencies.Add(Term(term, dependency.AnySuffices));
        }
        if (!string.IsNullOrEmpty(request.Signal))
        {
            if (!SignalSpec.TryParse(request.Signal, out var signal, out var error)) return Invalid(error);
            (spec.WarnSignal, spec.WarnBeforeMs, spec.WarnBatchOnly) = (signal!.Number, signal.SecondsBefore * 1000L, signal.BatchOnly);
        }
        return CheckNodes(request.NodeList) ?? CheckNodes(request.ExcludeList);
    }

    internal static Core.Journal.Dependency Term(DependencyTerm term, bool any)
    {
        var dependency = new Core.Journal.Dependency { Kind = term.Kind, JobId = term.JobId, DelayMs = term.DelayMinutes * 60_000L, AnySuffices = any };
        if (term.Task is { } task) dependency.ArrayTask = task;
        return dependency;
    }

    private static Refusal? CheckNodes(string? list) => string.IsNullOrEmpty(list) || Hostlist.TryExpand(list, out _, out var error)
        ? null
        : new Refusal(RefusalCodes.InvalidNodeName, error);

    /// <summary>For people to read back: control characters would forge lines in their terminal.</summary>
    private static string Line(string line)
    {
        if (line.Length > LineMax) line = line[..LineMax];
        return TextRules.Error("", line, int.MaxValue) is null ? line : string.Create(line.Length, line, (to, from) =>
        {
            for (var i = 0; i < from.Length; i++) to[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) || from[i] is '\u2028' or '\u2029' ? '?' : from[i];
        });
    }

    private static Refusal Invalid(string sentence) => new(RefusalCodes.InvalidRequest, sentence);
    private static Refusal TooLarge(string sentence) => new("too_large", sentence, "Put large data into files");
}
