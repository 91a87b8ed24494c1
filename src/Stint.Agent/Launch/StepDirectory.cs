using System.Runtime.InteropServices;
using Google.Protobuf;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// What outlives the agent of one step: <c>spool/&lt;job&gt;.&lt;step&gt;.&lt;attempt&gt;/</c>.
/// <list type="bullet">
/// <item><c>spec</c> — the LaunchSpec. Written by rename before anything is started; removed first. Without it the directory means nothing.</item>
/// <item><c>script</c> — the user's script, the user's own.</item>
/// <item><c>receipt</c> — the Receipt, written before the shepherd starts.</item>
/// <item><c>exit.tmp</c> — exists from before the first fork, so without it and <c>exit</c> no task ever ran. <c>ctl</c> — the socket of a shepherd without an agent.</item>
/// <item><c>exit</c> — the shepherd's exit record, by rename. <c>report</c> — the StepExitedReport, written before the group and its counters go.</item>
/// <item>the flock on the directory itself — held by whoever is starting the step, then by its shepherd through the same open file: "alive" without pids.</item>
/// </list>
/// A step is started by the life of the agent that its order came to, or not at all: the server sends the order again, if it still stands. A file under a name ending in .tmp (exit and script: .old) means nothing; a directory
/// that was used before (<see cref="SpareDirectories"/>) has one for each, which is overwritten instead of an inode being made.
/// </summary>
internal sealed class StepDirectory : IStepDirectory
{
    const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    const uint Private = 0b110_000_000, UsersScript = 0b101_000_000;
    const int KeptBytesMax = 64 << 10;
    int _largest;
    uint? _scriptOwner, _usedScriptOwner;

    StepDirectory(string path, StepId id) => (Path, Id) = (path, id);

    public string Path { get; }
    public StepId Id { get; }
    public string ScriptPath => Path + "/script";
    string UsedScriptPath => Path + "/script.old";
    public bool WasSpawned => File.Exists(Path + "/exit.tmp") || File.Exists(Path + "/exit") || File.Exists(Path + "/ctl");

    /// <summary>Makes the spool so that users reach their scripts in it and can list nothing.</summary>
    public static void MakeSpool(string spool)
    {
        Directory.CreateDirectory(spool);
        File.SetUnixFileMode(spool, Passable);
    }

    /// <param name="lockFd">The lock, when it was taken on the way; else as it was.</param>
    public static StepDirectory Create(string spool, LaunchSpec spec, SpareDirectories spares, ref int lockFd)
    {
        var id = StepId.Of(spec.Key);
        var directory = new StepDirectory($"{spool}/{id.DirectoryName}", id);
        if (lockFd < 0)
            lockFd = spares.Take(directory.Path, out directory._usedScriptOwner);
        if (lockFd < 0)
        {
            Directory.CreateDirectory(directory.Path);
            File.SetUnixFileMode(directory.Path, Passable);
        }
        var isNew = lockFd < 0;
        try
        {
            directory.WriteWhole("spec", spec.ToByteArray());
        }
        catch (IOException) when (isNew)
        {
            Directory.Delete(directory.Path, recursive: true);
            throw;
        }
        return directory;
    }

    public static IEnumerable<StepDirectory> All(string spool)
    {
        foreach (var path in Directory.EnumerateDirectories(spool))
            if (StepId.TryParse(System.IO.Path.GetFileName(path), out var id))
                yield return new StepDirectory(path, id);
    }

    public LaunchSpec? ReadSpec() => Parse(LaunchSpec.Parser, "spec") is { Key: not null } spec && StepId.Of(spec.Key) == Id ? spec : null;

    public void WriteScript(ReadOnlySpan<byte> script, uint uid, uint gid)
    {
        _largest = Math.Max(_largest, script.Length);
        _scriptOwner = uid;
        if (_usedScriptOwner is { } owner)
        {
            if (owner == uid && RewriteScript(script, uid, gid))
                return;
            Posix.Unlink(UsedScriptPath);
        }
        const int Flags = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL | Posix.O_CLOEXEC;
        var fd = Posix.Open(ScriptPath, Flags, UsersScript);
        if (fd < 0 && Posix.LastErrno == Posix.EEXIST && Posix.Unlink(ScriptPath) == 0)
            fd = Posix.Open(ScriptPath, Flags, UsersScript);
        Posix.Checked(fd, ScriptPath);
        try
        {
            Posix.WriteAll(fd, script, ScriptPath);
            if (Posix.ChangeOwner(fd, uid, gid) < 0)
                throw new IOException($"{ScriptPath}: chown to {uid}:{gid}: {Posix.Describe(Posix.LastErrno)}");
        }
        finally
        {
            Posix.Close(fd);
        }
    }

    /// <summary>
    /// The file of this user's last script in this directory, if it is as it was made: no other name and no other rights, so that nobody but its owner
    /// could have it open. False: it is to be made anew.
    /// </summary>
    bool RewriteScript(ReadOnlySpan<byte> script, uint uid, uint gid)
    {
        const uint RegularFile = 0x8000;
        var fd = Posix.Open(UsedScriptPath, Posix.O_WRONLY | Posix.O_NOFOLLOW | Posix.O_CLOEXEC, 0);
        if (fd < 0)
            return false;
        try
        {
            if (!Posix.TryStatus(fd, out var found) || found.Links != 1 || found.Uid != uid || found.Gid != gid || found.Mode != (RegularFile | UsersScript))
                return false;
            Posix.Overwrite(fd, script, UsedScriptPath);
        }
        finally
        {
            Posix.Close(fd);
        }
        return Posix.Rename(UsedScriptPath, ScriptPath) == 0;
    }

    public void WriteReceipt(Receipt receipt) => WriteWhole("receipt", receipt.ToByteArray());
    public void WriteReport(StepExitedReport report) => WriteWhole("report", report.ToByteArray());
    public Receipt? ReadReceipt() => Parse(Receipt.Parser, "receipt");
    public StepExitedReport? ReadReport() => Parse(StepExitedReport.Parser, "report");
    public ExitRecord? ReadExit() => ReadWhole("exit") is { } bytes ? ShepherdWire.DecodeRecord(bytes) : null;

    public byte[] ReadResidue(int taskIndex, int stream) => ReadWhole($"out.{taskIndex}.{stream}") ?? [];

    public int TryLock()
    {
        var fd = Posix.Open(Path, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_CLOEXEC, 0);
        if (fd < 0)
            throw new IOException($"{Path}: {Posix.Describe(Posix.LastErrno)}");
        if (Posix.Flock(fd, Posix.LOCK_EX | Posix.LOCK_NB) == 0)
            return fd;
        Posix.Close(fd);
        return -1;
    }

    /// <summary>First what gives the directory its meaning, then the rest: a crash in between leaves nothing that could be started or reported again.</summary>
    /// <param name="spares">Where the directory may go to be used again; null: there may be more in it than what one agent's life and its shepherd leave.</param>
    public void Remove(SpareDirectories? spares)
    {
        if (spares is { HasRoom: true } && _largest <= KeptBytesMax && Strip() && spares.Keep(Path, _scriptOwner ?? _usedScriptOwner))
            return;
        File.Delete(Path + "/spec");
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>False when something is missing or will not go. The script is the user's own: it is used again for the same user alone.</summary>
    bool Strip() => Renamed("spec", "spec.tmp") && Renamed("exit", "exit.old") && Renamed("receipt", "receipt.tmp") && Renamed("report", "report.tmp")
        && (_scriptOwner is null || Renamed("script", "script.old"));

    bool Renamed(string from, string to) => Posix.Rename($"{Path}/{from}", $"{Path}/{to}") == 0;

    T? Parse<T>(MessageParser<T> parser, string name) where T : class, IMessage<T>
    {
        try
        {
            return ReadWhole(name) is { } bytes ? parser.ParseFrom(bytes) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    byte[]? ReadWhole(string name)
    {
        try
        {
            return File.ReadAllBytes($"{Path}/{name}");
        }
        catch (IOException)
        {
            return null;
        }
    }

    void WriteWhole(string name, ReadOnlySpan<byte> bytes)
    {
        var (final, temporary) = ($"{Path}/{name}", $"{Path}/{name}.tmp");
        _largest = Math.Max(_largest, bytes.Length);
        var fd = Posix.Checked(Posix.Open(temporary, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_NOFOLLOW | Posix.O_CLOEXEC, Private), temporary);
        try
        {
            Posix.Overwrite(fd, bytes, temporary);
        }
        finally
        {
            Posix.Close(fd);
        }
        Posix.Checked(Posix.Rename(temporary, final), final);
    }
}
