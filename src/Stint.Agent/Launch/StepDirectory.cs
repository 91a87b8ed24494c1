using System.Runtime.InteropServices;
using Google.Protobuf;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// What outlives the agent of one step: <c>spool/&lt;job&gt;.&lt;step&gt;.&lt;attempt&gt;/</c>.
/// <list type="bullet">
/// <item><c>spec</c> — boot id and LaunchSpec. Written by rename before anything is started; removed first. Without it the directory means nothing.</item>
/// <item><c>script</c> — the user's script, the user's own.</item>
/// <item><c>receipt</c> — the Receipt, written before the shepherd starts.</item>
/// <item><c>ctl</c> — the shepherd's socket: it exists from before the first fork, so without it no task ever ran.</item>
/// <item><c>exit</c> — the shepherd's exit record. <c>report</c> — the StepExitedReport, written before the group and its counters go.</item>
/// <item>the flock on the directory itself — held by whoever is starting the step, then by its shepherd through the same open file: "alive" without pids.</item>
/// </list>
/// A step is never started in a boot other than the one its order came in.
/// </summary>
internal sealed class StepDirectory
{
    static readonly string BootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
    const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    StepDirectory(string path, StepId id) => (Path, Id) = (path, id);

    public string Path { get; }
    public StepId Id { get; }
    public string ScriptPath => Path + "/script";
    public string ControlPath => Path + "/ctl";
    public bool WasSpawned => File.Exists(ControlPath);

    /// <summary>Makes the spool so that users reach their scripts in it and can list nothing.</summary>
    public static void MakeSpool(string spool)
    {
        Directory.CreateDirectory(spool);
        File.SetUnixFileMode(spool, Passable);
    }

    public static StepDirectory Create(string spool, LaunchSpec spec)
    {
        var id = StepId.Of(spec.Key);
        var directory = new StepDirectory($"{spool}/{id.DirectoryName}", id);
        Directory.CreateDirectory(directory.Path);
        File.SetUnixFileMode(directory.Path, Passable);
        var boot = System.Text.Encoding.ASCII.GetBytes(BootId + "\n");
        directory.WriteWhole("spec", [.. boot, .. spec.ToByteArray()]);
        return directory;
    }

    public static IEnumerable<StepDirectory> All(string spool)
    {
        foreach (var path in Directory.EnumerateDirectories(spool))
            if (StepId.TryParse(System.IO.Path.GetFileName(path), out var id))
                yield return new StepDirectory(path, id);
    }

    /// <summary>Null when the directory is one half made or half removed. <c>sameBoot</c>: whether processes of it can still be there.</summary>
    public (LaunchSpec Spec, bool SameBoot)? ReadSpec()
    {
        if (ReadWhole("spec") is not { } bytes || Array.IndexOf(bytes, (byte)'\n') is not (> 0 and var end))
            return null;
        try
        {
            var spec = LaunchSpec.Parser.ParseFrom(bytes.AsSpan(end + 1));
            return spec.Key is not null && StepId.Of(spec.Key) == Id ? (spec, System.Text.Encoding.ASCII.GetString(bytes, 0, end) == BootId) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public void WriteScript(ReadOnlySpan<byte> script, uint uid, uint gid)
    {
        if (File.Exists(ScriptPath))
            File.Delete(ScriptPath);
        using (var file = new FileStream(ScriptPath, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserExecute,
        }))
            file.Write(script);
        if (Posix.Chown(ScriptPath, uid, gid) < 0)
            throw new IOException($"{ScriptPath}: chown to {uid}:{gid}: {Posix.Describe(Posix.LastErrno)}");
    }

    public void WriteReceipt(Receipt receipt) => WriteWhole("receipt", receipt.ToByteArray());
    public void WriteReport(StepExitedReport report) => WriteWhole("report", report.ToByteArray());
    public Receipt? ReadReceipt() => Parse(Receipt.Parser, "receipt");
    public StepExitedReport? ReadReport() => Parse(StepExitedReport.Parser, "report");
    public ExitRecord? ReadExit() => ReadWhole("exit") is { } bytes ? ShepherdWire.DecodeRecord(bytes) : null;

    /// <summary>What was left in a pipe when the step ended without an agent.</summary>
    public byte[] ReadResidue(int taskIndex, int stream) => ReadWhole($"out.{taskIndex}.{stream}") ?? [];

    /// <summary>The lock's descriptor, or -1 when somebody else holds it: a living shepherd.</summary>
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
    public void Remove()
    {
        File.Delete(Path + "/spec");
        Directory.Delete(Path, recursive: true);
    }

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
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = Private }))
            file.Write(bytes);
        File.Move(temporary, final, overwrite: true);
    }
}
