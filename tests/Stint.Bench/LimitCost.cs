using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Stint.Agent.Cgroups;
using Stint.Agent.Devices;
using Stint.Agent.Gpus;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Bench;

/// <summary>
/// What limits, receipt and removal add to a launch: the same steps by the same step host, one after the other, with groups and without, in turn in one
/// run. With groups: memory, swap, cpuset, pids and the device filter written and read back, counters read, group killed and removed.
/// </summary>
internal static class LimitCost
{
    private const int Rounds = 6;
    private const double TargetMsV1 = 2.0, TargetMsV2 = 1.5;

    public static int Run(int launches)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Console.WriteLine("not run: needs root");
            return 1;
        }
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Stint.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Stint.slnx above the bench");
        var home = Directory.CreateTempSubdirectory("stint-test-bench").FullName;
        File.SetUnixFileMode(home, (UnixFileMode)0b111_101_101);
        var layout = new CgroupProbe(KernelFiles.Instance).Look($"stint-test-bench-{Environment.ProcessId}", "n1");
        var map = new CpuMap([0], 1);
        var inventory = GresInventory.Take(DeviceTable.Default, [], detects: false, new CpuCores([[0]]));
        using var tree = CgroupOpening.Open(layout, map, 0, KernelFiles.Instance, TimeProvider.System, NullLogger.Instance, new NodeDevices(inventory, DeviceTable.Default, [], CdiSpecs.None));
        try
        {
            var shepherd = Path.Combine(folder, "native", "shepherd", "stint-shepherd");
            if (!File.Exists(shepherd)) shepherd = Path.Combine(folder, "lib", "stint-shepherd");
            using var bare = new Side(Path.Combine(home, "bare"), shepherd, new NoGroups());
            using var limited = new Side(Path.Combine(home, "limited"), shepherd, tree);
            var (without, with, bareCpu, limitedCpu) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            foreach (var side in new[] { bare, limited }) side.MsPerLaunch(launches / 4 + 10);      // warm
            for (var round = 0; round < Rounds; round++)
            {
                var began = CpuMs();
                without.Add(bare.MsPerLaunch(launches));
                var between = CpuMs();
                with.Add(limited.MsPerLaunch(launches));
                bareCpu.Add((between - began) / launches);
                limitedCpu.Add((CpuMs() - between) / launches);
            }
            return Print(layout, launches, (without.Min(), bareCpu.Min()), (with.Min(), limitedCpu.Min()));
        }
        finally
        {
            tree.RemoveRoot();
            Directory.Delete(home, recursive: true);
        }
    }

    /// <summary>Of this process and of what it has waited for: shepherds with their tasks. On a machine that is busy with other things it says more than the clock.</summary>
    private static double CpuMs()
    {
        const int UserTime = 11, Count = 4, MsPerTick = 10;      // of /proc/self/stat after the command: utime stime cutime cstime
        var fields = File.ReadAllText("/proc/self/stat").Split(") ")[^1].Split(' ');
        return fields.Skip(UserTime).Take(Count).Sum(f => double.Parse(f, CultureInfo.InvariantCulture)) * MsPerTick;
    }

    private static int Print(CgroupLayout layout, int launches, (double Wall, double Cpu) bare, (double Wall, double Cpu) limited)
    {
        var target = layout.Version == CgroupVersion.V1 ? TargetMsV1 : TargetMsV2;
        var (added, met) = (limited.Wall - bare.Wall, limited.Wall - bare.Wall <= target);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{layout.KernelName}, best of {Rounds} rounds of {launches} launches, one after the other (load {File.ReadAllText("/proc/loadavg").Split(' ')[0]} on {Environment.ProcessorCount} CPUs):"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bare launch     {bare.Wall,8:0.000} ms   {bare.Cpu,8:0.000} ms CPU"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"with limits     {limited.Wall,8:0.000} ms   {limited.Cpu,8:0.000} ms CPU   ratio {limited.Wall / bare.Wall:0.00}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"limits add      {added,8:0.000} ms   {limited.Cpu - bare.Cpu,8:0.000} ms CPU   target ≤ {target:0.0} ms {(met ? "met" : "MISSED")}"));
        return met ? 0 : 1;
    }

    /// <summary>A step host whose server answers at once.</summary>
    private sealed class Side : IStepReports, IDisposable
    {
        private readonly StepHost _host;
        private readonly SemaphoreSlim _over = new(0);
        private uint _job;

        public Side(string spool, string shepherd, ICgroups groups) => _host = new StepHost(new StepHostOptions(spool, shepherd), groups, this, TimeProvider.System, e => Console.Error.WriteLine(e.Message));

        public double MsPerLaunch(int launches)
        {
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < launches; i++)
            {
                _host.Launch(Spec(++_job));
                if (!_over.Wait(TimeSpan.FromSeconds(60))) throw new TimeoutException("a launch did not end");
            }
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds / launches;
        }

        public void Send(ToServer message)
        {
            if (message.ReportId != 0) _host.Acknowledged(message.ReportId);
            if (message.StepExited is not { } exited) return;
            if (exited.Outcome != Outcome.Exited) Console.Error.WriteLine(exited.Cause);
            _over.Release();
        }

        public void Dispose()
        {
            for (var began = Stopwatch.GetTimestamp(); _host.Holdings.Count > 0 && Stopwatch.GetElapsedTime(began).TotalSeconds < 20;) Thread.Yield();
            _host.Dispose();
            _over.Dispose();
        }

        private static LaunchSpec Spec(uint job) => new()
        {
            Key = new StepKey { JobId = job, StepId = StepId.Batch, Attempt = 1 }, Uid = 65534, Gid = 65534, User = "nobody", JobName = "bench", Node = "n1", WorkDir = "/",
            StdOut = "/dev/null", TaskIds = { 0 }, TotalTasks = 1, GraceMs = 1000, WallLimitMs = 60_000, Payload = new LaunchPayload { Arguments = { ByteString.CopyFromUtf8("/bin/true") }, Umask = 0b010_010 },
            Limits = new Limits { MemoryBytes = 64 << 20, PidsMax = 64, Cpus = ByteString.CopyFrom(1) },
        };
    }

    private sealed class NoGroups : ICgroups
    {
        public void Freeze(StepGroup group, bool frozen) { }
        public IReadOnlyList<Capability> Capabilities => [];
        public StepGroup Create(StepKey key, uint uid, Limits limits) => new(key, uid, [], "", new Receipt());
        public StepGroup? Find(StepKey key, uint uid) => null;
        public Measured Measure(StepGroup group) => new();
        public void SignalAll(StepGroup group, int signal) { }
        public bool KillAndRemove(StepGroup group, TimeSpan deadline) => true;
        public IReadOnlyList<Drift> Audit(IReadOnlyList<LiveStep> steps) => [];
        public StepUsage? Use(StepKey key, uint uid) => null;
        public bool IsJobGone(uint jobId, uint uid) => true;
        public void RemoveStrays(IReadOnlyCollection<(uint JobId, uint StepId)> known) { }
        public void RemoveRoot() { }
        public UserLimitsReport SetUserLimits(uint uid, UserLimits limits, bool checkOnly) => new() { Uid = uid };
        public IReadOnlyList<UserUse> UserUses() => [];
        public void RemoveJob(uint jobId, TimeSpan deadline) { }
    }
}
