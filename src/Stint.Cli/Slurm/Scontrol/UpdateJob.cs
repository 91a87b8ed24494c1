using System.Globalization;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol update JobId=… name=value …</c></summary>
internal static class UpdateJob
{
    private static readonly string[] Names =
    [
        "jobid", "account", "admincomment", "arraytaskthrottle", "comment", "contiguous", "deadline", "dependency", "excnodelist", "features", "gres", "jobname", "name",
        "licenses", "mailtype", "mailuser", "mincpusnode", "minmemorycpu", "minmemorynode", "nice", "nodelist", "numcpus", "numnodes", "numtasks", "oversubscribe", "partition",
        "prefer", "priority", "qos", "reqnodelist", "reqnodes", "requeue", "reservationname", "shared", "sitefactor", "stderr", "stdin", "stdout", "starttime", "eligibletime",
        "taskspernode", "timelimit", "timemin", "wckey", "workdir", "cpuspertask", "job",
    ];

    public static async Task<int> RunAsync(CommandContext context, List<Assignment> given)
    {
        var request = new JobUpdateRequest();
        int changes = 0;
        foreach (var one in given)
        {
            string? name = Assignment.Full(one.Name, Names);
            if (name is null || !one.Word.Contains('=')) return Assignment.NotSupported(context, one.Word);
            if (name is "jobid" or "job")
            {
                request.Jobs = [.. Lists.SplitOutsideBrackets(one.Value)];
                continue;
            }
            // TimeLimit+=10 and TimeLimit=+10 are the same.
            string value = one.Operation != '=' && name == "timelimit" ? one.Operation + one.Value : one.Value;
            if (one.Operation != '=' && name != "timelimit") return Assignment.NotSupported(context, one.Word);
            if (!Texts(request, name, value) && !Numbers(request, name, value) && !Times(request, name, value, context)) return Assignment.Invalid(context, one.Word);
            changes++;
        }
        foreach (string id in request.Jobs)
        {
            if (JobIdSpec.TryParse(id, out var spec, out _) && spec!.Step is null) continue;
            context.Error.WriteLine($"Invalid job id specified for job {Printable.Of(id)}");
            return 1;
        }
        if (changes == 0)
        {
            context.Error.WriteLine("No changes specified");
            return 1;
        }
        return await SendAsync(context, request);
    }

    private static async Task<int> SendAsync(CommandContext context, JobUpdateRequest request)
    {
        var result = await context.Api.PostAsync("/api/v1/jobs/update", request, ApiJson.Default.JobUpdateRequest, ApiJson.Default.SelectionResult, context.Cancellation);
        int failures = 0;
        foreach (var outcome in result.Outcomes)
        {
            if (outcome.Code is null) continue;
            failures++;
            var refusal = new RefusalView(outcome.Code, outcome.Sentence);
            context.Error.WriteLine($"{Printable.Of(SlurmErrors.Sentence(refusal))} for job {Printable.Of(outcome.Job)}");
            if (SlurmErrors.Detail(refusal) is { } detail) context.Error.WriteLine($"{context.Name}: {Printable.Of(detail)}");
        }
        return failures > 0 ? 1 : 0;
    }

    private static bool Texts(JobUpdateRequest request, string name, string value)
    {
        switch (name)
        {
            case "account": request.Account = value; return true;
            case "admincomment": request.AdminComment = value; return true;
            case "comment": request.Comment = value; return true;
            case "dependency": request.Dependency = value; return true;
            case "excnodelist": request.ExcludeList = value; return true;
            case "features": request.Constraint = value; return true;
            case "prefer": request.Prefer = value; return true;
            case "gres": request.Gres = value is "none" or "0" ? "" : value; return true;
            case "jobname" or "name": request.Name = value; return true;
            case "licenses": request.Licenses = value; return true;
            case "mailtype": request.MailType = value; return true;
            case "mailuser": request.MailUser = value; return true;
            case "nodelist" or "reqnodelist": request.NodeList = value; return true;
            case "partition": request.Partition = value; return true;
            case "qos": request.Qos = value; return true;
            case "reservationname": request.Reservation = value; return true;
            case "stderr": request.StdErr = value; return true;
            case "stdin": request.StdIn = value; return true;
            case "stdout": request.StdOut = value; return true;
            case "wckey": request.Wckey = value; return true;
            case "workdir": request.WorkDir = value; return true;
            default: return false;
        }
    }

    private static bool Numbers(JobUpdateRequest request, string name, string value)
    {
        bool number = uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint count);
        switch (name)
        {
            case "arraytaskthrottle" when number: request.ArrayThrottle = count; return true;
            case "contiguous" when YesNo(value) is { } yes: request.Contiguous = yes; return true;
            case "requeue" when value is "0" or "1": request.Requeue = value == "1"; return true;
            case "oversubscribe" or "shared" when YesNo(value) is { } yes: request.Exclusive = !yes; return true;
            case "cpuspertask" or "mincpusnode" when number && count > 0: request.CpusPerTask = count; return true;
            case "numtasks" or "numcpus" when number && count > 0: request.Tasks = count; return true;
            case "taskspernode" when number: request.TasksPerNode = count; return true;
            case "minmemorycpu" when MemorySize.TryParse(value, out ulong bytes, out _): request.MemoryPerCpuBytes = bytes; return true;
            case "minmemorynode" when MemorySize.TryParse(value, out ulong bytes, out _): request.MemoryPerNodeBytes = bytes; return true;
            case "nice" when value.Length == 0: request.Nice = 100; return true;
            case "nice" when int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int nice): request.Nice = nice; return true;
            case "sitefactor" when int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int factor): request.SiteFactor = factor; return true;
            case "priority" when number: request.Priority = count; return true;
            case "numnodes" or "reqnodes": return Nodes(request, value);
            default: return false;
        }
    }

    private static bool Nodes(JobUpdateRequest request, string value)
    {
        int dash = value.IndexOf('-');
        if (!uint.TryParse(dash < 0 ? value : value[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out uint min) || min == 0) return false;
        uint max = min;
        if (dash >= 0 && (!uint.TryParse(value.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out max) || max < min)) return false;
        (request.NodesMin, request.NodesMax) = (min, max);
        return true;
    }

    private static bool Times(JobUpdateRequest request, string name, string value, CommandContext context)
    {
        switch (name)
        {
            case "timelimit" when value.Length > 1 && value[0] is '+' or '-' && value != "-1":
                if (!SlurmDuration.TryParseLimit(value[1..], out long addMs, out _)) return false;
                request.TimeLimitAddMs = value[0] == '-' ? -addMs : addMs;
                return true;
            case "timelimit" when SlurmDuration.TryParseLimit(value, out long limitMs, out _): request.TimeLimitMs = limitMs; return true;
            case "timemin" when SlurmDuration.TryParseLimit(value, out long minMs, out _): request.TimeMinMs = minMs; return true;
            case "starttime" or "eligibletime" when Date(context, value) is { } begin: request.BeginMs = begin; return true;
            case "deadline" when Date(context, value) is { } deadline: request.DeadlineMs = deadline; return true;
            default: return false;
        }
    }

    public static long? Date(CommandContext context, string value) =>
        SlurmDate.TryParse(value, context.Time.GetUtcNow(), context.Time.LocalTimeZone, past: false, out var at, out _) ? at.ToUnixTimeMilliseconds() : null;

    private static bool? YesNo(string value) => value.ToLowerInvariant() switch { "yes" or "1" => true, "no" or "0" => false, _ => null };
}
