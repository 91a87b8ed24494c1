using System.Globalization;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sacct;

/// <summary>Which jobs sacct lists; the window's defaults depend on <c>-j</c> and <c>-s</c> as in Slurm's DEFAULT TIME WINDOW.</summary>
internal sealed class HistorySelector
{
    private List<JobIdSpec>? _jobs;
    private List<string>? _states, _partitions, _names, _accounts, _nodes;
    private HashSet<uint>? _users, _groups;
    private long _startMs, _endMs;

    public IReadOnlyList<JobIdSpec> Jobs => _jobs ?? [];

    public static bool TryRead(CommandContext context, ParsedLine line, out HistorySelector selector)
    {
        selector = new HistorySelector
        {
            _partitions = List(line, "partition"), _names = List(line, "name"), _accounts = List(line, "accounts"),
        };
        return selector.ReadJobs(context, line) && selector.ReadStates(context, line) && selector.ReadUsers(context, line)
            && selector.ReadNodes(context, line) && selector.ReadWindow(context, line);
    }

    /// <summary>The history filters by one user, partition and name; of several, we choose ourselves.</summary>
    public string Path(uint? after) => new Query("/api/v1/history/jobs")
        .Add("user", _users is { Count: 1 } && UserLookup.NameOf(_users.First()) is { } user ? user : null)
        .Add("state", _states).Add("partition", _partitions is [var partition] ? partition : null).Add("name", _names is [var name] ? name : null)
        .Add("job", _jobs?.ConvertAll(id => (id with { Step = null }).ToString()))
        .Add("start_ms", _startMs > 0 ? _startMs.ToString(CultureInfo.InvariantCulture) : null)
        .Add("end_ms", _endMs > 0 ? _endMs.ToString(CultureInfo.InvariantCulture) : null)
        .Add("after", after?.ToString(CultureInfo.InvariantCulture)).ToString();

    public bool Matches(JobView job) =>
        (_jobs is null || _jobs.Exists(id => Names(id, job)))
        && (_users is null || _users.Contains(job.Uid))
        && (_groups is null || _groups.Contains(job.Gid))
        && (_states is null || _states.Contains(job.State))
        && (_partitions is null || _partitions.Contains(job.Partition))
        && (_names is null || _names.Contains(job.Name))
        && (_accounts is null || _accounts.Contains(job.Account ?? ""))
        && (_nodes is null || (Hostlist.TryExpand(job.NodeList, out var hosts, out _) && hosts.Exists(_nodes.Contains)));

    /// <summary>Steps of jobs that were named as a whole, and steps that were named.</summary>
    public bool Matches(JobView job, StepView step) => _jobs is null
        || _jobs.Exists(id => Names(id, job) && (id.Step is null || step.StepId.EndsWith("." + id.Step, StringComparison.Ordinal)));

    /// <summary>A job's own line is not printed when only one of its steps was asked for.</summary>
    public bool MatchesAllocation(JobView job) => _jobs is null || _jobs.Exists(id => id.Step is null && Names(id, job));

    private static bool Names(JobIdSpec id, JobView job) => id.Tasks is null ? job.JobId == id.JobId || job.ArrayJobId == id.JobId
        : (job.ArrayJobId ?? job.JobId) == id.JobId && job.ArrayTaskId is { } task && id.Tasks.Any(range => range.Contains(task));

    private static List<string>? List(ParsedLine line, string option) => line.Value(option) is { Length: > 0 } text ? Lists.Split(text) : null;

    private bool ReadJobs(CommandContext context, ParsedLine line)
    {
        if (line.Value("jobs") is not { Length: > 0 } text) return true;
        _jobs = [];
        foreach (string word in Lists.SplitOutsideBrackets(text))
        {
            if (!JobIdSpec.TryParse(word, out var id, out _))
            {
                context.Error.WriteLine($"{context.Name}: fatal: Bad job/step specified: {Printable.Of(word)}");
                return false;
            }
            _jobs.Add(id!);
        }
        return true;
    }

    private bool ReadStates(CommandContext context, ParsedLine line)
    {
        if (line.Value("state") is not { Length: > 0 } text) return true;
        _states = [];
        foreach (string word in Lists.Split(text))
        {
            if (!JobStates.TryParse(word, out string state))
            {
                context.Error.WriteLine($"{context.Name}: fatal: unrecognized job state value '{Printable.Of(word)}'");
                return false;
            }
            _states.Add(state);
        }
        return true;
    }

    private bool ReadUsers(CommandContext context, ParsedLine line)
    {
        if (line.Value("gid") is { Length: > 0 } groups) _groups = [.. Lists.Split(groups).Select(word => uint.TryParse(word, CultureInfo.InvariantCulture, out uint gid) ? gid : uint.MaxValue)];
        if (line.Has("allusers")) return true;
        if (line.Value("user") is { Length: > 0 } text)
        {
            _users = [];
            foreach (string word in Lists.Split(text))
            {
                if (UserLookup.TryParse(word, out uint uid) || uint.TryParse(word, CultureInfo.InvariantCulture, out uid)) { _users.Add(uid); continue; }
                context.Error.WriteLine($"{context.Name}: fatal: Invalid user id: {Printable.Of(word)}");
                return false;
            }
        }
        else if (_jobs is null && context.Uid != 0) _users = [context.Uid];
        return true;
    }

    private bool ReadNodes(CommandContext context, ParsedLine line)
    {
        if (line.Value("nodelist") is not { Length: > 0 } text) return true;
        if (Hostlist.TryExpand(text, out var hosts, out string error)) { _nodes = hosts; return true; }
        context.Error.WriteLine($"{context.Name}: fatal: {Printable.Of(error)}");
        return false;
    }

    private bool ReadWindow(CommandContext context, ParsedLine line)
    {
        var now = context.Time.GetUtcNow();
        var zone = context.Time.LocalTimeZone;
        var local = TimeZoneInfo.ConvertTime(now, zone);
        var midnight = local.Date;
        _startMs = _jobs is not null ? 0 : _states is not null ? now.ToUnixTimeMilliseconds() : new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUnixTimeMilliseconds();
        // A job named by its id is wanted even when its clock is ahead of ours.
        _endMs = _jobs is not null ? 0 : now.ToUnixTimeMilliseconds();
        return Read(context, line, "starttime", now, zone, ref _startMs) && Read(context, line, "endtime", now, zone, ref _endMs);
    }

    private static bool Read(CommandContext context, ParsedLine line, string option, DateTimeOffset now, TimeZoneInfo zone, ref long ms)
    {
        if (line.Value(option) is not { Length: > 0 } text) return true;
        if (SlurmDate.TryParse(text, now, zone, past: true, out var instant, out _)) { ms = instant.ToUnixTimeMilliseconds(); return true; }
        context.Error.WriteLine($"Invalid time specification (pos=0): {Printable.Of(text)}");
        return false;
    }
}
