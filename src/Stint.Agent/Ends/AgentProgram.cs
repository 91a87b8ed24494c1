using System.Diagnostics;
using System.Text;
using Stint.Agent.Cgroups;

namespace Stint.Agent.Ends;

/// <summary>
/// Runs an administrator's program as root in a group of its own, with a deadline. Whatever it started is killed with it: a program that wants to
/// leave a daemon behind must ask the host's own service manager for it.
/// </summary>
/// <param name="stopping">The agent stops: what runs is killed and counts as not begun.</param>
internal sealed class AgentProgram(HookGroups groups, string folder, CancellationToken stopping = default)
{
    private const int OutputCharsMax = 300, CannotJoin = 125;
    private static readonly TimeSpan KillDeadline = TimeSpan.FromSeconds(10), Look = TimeSpan.FromMilliseconds(200);
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // The shell joins the group before it becomes the program: nothing the program does happens outside.
    private const string Wrapper = """
        out=$1; n=$2; shift 2
        while [ "$n" -gt 0 ]; do echo 0 > "$1" || exit 125; shift; n=$((n-1)); done
        exec "$@" >"$out" 2>&1 </dev/null
        """;

    /// <summary>Null: it ended with 0 in time. Otherwise one sentence: program, how it ended, the first line that it wrote. Blocks until then. Throws only <see cref="OperationCanceledException"/>.</summary>
    /// <param name="name">Of its group: unique among those that run now.</param>
    public string? Run(string path, string name, IEnumerable<KeyValuePair<string, string>> environment, TimeSpan deadline)
    {
        if (Untrusted(path) is { } why) return why;
        var output = Path.Combine(folder, $"{name}.out");
        try
        {
            Directory.CreateDirectory(folder);
            return Judge(path, Start(path, name, output, environment), name, output, deadline);
        }
        catch (CgroupException refused) { return $"{path}: {refused.Message}"; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception) { return $"{path}: {e.Message}"; }
        finally
        {
            File.Delete(output);
        }
    }

    private Process Start(string path, string name, string output, IEnumerable<KeyValuePair<string, string>> environment)
    {
        var files = groups.Make(name);
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/", RedirectStandardInput = true };
        foreach (var argument in (IEnumerable<string>)["-c", Wrapper, "stint-agent", output, files.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), .. files, path])
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (var (key, value) in environment) start.Environment[key] = value;
        return Process.Start(start) ?? throw new IOException("it could not be started");
    }

    private string? Judge(string path, Process process, string name, string output, TimeSpan deadline)
    {
        using (process)
        {
            var inTime = Wait(process, deadline);
            groups.Remove(name, KillDeadline);
            process.WaitForExit();
            stopping.ThrowIfCancellationRequested();
            var said = FirstLine(output);
            if (!inTime) return $"{path} did not end within {deadline.TotalSeconds:0.###} s and was killed{said}";
            if (process.ExitCode == CannotJoin && said.Length == 0) return $"{path} could not be put into its group";
            return process.ExitCode == 0 ? null : $"{path} ended with {(process.ExitCode > 128 ? $"signal {process.ExitCode - 128}" : $"exit code {process.ExitCode}")}{said}";
        }
    }

    private bool Wait(Process process, TimeSpan deadline)
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < deadline && !stopping.IsCancellationRequested;)
        {
            var left = deadline - Stopwatch.GetElapsedTime(began);
            if (process.WaitForExit(left < Look ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : Look)) return true;
        }
        return process.HasExited;
    }

    /// <summary>Root runs what root alone can change.</summary>
    private static string? Untrusted(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) return $"{path} does not exist";
        if ((file.UnixFileMode & WritableByOthers) != 0) return $"{path} can be written by others than its owner; it is not run";
        var fd = Launch.Posix.Open(path, Launch.Posix.O_RDONLY | Launch.Posix.O_CLOEXEC, 0);
        if (fd < 0) return $"{path}: {Launch.Posix.Describe(Launch.Posix.LastErrno)}";
        var known = Launch.Posix.TryStatus(fd, out var status);
        _ = Launch.Posix.Close(fd);
        return known && status.Uid == 0 ? null : $"{path} does not belong to root; it is not run";
    }

    private static string FirstLine(string output)
    {
        try
        {
            using var reader = new StreamReader(output, Encoding.UTF8);
            var buffer = new char[OutputCharsMax];
            var text = new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end >= 0) text = text[..end];
            return text.Length == 0 ? "" : $": {new string([.. text.Select(c => char.IsControl(c) ? '?' : c)])}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
