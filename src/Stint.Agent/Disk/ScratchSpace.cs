using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Disk;

/// <summary>
/// A folder for each job that asked for local disk (--tmp), the user's alone, gone with the job. Where the file system has project quotas, the folder
/// is a project of its own with what was asked for as its hard limit. Named by ids only: <c>root/node/job.attempt</c>; what is there when the agent
/// starts belongs to jobs of an earlier life. Any thread.
/// </summary>
internal sealed class ScratchSpace
{
    public const string Resource = "disk";
    private const uint FirstProject = 0x4000_0000, Projects = 0x3FFF_FFFF;     // far from the ids that people give by hand
    private const int Attempts = 64;
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = Own | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private readonly string _folder, _node;
    private readonly ConcurrentDictionary<(uint Job, uint Attempt), bool> _given = new();
    private readonly Lock _gate = new();

    /// <summary>Throws <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/>.</summary>
    public ScratchSpace(string root, string node)
    {
        (_folder, _node) = (Path.Combine(root, node), node);
        Directory.CreateDirectory(_folder, Passable);
        foreach (var path in Directory.EnumerateDirectories(_folder))
            if (Path.GetFileName(path).Split('.') is [var job, var attempt] && uint.TryParse(job, NumberStyles.None, CultureInfo.InvariantCulture, out var j) && uint.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var a))
                _given[(j, a)] = true;
    }

    /// <summary>Of the file system.</summary>
    public ulong TotalBytes => (ulong)new DriveInfo(_folder).TotalSize;

    /// <summary>Null: project quotas hold here. Otherwise why they do not.</summary>
    public string? WhyNoQuota() => DiskQuota.Enforced(_folder, QuotaKind.Project) switch
    {
        0 => null,
        Errno.NoProcess => $"{_folder} is on a file system whose project limits are not on",
        var errno => $"{_folder} has no project quotas (mount XFS with pquota, or ext4 made with -O quota,project with prjquota): {Errno.Describe(errno)}",
    };

    /// <summary>
    /// The job's folder; null when it asked for none. Its row in the receipt takes the place of the one that says that disk is not limited.
    /// Throws <see cref="CgroupException"/> when a quota that should hold does not, <see cref="IOException"/> when there can be no folder.
    /// </summary>
    public string? Give(LaunchSpec spec, Receipt receipt)
    {
        if (spec.Limits.DiskBytes == 0) return null;
        var path = PathOf(spec.Key.JobId, spec.Key.Attempt);
        lock (_gate)
        {
            var row = Prepare(path, spec);
            var at = receipt.Rows.ToList().FindIndex(r => r.Resource == Resource);
            if (at >= 0) receipt.Rows[at] = row;
            else receipt.Rows.Add(row);
            if (row.Enforced) receipt.Notes.Add($"{path} is limited for files that are made there; their owner can take a file out of the project (chproj), which the file system allows");
        }
        return path;
    }

    public bool Has(uint job, uint attempt) => !_given.IsEmpty && _given.Keys.Any(k => k.Job == job && k.Attempt <= attempt);

    /// <summary>Null, or why something is left. Its attempt and those before it.</summary>
    public string? Remove(uint job, uint attempt)
    {
        string? failure = null;
        foreach (var key in _given.Keys.Where(k => k.Job == job && k.Attempt <= attempt))
        {
            var path = PathOf(key.Job, key.Attempt);
            var project = DiskQuota.ProjectOf(path, out var found, out _) == 0 ? found : 0;
            if (Delete(path) is { } why) failure = why;
            else _given.TryRemove(key, out _);
            if (project >= FirstProject && failure is null) _ = DiskQuota.Set(_folder, QuotaKind.Project, project, 0);
        }
        return failure;
    }

    private ReceiptRow Prepare(string path, LaunchSpec spec)
    {
        var (limits, allocated) = (spec.Limits, ReceiptRows.Bytes(spec.Limits.DiskBytes));
        if (!_given.ContainsKey((spec.Key.JobId, spec.Key.Attempt)))
        {
            // Closed to its user until the limit holds.
            Directory.CreateDirectory(path, 0);
            _given[(spec.Key.JobId, spec.Key.Attempt)] = true;
        }
        else if (!Directory.Exists(path)) Directory.CreateDirectory(path, 0);
        var row = WhyNoQuota() is { } why ? ReceiptRows.NotEnforced(Resource, limits.DiskRequested, allocated, why) : Limit(path, spec, allocated);
        GiveTo(path, spec.Uid, spec.Gid);
        return row;
    }

    private static void GiveTo(string path, uint uid, uint gid)
    {
        File.SetUnixFileMode(path, Own);
        var descriptor = Posix.Open(path, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW | Posix.O_CLOEXEC, 0);
        var errno = descriptor < 0 || Posix.ChangeOwner(descriptor, uid, gid) != 0 ? Posix.LastErrno : 0;
        if (descriptor >= 0) _ = Posix.Close(descriptor);
        if (errno != 0) throw new IOException($"cannot give {path} to user {uid}: {Errno.Describe(errno)}");
    }

    private ReceiptRow Limit(string path, LaunchSpec spec, string allocated)
    {
        var bytes = spec.Limits.DiskBytes;
        var project = ProjectFor(path, spec.Key.JobId);
        DiskQuota.Must(DiskQuota.Set(path, QuotaKind.Project, project, bytes), $"cannot set a limit of {bytes} bytes for project {project} on", path);
        DiskQuota.Must(DiskQuota.Join(path, project), $"cannot put into project {project} the folder", path);
        DiskQuota.Must(DiskQuota.ProjectOf(path, out var joined, out var inherits), "cannot read the project of", path);
        DiskQuota.Must(DiskQuota.Get(path, QuotaKind.Project, project, out var back), $"cannot read the limit of project {project} on", path);
        var asked = DiskQuota.Rounded(bytes);
        if (joined != project || !inherits || back.LimitBytes != asked)
            throw new CgroupException($"{path} reads back project {joined}{(inherits ? "" : " (not inherited)")} with a limit of {back.LimitBytes} bytes after project {project} with {asked} was written: the limit does not hold", path, 0);
        string Text(uint id, ulong limit) => string.Create(CultureInfo.InvariantCulture, $"project {id}, {limit}");
        return new ReceiptRow
        {
            Resource = Resource, Requested = spec.Limits.DiskRequested, Allocated = allocated, File = $"{path} (project quota)", Written = Text(project, asked), ReadBack = Text(joined, back.LimitBytes), Enforced = true,
        };
    }

    /// <summary>The folder's own when it has one; else one that nobody on this file system uses: neither a limit nor a byte.</summary>
    private uint ProjectFor(string path, uint job)
    {
        if (DiskQuota.ProjectOf(path, out var has, out _) == 0 && has >= FirstProject) return has;
        var start = Hash($"{_node}/{job.ToString(CultureInfo.InvariantCulture)}");
        for (uint attempt = 0; attempt < Attempts; attempt++)
        {
            var project = FirstProject + (start + attempt) % Projects;
            DiskQuota.Must(DiskQuota.Get(path, QuotaKind.Project, project, out var quota), $"cannot read the limit of project {project} on", path);
            if (quota is { LimitBytes: 0, UsedBytes: 0 }) return project;
        }
        throw new CgroupException($"no free project id for {path} among {Attempts}", path, Errno.Exists);
    }

    private static uint Hash(string text)
    {
        var hash = 2166136261u;                                                  // FNV-1a
        foreach (var b in Encoding.UTF8.GetBytes(text)) hash = (hash ^ b) * 16777619u;
        return hash;
    }

    /// <summary>By rm(1), which goes down by descriptors and so cannot be led elsewhere by a user who swaps a folder for a link meanwhile.</summary>
    private static string? Delete(string path)
    {
        if (!Directory.Exists(path)) return null;
        try
        {
            using var rm = Process.Start(new ProcessStartInfo("rm", ["-rf", "--one-file-system", "--", path]) { RedirectStandardError = true })!;
            var said = rm.StandardError.ReadToEnd();
            rm.WaitForExit();
            return rm.ExitCode == 0 ? null : $"the scratch folder {path} could not be removed: {said.Split('\n')[0]}";
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception) { return $"the scratch folder {path} could not be removed: {e.Message}"; }
    }

    private string PathOf(uint job, uint attempt) => string.Create(CultureInfo.InvariantCulture, $"{_folder}/{job}.{attempt}");
}
