using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Squeue;

/// <summary>Which jobs squeue lists: options over SQUEUE_* variables over what Slurm lists by default.</summary>
internal sealed class JobSelector
{
    private List<string>? _partitions, _names, _accounts, _nodes, _licenses, _reservations, _qos;
    private HashSet<uint>? _users;
    private HashSet<string>? _states = new(JobStates.Live, StringComparer.Ordinal);

    public List<JobIdSpec>? Jobs { get; private set; }

    public static bool TryRead(CommandContext context, ParsedLine line, out JobSelector selector)
    {
        selector = new JobSelector
        {
            _partitions = List(context, line, "partition", "SQUEUE_PARTITION"),
            _names = List(context, line, "name", "SQUEUE_NAMES"),
            _accounts = List(context, line, "account", "SQUEUE_ACCOUNT"),
            _licenses = List(context, line, "licenses", "SQUEUE_LICENSES"),
            _reservations = List(context, line, "reservation", "SQUEUE_RESERVATION"),
            _qos = List(context, line, "qos", "SQUEUE_QOS"),
        };
        return selector.ReadStates(context, line) && selector.ReadUsers(context, line) && selector.ReadJobs(context, line) && selector.ReadNodes(context, line);
    }

    private bool _nothing;

    private bool MatchesPolicy(JobView job) => !_nothing && (_qos is null || job.Qos is { } qos && _qos.Contains(qos))
        && (_reservations is null || job.Reservation is { } reservation && _reservations.Contains(reservation))
        && (_licenses is null || job.Licenses is { } licenses && licenses.Split(',', '|').Any(one => _licenses.Contains(one.Split(':')[0])));

    public bool Matches(JobView job) => MatchesPolicy(job) && (_states is null || _states.Contains(job.State))
        && (_users is null || _users.Contains(job.Uid))
        && (_partitions is null || _partitions.Exists(name => job.Partition.Split(',').Contains(name)))
        && (_names is null || _names.Contains(job.Name))
        && (_accounts is null || _accounts.Contains(job.Account ?? ""))
        && (Jobs is null || Jobs.Exists(id => Names(id, job)))
        && (_nodes is null || (job.NodeList.Length > 0 && Hostlist.TryExpand(job.NodeList, out var hosts, out _) && hosts.Exists(_nodes.Contains)));

    /// <summary>Jobs narrows the answer at the server; states are left to us, because an ended job is not an unknown one.</summary>
    public string Path(bool steps) => new Query("/api/v1/jobs")
        .Add("job", Jobs?.ConvertAll(id => (id with { Step = null }).ToString()))
        .Add("user", _users?.Select(uid => uid.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToList())
        .Add("state", Jobs is null ? _states : null)
        .Add("partition", _partitions).Add("name", _names)
        .Add("steps", steps ? "true" : null).ToString();

    /// <summary>The tasks asked for of an array's unstarted record get lines of their own, as <c>squeue -j 7_3</c> prints them.</summary>
    public IEnumerable<JobRow> Narrow(JobRow row)
    {
        if (Jobs is null || row.Job.ArrayTasks is null || Jobs.Exists(id => id.Tasks is null && Names(id, row.Job))) return [row];
        return row.Expand().Where(task => Jobs.Exists(id => Names(id, task.Job)));
    }

    private static bool Names(JobIdSpec id, JobView job)
    {
        if (id.Tasks is null) return job.JobId == id.JobId || job.ArrayJobId == id.JobId;
        if ((job.ArrayJobId ?? job.JobId) != id.JobId) return false;
        return job.ArrayTaskId is { } task ? id.Tasks.Any(range => range.Contains(task))
            : job.ArrayTasks is { } pending && ArraySpec.TryParse(pending, ArraySpec.MaxIndex, out var spec, out _) && Overlap(spec!, id.Tasks);
    }

    private static bool Overlap(ArraySpec spec, IReadOnlyList<ArrayRange> wanted) =>
        spec.Indices().Any(index => wanted.Any(range => range.Contains(index)));

    private static List<string>? List(CommandContext context, ParsedLine line, string option, string variable) =>
        (line.Value(option) ?? context.Environment.GetValueOrDefault(variable)) is { Length: > 0 } text ? Lists.Split(text) : null;

    private bool ReadStates(CommandContext context, ParsedLine line)
    {
        string? text = line.Value("states") ?? context.Environment.GetValueOrDefault("SQUEUE_STATES");
        if (text is null) { if (line.Has("start")) _states = ["PENDING"]; return true; }
        _states = new HashSet<string>(StringComparer.Ordinal);
        foreach (string word in Lists.Split(text))
        {
            if (word.Equals("all", StringComparison.OrdinalIgnoreCase)) { _states = null; return true; }
            if (!JobStates.TryParse(word, out string state))
            {
                context.Error.WriteLine($"{context.Name}: error: Invalid job state specified: {Printable.Of(word)}");
                context.Error.WriteLine($"{context.Name}: error: Valid job states include: {JobStates.Names}\n");
                return false;
            }
            _states.Add(state);
        }
        return true;
    }

    private bool ReadUsers(CommandContext context, ParsedLine line)
    {
        if (line.Has("me")) { _users = [context.Uid]; return true; }
        string? text = line.Value("user") ?? context.Environment.GetValueOrDefault("SQUEUE_USERS");
        if (text is null) return true;
        _users = [];
        foreach (string name in Lists.Split(text))
        {
            // Slurm complains with an empty line after it, and goes on with the users it knows.
            if (UserLookup.TryParse(name, out uint uid)) _users.Add(uid);
            else context.Error.WriteLine($"{context.Name}: error: Invalid user: {Printable.Of(name)}\n");
        }
        if (_users.Count == 0) _nothing = true;
        return true;
    }

    private bool ReadJobs(CommandContext context, ParsedLine line)
    {
        var words = new List<string>();
        if (line.Value("jobs") is { Length: > 0 } jobs) words.AddRange(Lists.SplitOutsideBrackets(jobs));
        if (line.Has("jobs") || line.Has("steps"))
            foreach (int operand in line.Operands) words.AddRange(Lists.SplitOutsideBrackets(context.Arguments[operand]));
        if (line.Value("steps") is { Length: > 0 } steps) words.AddRange(Lists.SplitOutsideBrackets(steps));
        if (words.Count == 0) return true;
        Jobs = [];
        foreach (string word in words)
        {
            if (!JobIdSpec.TryParse(word, out var id, out _))
            {
                context.Error.WriteLine($"{context.Name}: error: Invalid job id: {Printable.Of(word)}");
                return false;
            }
            Jobs.Add(id!);
        }
        return true;
    }

    private bool ReadNodes(CommandContext context, ParsedLine line)
    {
        if (line.Value("nodelist") is not { Length: > 0 } text) return true;
        if (Hostlist.TryExpand(text, out var hosts, out string error)) { _nodes = hosts; return true; }
        context.Error.WriteLine($"{context.Name}: error: {Printable.Of(error)}");
        return false;
    }

    public bool FiltersNodes => _nodes is not null;
    public IReadOnlyList<string> Nodes => _nodes ?? [];
    public bool MatchesStep(StepView step) => Jobs is null || Jobs.TrueForAll(id => id.Step is null)
        || Jobs.Exists(id => id.Step is null || step.StepId.EndsWith("." + id.Step, StringComparison.Ordinal));
}
