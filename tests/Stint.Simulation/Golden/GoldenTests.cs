using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;
using Stint.Simulation.Replay;

namespace Stint.Simulation.Golden;

/// <summary>
/// A trace small enough to schedule by hand: starts in seconds, exact. Up to 300 s: job 2 (6 of 10 processors) waits for job 1 until 100;
/// backfilling lets 3 and then 4 run beside 1. From 600 s on, job 10 waits for 9 until 700, and 11 needs the whole cluster after it:
/// EASY lets 12 (2 processors, 300 s) start at once, because only 10 has a reservation, and so pushes 11 to 910; conservative keeps 11 at
/// 750. The default puts at each moment whoever suffers most from waiting on first: 5, 7 and 8, being short, do not wait behind the wide 6.
/// </summary>
public sealed class GoldenTests
{
    private static readonly string Path = System.IO.Path.Combine(AppContext.BaseDirectory, "Golden", "twelve.swf");

    //                                          job:  1    2    3    4    5    6    7    8    9   10   11   12
    private static readonly int[] Fcfs =           [0, 100, 100, 140, 150, 340, 370, 370, 600, 700, 750, 800];
    private static readonly int[] Easy =           [0, 100,  20,  60, 150, 260, 150, 150, 600, 700, 910, 610];
    private static readonly int[] Conservative =   [0, 100,  20,  60, 150, 260, 150, 150, 600, 700, 750, 800];
    private static readonly int[] Default =        [0, 100,  20,  80,  60, 280,  60,  70, 600, 750, 700, 750];

    public static TheoryData<string, int[]> Schedules => new() { { "fcfs", Fcfs }, { "easy", Easy }, { "conservative", Conservative }, { "default", Default } };

    [Theory, MemberData(nameof(Schedules))]
    public void The_engine_starts_every_job_at_the_second_worked_out_by_hand(string policy, int[] starts) =>
        Assert.Equal(starts, Starts(ClusterReplay.Run(TraceFile.Read(Path), ClusterDescription.Counted(10, 0), new ReplaySettings { Policy = policy })));

    [Theory, MemberData(nameof(Schedules))]
    public void The_planning_library_alone_does_so_too(string policy, int[] starts)
    {
        var processors = new Amount(10);
        Assert.Equal(starts, Starts(Replayer.Run(TraceFile.Read(Path), processors, Policies.Named(policy, processors)!)));
    }

    [Fact]
    public void The_table_shows_what_follows_from_the_starts()
    {
        // EASY: waits 0 90 0 30 110 210 95 80 0 100 309 0; the last end is 960.
        var metrics = Metrics.Of(ClusterReplay.Run(TraceFile.Read(Path), ClusterDescription.Counted(10, 0), new ReplaySettings { Policy = "easy" }));
        Assert.Equal((12, 0, 3), (metrics.Jobs, metrics.Refused, metrics.Users));
        Assert.Equal(1024 / 12.0, metrics.AverageWaitS, 9);
        Assert.Equal((309, 960), (metrics.MaxWaitS, metrics.MakespanS));
        Assert.Equal((600 + 300 + 160 + 800 + 10 + 300 + 40 + 5 + 600 + 400 + 500 + 600) / 9600.0, metrics.Utilisation, 9);
        double[] slowdowns = [1, 140 / 50.0, 1, 230 / 200.0, 120 / 10.0, 240 / 30.0, 115 / 20.0, 85 / 10.0, 1, 150 / 50.0, 359 / 50.0, 1];
        Assert.Equal(slowdowns.Average(), metrics.AverageBoundedSlowdown, 9);
    }

    private static int[] Starts(ReplayResult result) => [.. result.Started.OrderBy(s => s.Job.Id).Select(s => (int)(s.Start.Milliseconds / 1000))];
}
