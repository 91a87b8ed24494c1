using System.Text;
using Stint.Server.Auth;

namespace Stint.Server.Hosting;

/// <summary>
/// The folders under STINT_HOME and the lock that makes one server own them.
/// Invariant: keys are created inside <see cref="Private"/>, which only the server's own user can enter.
/// </summary>
public sealed class HomeFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Everyone = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    private readonly FileStream lockFile;

    private HomeFolder(string path, FileStream lockFile)
    {
        Path = path;
        this.lockFile = lockFile;
    }

    public string Path { get; }
    public string Private => System.IO.Path.Combine(Path, "server");
    public string Socket => System.IO.Path.Combine(Path, "run", "stint.sock");
    public string PortFile => System.IO.Path.Combine(Path, "run", "port");
    public string File(string name) => System.IO.Path.Combine(Private, name);

    /// <summary>Makes the folders and takes the lock; throws <see cref="StartException"/> with a sentence when another server has it.</summary>
    public static HomeFolder Open(string path)
    {
        var folder = System.IO.Path.Combine(path, "server");
        var lockPath = System.IO.Path.Combine(folder, "lock");
        try
        {
            Directory.CreateDirectory(path, Everyone);
            Directory.CreateDirectory(folder, OwnerOnly);
            System.IO.File.SetUnixFileMode(folder, OwnerOnly);
            Directory.CreateDirectory(System.IO.Path.Combine(path, "run"), Everyone);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot make the state folder {folder}: {e.Message}", e);
        }
        if (Encoding.UTF8.GetByteCount(System.IO.Path.Combine(path, "run", "stint.sock")) > 107)
            throw new StartException($"the path {path}/run/stint.sock is longer than the 107 bytes a Unix socket may have; choose a shorter --home");
        return new HomeFolder(path, Lock(path, lockPath));
    }

    private static FileStream Lock(string home, string lockPath)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (Libc.TryLock(stream.SafeFileHandle))
            {
                stream.SetLength(0);
                stream.Write(Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
                stream.Flush();
                return stream;
            }
            var buffer = new byte[32];
            var length = stream.Read(buffer);
            stream.Dispose();
            throw new StartException($"another stint-server (pid {Encoding.ASCII.GetString(buffer, 0, length).Trim()}) runs on {home}; stop it first or choose another --home");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            stream?.Dispose();
            throw new StartException($"cannot open {lockPath}: {e.Message}", e);
        }
    }

    public void Dispose() => lockFile.Dispose();
}

/// <summary>The server cannot start, in one sentence for the terminal.</summary>
public sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
