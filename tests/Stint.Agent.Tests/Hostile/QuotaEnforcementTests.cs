using System.Diagnostics;
using System.Globalization;
using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Fractions of a CPU: all of a user's processes together get no more than the quota, however many there are.</summary>
public sealed class QuotaEnforcementTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [RootFact]
    public void Processes_that_spin_get_the_quota_and_no_more_and_the_receipt_says_which()
    {
        _world.Host.Launch(_world.Batch(1, "for i in 1 2 3; do while :; do :; done & done; wait", s => s.Limits.User = new UserLimits { Tier = "student", CpuMilli = 250 }));
        var row = _world.Reports.Started(1).Receipt.Rows.Single(r => r.Resource == "user cpu");
        Assert.Equal((true, "0.25", "tier student"), (row.Enforced, row.Allocated, row.Requested));
        Assert.Equal(row.Written, row.ReadBack);
        var group = _world.Groups.Find(new StepKey { JobId = 1, StepId = Agent.Launch.StepId.Batch, Attempt = 1 }, World.Nobody)!;
        double Used() => _world.Groups.Measure(group) is var m ? (m.CpuUserUs + m.CpuSystemUs) / 1e6 : 0;
        World.Until(() => Used() > 0.1, "the first use");
        var (began, before) = (Stopwatch.GetTimestamp(), Used());
        World.Until(() => Stopwatch.GetElapsedTime(began).TotalSeconds > 3, "three seconds");
        var share = (Used() - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        Assert.InRange(share, 0.0, 0.25 * 1.4);      // two processors each hand out slices of 5 ms ahead, and the machine may be busy
        var stat = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(row.File)!, "cpu.stat")).First(l => l.StartsWith("nr_throttled ", StringComparison.Ordinal));
        Assert.True(long.Parse(stat.Split(' ')[1], CultureInfo.InvariantCulture) > 5, stat);
        _world.Host.EndJob(new EndJob { JobId = 1, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(1);
    }
}
