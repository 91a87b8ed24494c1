using System.Diagnostics;
using System.Globalization;

namespace Stint.Bench;

/// <summary>One implementation of the Slurm commands, started on this machine with the partitions p64 (4 × 16) and p2 (1 × 2).</summary>
internal abstract class Side(string name, string cpuGroup)
{
    public string Name { get; } = name;
    protected Dictionary<string, string> Environment { get; } = new() { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
    protected string CpuGroup { get; } = Path.Combine("/sys/fs/cgroup/cpuacct", cpuGroup);

    public abstract void Start();
    public abstract void Stop();

    public string Shell(string command, bool mustSucceed = true, bool measured = false)
    {
        // With measured, what the command starts counts as this side's CPU (v1 cpuacct); clients never do.
        var line = measured && Directory.Exists(Path.GetDirectoryName(CpuGroup)) ? $"mkdir -p {CpuGroup} && echo $$ > {CpuGroup}/tasks; {command}" : command;
        var start = new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/tmp" };
        start.Environment.Clear();
        foreach (var (key, value) in Environment) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (mustSucceed && process.ExitCode != 0) throw new InvalidOperationException($"{Name}: {command}: exit {process.ExitCode}\n{output}{error.Result}");
        return output.Trim();
    }

    /// <summary>CPU seconds of all daemons, step parents and jobs so far; NaN where the kernel has no cpuacct hierarchy.</summary>
    public double CpuSeconds() =>
        File.Exists($"{CpuGroup}/cpuacct.usage") ? long.Parse(File.ReadAllText($"{CpuGroup}/cpuacct.usage"), CultureInfo.InvariantCulture) / 1e9 : double.NaN;

    public void Drain(string partition)
    {
        while (Shell($"squeue -h -p {partition} -o %i").Length > 0) Thread.Sleep(50);
    }

    /// <summary>From submission to the last end, by the commands alone.</summary>
    public (double JobsPerSecond, double CpuMsPerJob) ArrayThroughput(int tasks, string partition)
    {
        var cpu = CpuSeconds();
        var clock = Stopwatch.StartNew();
        Shell($"sbatch -p {partition} -t 5 --array=1-{tasks} -o /dev/null --wrap true");
        Drain(partition);
        var seconds = clock.Elapsed.TotalSeconds;
        return (tasks / seconds, (CpuSeconds() - cpu) * 1000 / tasks);
    }

    public double MedianMs(string command, int runs)
    {
        var times = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            var clock = Stopwatch.StartNew();
            Shell("exec " + command);
            times[i] = clock.Elapsed.TotalMilliseconds;
        }
        Array.Sort(times);
        return times[runs / 2];
    }
}
