using System.Diagnostics;
using Stint.Agent.Cgroups;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>A real process that joins a step's group before it runs a shell command.</summary>
internal sealed class Payload : IDisposable
{
    private readonly Process _process;

    public Payload(StepGroup group, string command)
    {
        var join = string.Concat(group.ProcsFiles.Select(f => $"echo 0 > {f}; "));
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{join}exec /bin/sh -c \"$0\"", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    public int Pid => _process.Id;

    public string Line() => _process.StandardOutput.ReadLine() ?? "";

    /// <summary>Exit code; 128 + signal as a shell says it.</summary>
    public async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(Patience.Seconds(20));
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    public static void Until(Func<bool> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience.Seconds(20), $"not within 20 s: {what}");
            Thread.Yield();
        }
    }
}
