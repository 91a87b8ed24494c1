using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups;

/// <param name="Found">What the kernel held; empty when the file cannot be read.</param>
/// <param name="Restored">What it holds now.</param>
internal readonly record struct FileChange(string File, string Found, string Restored);

/// <summary>Kernel files that remember which writes changed something: when limits are written again as they were, each such change is a drift that is repaired.</summary>
internal sealed class AuditedFiles(IGroupFiles files) : IGroupFiles
{
    private readonly List<FileChange> _changes = [];

    /// <summary>Those since the last call.</summary>
    public IReadOnlyList<FileChange> Take()
    {
        IReadOnlyList<FileChange> taken = [.. _changes];
        _changes.Clear();
        return taken;
    }

    public void Note(FileChange change) => _changes.Add(change);

    public int Write(string file, string value)
    {
        var readable = files.Read(file, out var before) == 0;
        var errno = files.Write(file, value);
        if (!readable) Note(new FileChange(file, "", value));       // devices.allow and devices.deny: written for a difference only
        else if (files.Read(file, out var after) == 0 && after != before) Note(new FileChange(file, before, after));
        return errno;
    }

    public int MakeGroup(string path) => files.MakeGroup(path);
    public int RemoveGroup(string path) => files.RemoveGroup(path);
    public int Read(string file, out string text) => files.Read(file, out text);
    public bool Exists(string path) => files.Exists(path);
    public IReadOnlyList<string> Children(string path) => files.Children(path);
    public int Signal(int pid, int signal) => files.Signal(pid, signal);
}
