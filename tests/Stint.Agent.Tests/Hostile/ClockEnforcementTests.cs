using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Clocks that jump, as by an administrator, NTP, DST or a suspended machine: the wall limit is kept to the second.</summary>
public sealed class ClockEnforcementTests
{
    /// <summary>The shepherd's source with a clock of day that is a day ahead, then an hour behind, and so on, five times a second.</summary>
    private static string JumpingShepherd(string folder, [CallerFilePath] string here = "")
    {
        const string jumps = """
            #include <time.h>
            int __real_clock_gettime(clockid_t id, struct timespec *t);
            int __wrap_clock_gettime(clockid_t id, struct timespec *t)
            {
                struct timespec up;
                int result = __real_clock_gettime(id, t);
                if (id == CLOCK_REALTIME && __real_clock_gettime(CLOCK_BOOTTIME, &up) == 0) t->tv_sec += up.tv_nsec / 200000000 % 2 ? 86400 : -3600;
                return result;
            }
            time_t __wrap_time(time_t *to) { struct timespec t; __wrap_clock_gettime(CLOCK_REALTIME, &t); if (to) *to = t.tv_sec; return t.tv_sec; }
            """;
        var source = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../native/shepherd/shepherd.c"));
        File.WriteAllText(folder + "/jumps.c", jumps);
        using var gcc = Process.Start("gcc", ["-O1", "-static", "-Wl,--wrap=clock_gettime,--wrap=time", "-o", folder + "/stint-shepherd", source, folder + "/jumps.c"]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return folder + "/stint-shepherd";
    }

    private sealed class JumpingTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + (Environment.TickCount64 / 200 % 2 == 0 ? TimeSpan.FromDays(1) : TimeSpan.FromHours(-1));
    }

    private static double Seconds(string text) => long.Parse(text, CultureInfo.InvariantCulture) / 1e9;

    [NeedsFact("/usr/bin/gcc")]
    public void A_clock_of_day_that_jumps_by_a_day_and_an_hour_moves_no_limit_no_grace_and_no_warning()
    {
        var folder = Directory.CreateTempSubdirectory("stint-test-clock-").FullName;
        try
        {
            using var world = new World(start: false, shepherd: JumpingShepherd(folder)) { Time = new JumpingTime() };
            world.Start();
            // What the job itself reads is the kernel's: /proc/uptime, which nobody sets.
            var exit = world.Run(world.Batch(1, """
                now() { read up rest < /proc/uptime; echo ${up/./}0000000; }
                trap 'now > warned' USR1; trap 'now > term' TERM; now > start; while :; do sleep 0.02; done
                """, s => (s.WallLimitMs, s.GraceMs, s.WarnBeforeMs, s.WarnSignal, s.WarnBatchOnly) = (3000, 1000, 1500, 10, true)), 30);
            Assert.Equal(Outcome.TimeLimit, exit.Outcome);
            var (start, warned, term) = (Seconds(world.Read("start")), Seconds(world.Read("warned")), Seconds(world.Read("term")));
            Assert.InRange(warned - start, 0.5, 2.5);      // 1.5 s, ± 1
            Assert.InRange(term - start, 2.0, 4.0);        // 3 s, ± 1
            var up = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
            Assert.InRange(up - term, 0.5, 4.0 * Patience.Factor);      // the grace of 1 s, and the report
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A machine that was suspended past the limit: time stood still for everybody but CLOCK_BOOTTIME. The first thing after it woke is the end.</summary>
    [RootFact]
    public void A_limit_that_passed_while_the_shepherd_stood_still_is_kept_when_it_goes_on()
    {
        using var world = new World();
        world.Host.Launch(world.Batch(1, "trap 'touch term' TERM; touch ready; while :; do sleep 0.02; done", s => (s.WallLimitMs, s.GraceMs) = (1500 * Patience.Factor, 200 * Patience.Factor)));
        World.Until(() => File.Exists(world.Public + "/ready"), "the job");
        var shepherd = Assert.Single(world.Shepherds());
        using (var stop = Process.Start("kill", ["-STOP", $"{shepherd}"])) stop.WaitForExit();
        var began = Stopwatch.GetTimestamp();
        World.Until(() => Stopwatch.GetElapsedTime(began) > Patience.Seconds(3), "twice that");
        Assert.False(File.Exists(world.Public + "/term"));
        using (var go = Process.Start("kill", ["-CONT", $"{shepherd}"])) go.WaitForExit();
        began = Stopwatch.GetTimestamp();
        World.Until(() => File.Exists(world.Public + "/term"), "the end");
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 1.0 * Patience.Factor);
        Assert.Equal(Outcome.TimeLimit, world.Reports.Exited(1).Outcome);
    }

    /// <summary>Where the machine is ours to set: its real clock is set a day on, and back.</summary>
    [GuestFact]
    public void The_machines_own_clock_set_a_day_on_and_back_moves_no_limit()
    {
        using var world = new World();
        world.Host.Launch(world.Batch(1, "read up rest < /proc/uptime; echo $up > start; trap 'read up rest < /proc/uptime; echo $up > term' TERM; while :; do sleep 0.02; done", s => (s.WallLimitMs, s.GraceMs) = (6000, 500)));
        World.Until(() => File.Exists(world.Public + "/start") && world.Read("start").Length > 1, "the job");
        foreach (var by in (string[])["+1 day", "-1 day", "-2 hours", "+2 hours"])
        {
            using var date = Process.Start("date", ["-s", by]);
            date.WaitForExit();
            Assert.Equal(0, date.ExitCode);
        }
        Assert.Equal(Outcome.TimeLimit, world.Reports.Exited(1, seconds: 30).Outcome);
        Assert.InRange(double.Parse(world.Read("term"), CultureInfo.InvariantCulture) - double.Parse(world.Read("start"), CultureInfo.InvariantCulture), 5.0, 7.0);
    }
}
