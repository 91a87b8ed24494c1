using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Launch;
using Stint.Agent.Tests.Devices;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Ends;

/// <summary>
/// Random launches, kills and crashes of agent and shepherd, from a seed. After the last one nothing may be left: no group, no process, no shepherd, no
/// step directory, no hook that is owed. 200 rounds each day; STINT_ROUNDS=1000 for the long run, STINT_SEED=n to repeat one.
/// </summary>
public sealed class RoundTests : IDisposable
{
    private const int RoundsEveryDay = 200;
    private readonly DeviceLab _lab = new();
    private readonly World _world;
    private readonly Random _random;
    private readonly Xunit.Abstractions.ITestOutputHelper _output;
    private readonly HashSet<uint> _programs = [];
    private int _crashes, _kills;
    private readonly int _rounds = Setting("STINT_ROUNDS", RoundsEveryDay), _seed = Setting("STINT_SEED", 20_26);
    private uint _job = 1_000;

    public RoundTests(Xunit.Abstractions.ITestOutputHelper output)
    {
        _output = output;
        _world = new World(devices: _lab.Devices, hookDeadline: Patience.Seconds(20));
        _random = new Random(_seed);
    }

    public void Dispose()
    {
        _world.Dispose();
        _lab.Dispose();
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : otherwise;

    [RootFact]
    public void Nothing_is_left_behind_by_random_launches_kills_and_crashes()
    {
        _world.Program("epilog.d/e", "exit 0");
        _world.Program("prolog.d/p", "[ $((SLURM_JOB_ID % 17)) -ne 0 ]");
        for (var round = 0; round < _rounds; round++)
        {
            var jobs = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Launch()).ToList();
            Disturb(jobs);
            foreach (var job in jobs) _world.Host.EndJob(new EndJob { JobId = job, Attempt = 1, Reason = EndReason.EndCancelled, GraceMs = _random.Next(0, 30) });
            try { World.Until(() => jobs.TrueForAll(IsGone), "gone", 60); }
            catch (TimeoutException) { Assert.Fail($"round {round}, seed {_seed}: jobs {string.Join(',', jobs)} are not gone; left: {string.Join(' ', _world.Tree.Left())}"); }
            Acknowledge();
            if (round % 10 == 9) CheckNothingIsLeft(round);
        }
        CheckNothingIsLeft(_rounds);
        Restart();      // a living agent keeps the programs of the rule sets that it used; a dead one none
        World.Until(() => _programs.RemoveWhere(IsUnloaded) >= 0 && _programs.Count == 0, $"device programs {string.Join(' ', _programs)} are left", 30);
        Say($"{_rounds} rounds from seed {_seed}: {_job - 1_000} jobs, {_crashes} deaths of the agent, {_kills} of shepherds; nothing is left");
    }

    private void Say(string sentence)
    {
        _output.WriteLine(sentence);
        if (Environment.GetEnvironmentVariable("STINT_MEASURED") is { Length: > 0 } file) File.AppendAllText(file, $"  measured: {sentence}\n");
    }

    private uint Launch()
    {
        var job = ++_job;
        string[] scripts =
        [
            "true", "sleep 100", "exit 3", "(setsid bash -c \"trap '' TERM HUP INT; while :; do sleep 0.01; done\" &) ; sleep 0.02", "for i in $(seq 40); do sleep 50 & done 2>/dev/null; wait",
            "head -c 100M /dev/zero | tail -c 90M > /dev/null", "kill -STOP $$", "kill -9 $$", "trap '' TERM; while :; do sleep 0.01; done",
        ];
        var script = scripts[_random.Next(scripts.Length)];
        void Change(LaunchSpec spec)
        {
            spec.Limits.MemoryBytes = 24 << 20;
            spec.Limits.PidsMax = 24;
            spec.GraceMs = 20;
            if (_random.Next(4) == 0) spec.WallLimitMs = _random.Next(1, 60);
            if (_random.Next(4) == 0) spec.Limits.Gres.Add(new GresGrant { Name = "gpu", Type = "alpha", Indices = { (uint)_random.Next(4) }, Count = 1 });
            if (_random.Next(12) == 0) spec.WorkDir = "/nowhere";
        }
        var launch = _random.Next(3) == 0 ? _world.Srun(job, script, Change) : _world.Batch(job, script, Change);
        _world.Host.Launch(launch);
        if (_random.Next(5) == 0) _world.Host.Launch(launch);
        if (_random.Next(5) == 0) _world.Host.Launch(_world.Srun(job, "sleep 100", s => s.Key.StepId = 1));
        return job;
    }

    /// <summary>Something goes wrong, at a moment that chance chooses; or nothing does.</summary>
    private void Disturb(List<uint> jobs)
    {
        switch (_random.Next(6))
        {
            case 0:
                var points = new[] { "spec", "group", "files", "spawned", "report", "removed" };
                var (at, count) = (points[_random.Next(points.Length)], 0);
                _world.Checkpoint = point => { if (point == at && Interlocked.Increment(ref count) == 1) throw new AgentDied(); };
                Pause();
                Restart();
                break;
            case 1:
                Pause();
                foreach (var pid in _world.Shepherds()) Kill(pid);
                break;
            case 2:
                Pause();
                foreach (var pid in _world.Shepherds()) if (_random.Next(2) == 0) Kill(pid);
                Restart();
                break;
            case 3:
                Restart();
                break;
            case 4:
                _world.Host.Signal(new SignalStep { JobId = jobs[0], Signal = _random.Next(1, 16), Full = true });
                break;
            default:
                Pause();
                break;
        }
    }

    private void Pause() => Thread.Sleep(_random.Next(0, 40));

    private void Kill(int pid)
    {
        _kills++;
        World.Kill(pid);
    }

    private void Restart()
    {
        _crashes++;
        NotePrograms();
        _world.Die();
        _world.Checkpoint = null;
        _world.Start();
    }

    private bool IsGone(uint job) => _world.Groups.IsJobGone(job, World.Nobody) && _world.Reports.All.Any(m => m.JobReleased?.JobId == job || (m.StepExited is { JobReleased: true } e && e.Key.JobId == job));

    /// <summary>The server commits everything that it was told.</summary>
    private void Acknowledge()
    {
        World.Until(() =>
        {
            foreach (var report in _world.Host.Unacknowledged) _world.Host.Acknowledged(report.ReportId);
            return _world.Host.Holdings.Count == 0;
        }, $"the spool is not empty (seed {_seed})", 60);
    }

    private void CheckNothingIsLeft(int round)
    {
        var what = $"after round {round} of seed {_seed}";
        try { World.Until(() => _world.Shepherds().Count == 0, what, 30); }
        catch (TimeoutException) { Assert.Fail($"shepherds {what}: {string.Join("; ", _world.Shepherds().Select(Describe))}"); }
        Assert.True(Directory.GetFiles(_world.Home + "/hooks").Length == 0, $"hooks are owed {what}");
        var groups = _world.Tree.Left().Where(g => g.Contains("/j", StringComparison.Ordinal) || g.Contains("/hooks", StringComparison.Ordinal)).ToList();
        Assert.True(groups.Count == 0, $"groups {what}: {string.Join(' ', groups)}");
        var processes = Directory.EnumerateDirectories("/proc").Where(IsOurs).ToList();
        Assert.True(processes.Count == 0, $"processes {what}: {string.Join(' ', processes)}");
        Assert.True(!Directory.Exists("/run/systemd/system") || Directory.GetFileSystemEntries("/run/systemd/system", "*stint-test*").Length == 0, $"drop-ins {what}");
    }

    /// <summary>On v2 a receipt names the program that filters; ids are not used again.</summary>
    private void NotePrograms()
    {
        foreach (var row in _world.Reports.All.Where(m => m.StepStarted?.Receipt is not null).SelectMany(m => m.StepStarted.Receipt.Rows))
            if (row.Resource == "devices" && row.ReadBack.StartsWith("program id ", StringComparison.Ordinal)) _programs.Add(uint.Parse(row.ReadBack[11..].Split(',')[0], CultureInfo.InvariantCulture));
    }

    internal static bool IsUnloaded(uint program)
    {
        var errno = Agent.Cgroups.V2.DevicePrograms.Instance.Open(program, out var descriptor);
        if (errno == 0) _ = Posix.Close(descriptor);
        return errno == Agent.Kernel.Errno.NoEntry;
    }

    private static string Describe(int pid)
    {
        var arguments = File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
        return $"{pid} {arguments}in {new FileInfo($"/proc/{pid}/cwd").LinkTarget} at {File.ReadAllText($"/proc/{pid}/wchan")}, children {File.ReadAllText($"/proc/{pid}/task/{pid}/children")}";
    }

    private bool IsOurs(string process)
    {
        try { return File.Exists(process + "/cgroup") && File.ReadAllText(process + "/cgroup").Contains(_world.Tree.Root + "/", StringComparison.Ordinal); }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException) { return false; }
    }
}
