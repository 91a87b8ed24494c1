using System.Diagnostics;
using Stint.Cli.Host;
using Stint.Cli.Options;

namespace Stint.Cli.Slurm.Salloc;

/// <summary>The command of an allocation: a child of this process, on the same terminal, in the environment of the job.</summary>
internal sealed class ChildCommand : IDisposable
{
    private readonly Process _process;

    private ChildCommand(Process process) => _process = process;

    /// <summary>As a shell looks for it; null: there is none.</summary>
    public static string? Find(CommandContext context, string name)
    {
        if (name.Contains('/')) return IsProgram(Path.GetFullPath(name, context.WorkingDirectory)) ? name : null;
        foreach (string folder in (context.Environment.TryGetValue("PATH", out string? path) ? path : "/usr/bin:/bin").Split(':'))
            if (Path.Combine(Path.GetFullPath(folder.Length == 0 ? "." : folder, context.WorkingDirectory), name) is var full && IsProgram(full)) return full;
        return null;
    }

    private static bool IsProgram(string path)
    {
        try { return File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static ChildCommand Start(CommandContext context, LaunchOptions options, string program, string[] command, IReadOnlyDictionary<string, string> job)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, WorkingDirectory = SubmitRequests.WorkDir(context, options) };
        foreach (string argument in command.Skip(1)) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in context.Environment) start.Environment[name] = value;
        foreach (var (name, value) in job) start.Environment[name] = value;
        return new ChildCommand(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"));
    }

    /// <summary>Its exit code; 128 + signal.</summary>
    public async Task<int> EndedAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public void Signal(int signal)
    {
        if (!_process.HasExited) Daemon.Signal(_process.Id, signal);
    }

    public void Dispose() => _process.Dispose();
}
