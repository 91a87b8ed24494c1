using System.Collections.Concurrent;

namespace Stint.Agent.Launch;

/// <summary>
/// Directories of steps that are over, with their files, to be used again: making and removing an inode costs more than the rest of a short step, most of
/// all on ext4 without a journal, which looks past every inode that was removed in the last minutes. Nothing in here has a meaning, and at the
/// start all of it is removed. Thread-safe.
/// </summary>
internal sealed class SpareDirectories
{
    const int KeptMax = 64;
    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    readonly ConcurrentQueue<Spare> _spares = new();
    readonly string _folder;
    int _kept;

    /// <param name="ScriptOwner">Whose script.old is in it; null: none is.</param>
    sealed record Spare(string Path, uint? ScriptOwner);

    /// <param name="spool">The spool: what is spare lies beside it, on the same file system.</param>
    public SpareDirectories(string spool)
    {
        _folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(spool))!, "spare");
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder, Private);
    }

    public bool HasRoom => _spares.Count < KeptMax;

    /// <summary>
    /// Moves the oldest one to <paramref name="path"/> and returns its lock; -1 when there is none, when it is still held by the shepherd of its
    /// last step, or when <paramref name="path"/> exists.
    /// </summary>
    public int Take(string path, out uint? scriptOwner)
    {
        scriptOwner = null;
        if (!_spares.TryDequeue(out var spare))
            return -1;
        var fd = Posix.Open(spare.Path, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_CLOEXEC, 0);
        if (fd < 0)
            return -1;
        if (Posix.Flock(fd, Posix.LOCK_EX | Posix.LOCK_NB) == 0 && Posix.Rename(spare.Path, path) == 0)
        {
            scriptOwner = spare.ScriptOwner;
            return fd;
        }
        Posix.Close(fd);
        _spares.Enqueue(spare);
        return -1;
    }

    /// <summary>False: the directory is where it was.</summary>
    public bool Keep(string path, uint? scriptOwner)
    {
        var spare = $"{_folder}/{Interlocked.Increment(ref _kept)}";
        if (Posix.Rename(path, spare) < 0)
            return false;
        _spares.Enqueue(new Spare(spare, scriptOwner));
        return true;
    }
}
