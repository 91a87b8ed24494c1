using System.Globalization;
using System.Text;

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

    /// <summary>An exclusive flock(2), which goes with the process, whatever ends it. The pid is for people, in a file of its own.</summary>
    private static FileStream Lock(string home, string lockPath)
    {
        var pidPath = System.IO.Path.Combine(home, "server", "pid");
        try
        {
            var stream = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            System.IO.File.WriteAllText(pidPath, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
            return stream;
        }
        catch (IOException e) when (System.IO.File.Exists(lockPath) && e is not FileNotFoundException)
        {
            var pid = System.IO.File.Exists(pidPath) ? System.IO.File.ReadAllText(pidPath).Trim() : "unknown";
            throw new StartException($"another stint-server (pid {pid}) runs on {home}; stop it first or choose another --home", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot open {lockPath}: {e.Message}", e);
        }
    }

    public void Dispose() => lockFile.Dispose();
}

/// <summary>The server cannot start, in one sentence for the terminal.</summary>
public sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
