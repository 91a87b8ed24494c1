using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Stint.Agent.Disk;
using Stint.Agent.Gpus;
using Stint.Protocol.Agents;

namespace Stint.Agent.Ends;

/// <param name="Prologs">Programs in order; beside them every executable of <paramref name="PrologFolder"/> in the order of names.</param>
internal sealed record HookOptions(IReadOnlyList<string> Prologs, IReadOnlyList<string> Epilogs, string PrologFolder, string EpilogFolder)
{
    /// <summary>For each program.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>
/// The prolog before a job's first step on this node, once; the epilog after its last, once. What is owed is a file for each job, so that an agent
/// that starts again knows: <c>job.attempt.new</c> while the prolog runs, <c>job.attempt</c> from then until the epilog has run.
/// Any thread; calls block, and steps of one job wait for the one prolog.
/// </summary>
internal sealed class JobHooks
{
    private readonly HookOptions _options;
    private readonly AgentProgram _program;
    private readonly string _folder;
    private readonly NodeDevices? _devices;
    private readonly ConcurrentDictionary<(uint Job, uint Attempt), Owed> _owed = new();

    /// <summary>Goes with the job as well, when its epilog has run.</summary>
    public ScratchSpace? Scratch { get; init; }

    public JobHooks(HookOptions options, AgentProgram program, string folder, NodeDevices? devices)
    {
        (_options, _program, _folder, _devices) = (options, program, folder, devices);
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(folder)) Find(path);
    }

    /// <summary>Null: the job may start here. Otherwise why not.</summary>
    public string? Prolog(LaunchSpec spec)
    {
        var key = (spec.Key.JobId, spec.Key.Attempt);
        if (!_owed.TryGetValue(key, out var owed))
        {
            if (Programs(_options.Prologs, _options.PrologFolder).Count + Programs(_options.Epilogs, _options.EpilogFolder).Count == 0) return null;
            owed = _owed.GetOrAdd(key, new Owed(Bare(spec)));
        }
        lock (owed.Gate)
        {
            if (owed.IsPrepared) return owed.Failure;
            var path = PathOf(key);
            File.WriteAllBytes(path + ".new", owed.Spec.ToByteArray());
            owed.Failure = RunAll(Programs(_options.Prologs, _options.PrologFolder), "prolog", owed.Spec);
            if (owed.Failure is null) File.Move(path + ".new", path, overwrite: true);
            owed.IsPrepared = true;
            return owed.Failure;
        }
    }

    /// <summary>True: this job's epilog is still to run before the node can be said to be free of it.</summary>
    public bool Owes(uint job, uint attempt) => Keys(job, attempt).Count > 0 || Scratch?.Has(job, attempt) == true;

    /// <summary>Null: nothing was owed, or it went well. Otherwise the sentence that drains this node. Never twice for one job.</summary>
    /// <param name="attempt">This one and those before it.</param>
    public string? Epilog(uint job, uint attempt)
    {
        string? failure = null;
        foreach (var key in Keys(job, attempt))
        {
            if (!_owed.TryGetValue(key, out var owed)) continue;
            lock (owed.Gate)
            {
                if (!_owed.ContainsKey(key)) continue;
                failure ??= RunAll(Programs(_options.Epilogs, _options.EpilogFolder), "epilog", owed.Spec);
                File.Delete(PathOf(key));
                File.Delete(PathOf(key) + ".new");
                _owed.TryRemove(key, out _);
            }
        }
        // After the epilog, which may want to look at what the job left there.
        if (Scratch?.Has(job, attempt) == true && Scratch.Remove(job, attempt) is { } left) failure = failure is null ? left : $"{failure}; {left}";
        return failure;
    }

    private List<(uint Job, uint Attempt)> Keys(uint job, uint attempt) => _owed.IsEmpty ? [] : [.. _owed.Keys.Where(k => k.Job == job && k.Attempt <= attempt)];

    private string? RunAll(IReadOnlyList<string> programs, string kind, LaunchSpec spec)
    {
        if (programs.Count == 0) return null;
        var environment = Environment(spec, kind);
        foreach (var program in programs)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{spec.Key.JobId}-{spec.Key.Attempt}");
            if (_program.Run(program, name, environment, _options.Deadline) is { } why) return $"{kind} of job {spec.Key.JobId}: {why}";
        }
        return null;
    }

    /// <summary>As slurm.conf(5) lists them for Prolog and Epilog: what the server says of the job, nothing of what its user set.</summary>
    private List<KeyValuePair<string, string>> Environment(LaunchSpec spec, string kind)
    {
        var all = new List<KeyValuePair<string, string>>();
        foreach (var entry in spec.Environment)
            if (entry.StartsWith("SLURM_", StringComparison.Ordinal) && entry.IndexOf('=', StringComparison.Ordinal) is > 0 and var at) all.Add(new(entry[..at], entry[(at + 1)..]));
        foreach (var visible in _devices?.Visible(spec) ?? []) if (visible.Value is { } value) all.Add(new(visible.Name, value));
        var id = spec.Key.JobId.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[
            ("SLURM_JOB_ID", id), ("SLURM_JOBID", id), ("SLURM_JOB_UID", spec.Uid.ToString(CultureInfo.InvariantCulture)), ("SLURM_JOB_GID", spec.Gid.ToString(CultureInfo.InvariantCulture)),
            ("SLURM_JOB_USER", spec.User), ("SLURM_JOB_NAME", spec.JobName), ("SLURM_JOB_PARTITION", spec.Partition), ("SLURM_JOB_WORK_DIR", spec.WorkDir),
            ("SLURM_CLUSTER_NAME", spec.Cluster), ("SLURMD_NODENAME", spec.Node), ("SLURM_NODEID", spec.NodeIndex.ToString(CultureInfo.InvariantCulture)), ("SLURM_SCRIPT_CONTEXT", $"{kind}_slurmd")])
            all.Add(new(name, value));
        return all;
    }

    private static List<string> Programs(IReadOnlyList<string> named, string folder)
    {
        var all = new List<string>(named);
        if (!Directory.Exists(folder)) return all;
        var found = Directory.GetFiles(folder).Where(f => (File.GetUnixFileMode(f) & UnixFileMode.UserExecute) != 0).ToList();
        found.Sort(StringComparer.Ordinal);
        all.AddRange(found);
        return all;
    }

    /// <summary>Of a job that an earlier life of the agent knew. A file that cannot be read means nothing any more.</summary>
    private void Find(string path)
    {
        try
        {
            var spec = LaunchSpec.Parser.ParseFrom(File.ReadAllBytes(path));
            if (spec.Key is not { } key || Path.GetFileNameWithoutExtension(path + (path.EndsWith(".new", StringComparison.Ordinal) ? "" : ".x")) != Path.GetFileName(PathOf((key.JobId, key.Attempt)))) return;
            _owed[(key.JobId, key.Attempt)] = new Owed(spec) { IsPrepared = !path.EndsWith(".new", StringComparison.Ordinal) };
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IOException) { File.Delete(path); }
    }

    private string PathOf((uint Job, uint Attempt) key) => string.Create(CultureInfo.InvariantCulture, $"{_folder}/{key.Job}.{key.Attempt}");

    private static LaunchSpec Bare(LaunchSpec spec)
    {
        var bare = spec.Clone();
        bare.Payload = null;
        return bare;
    }

    private sealed class Owed(LaunchSpec spec)
    {
        public Lock Gate { get; } = new();
        public LaunchSpec Spec { get; } = spec;
        public bool IsPrepared { get; set; }
        public string? Failure { get; set; }
    }
}
