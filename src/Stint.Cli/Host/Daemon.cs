using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Stint.Cli.Host;

/// <summary>A background process of this machine, known by its pid file. A pid file whose process is another program counts as stale.</summary>
public static partial class Daemon
{
    public const int Terminate = 15, Kill = 9;

    /// <summary>Starts a program in a session of its own, stdin from /dev/null, output appended to a file; writes the pid file.</summary>
    /// <exception cref="IOException">posix_spawn failed; the message names the program and the errno.</exception>
    public static unsafe int Start(string program, IReadOnlyList<string> arguments, string outputFile, string pidFile)
    {
        Span<byte> actions = stackalloc byte[256], attributes = stackalloc byte[512];
        fixed (byte* a = actions, t = attributes)
        {
            posix_spawn_file_actions_init(a);
            posix_spawnattr_init(t);
            try
            {
                posix_spawnattr_setflags(t, SetSession);
                posix_spawn_file_actions_addopen(a, 0, "/dev/null", 0, 0);
                posix_spawn_file_actions_addopen(a, 1, outputFile, WriteAppendCreate, 0x1A0);
                posix_spawn_file_actions_adddup2(a, 1, 2);
                posix_spawn_file_actions_addclosefrom_np(a, 3);
                string?[] argv = [program, .. arguments, null];
                string?[] environment = [.. EnvironmentLines(), null];
                var error = posix_spawn(out var pid, program, a, t, argv, environment);
                if (error != 0) throw new IOException($"cannot start {program}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");
                File.WriteAllText(pidFile, pid.ToString(CultureInfo.InvariantCulture) + "\n");
                return pid;
            }
            finally
            {
                posix_spawn_file_actions_destroy(a);
                posix_spawnattr_destroy(t);
            }
        }
    }

    /// <summary>The running process of a pid file, or null. <paramref name="name"/> is its process name (comm).</summary>
    public static int? Find(string pidFile, string name)
    {
        try
        {
            if (!int.TryParse(File.ReadAllText(pidFile).Trim(), CultureInfo.InvariantCulture, out var pid)) return null;
            return File.ReadAllText($"/proc/{pid}/comm").Trim() == name && !IsZombie(pid) ? pid : null;
        }
        catch (IOException) { return null; }
        catch (UnauthorizedAccessException) { return null; }
    }

    /// <summary>Sends SIGTERM, waits, then SIGKILL. True when it went without SIGKILL.</summary>
    public static async Task<bool> StopAsync(int pid, TimeSpan patience, CancellationToken cancellation)
    {
        kill(pid, Terminate);
        if (await GoneAsync(pid, patience, cancellation)) return true;
        kill(pid, Kill);
        await GoneAsync(pid, TimeSpan.FromSeconds(5), cancellation);
        return false;
    }

    public static void Signal(int pid, int signal) => kill(pid, signal);

    private static async Task<bool> GoneAsync(int pid, TimeSpan patience, CancellationToken cancellation)
    {
        var limit = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (Directory.Exists($"/proc/{pid}") && !IsZombie(pid))
        {
            if (Environment.TickCount64 > limit) return false;
            await Task.Delay(20, cancellation);
        }
        waitpid(pid, 0, NoHang);
        return true;
    }

    private static bool IsZombie(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var close = stat.LastIndexOf(')');
            return close > 0 && close + 2 < stat.Length && stat[close + 2] == 'Z';
        }
        catch (IOException) { return true; }
    }

    /// <summary>A daemon starts with a plain environment: nothing of the admin's session leaks into jobs.</summary>
    private static IEnumerable<string> EnvironmentLines()
    {
        foreach (var name in (string[])["PATH", "LANG", "LC_ALL", "TZ", "DOTNET_ROOT", "HOME"])
            if (Environment.GetEnvironmentVariable(name) is { } value) yield return $"{name}={value}";
        yield return "DOTNET_gcServer=0";
    }

    private const short SetSession = 0x80;
    private const int WriteAppendCreate = 0x1 | 0x400 | 0x40;
    private const int NoHang = 1;

    [LibraryImport("libc")] private static partial int kill(int pid, int signal);
    [LibraryImport("libc")] private static partial int waitpid(int pid, nint status, int options);
    [LibraryImport("libc")] private static unsafe partial int posix_spawn_file_actions_init(byte* actions);
    [LibraryImport("libc")] private static unsafe partial int posix_spawn_file_actions_destroy(byte* actions);
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)] private static unsafe partial int posix_spawn_file_actions_addopen(byte* actions, int fd, string path, int flags, uint mode);
    [LibraryImport("libc")] private static unsafe partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int target);
    [LibraryImport("libc")] private static unsafe partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);
    [LibraryImport("libc")] private static unsafe partial int posix_spawnattr_init(byte* attributes);
    [LibraryImport("libc")] private static unsafe partial int posix_spawnattr_destroy(byte* attributes);
    [LibraryImport("libc")] private static unsafe partial int posix_spawnattr_setflags(byte* attributes, short flags);
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)] private static unsafe partial int posix_spawn(out int pid, string path, byte* actions, byte* attributes, string?[] argv, string?[] environment);
}
