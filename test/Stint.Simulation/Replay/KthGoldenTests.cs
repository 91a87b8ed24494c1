using System.Diagnostics;
using Stint.Core.Scheduling.Planning;
using Stint.Simulation.Traces;
using Xunit.Abstractions;

namespace Stint.Simulation.Replay;
public sealed class Explore
{
    [Fact]
    public void Go()
    {
        var path = Environment.GetEnvironmentVariable("STINT_TRACES") + "/pwa/KTH-SP2-1996-2.1-cln.swf";
        var trace = TraceFile.Read(path);
        void One(Policy p, Func<TraceJob, long>? e = null, string n = "")
        {
            var w = Stopwatch.StartNew();
            var m = Metrics.Of(Replayer.Run(trace, new Amount(100), p, e));
            Console.WriteLine($"{p.Name}{n} {m.Jobs} wait {m.AverageWaitS:F1} max {m.MaxWaitS:F0} sd {m.AverageBoundedSlowdown:F2} util {m.Utilisation:F3} jain {m.Fairness:F3} {w.Elapsed.TotalSeconds:F2}s");
        }
        One(Policies.Fcfs); One(Policies.Easy); One(Policies.EasyShortestFirst); One(Policies.Conservative); One(Policies.Easy, j => j.RunMs, " true");
        const long H = 3600_000;
        foreach (var fl in new long[] { 10, 60, 300, 900, 1800, 3600 })
        foreach (var bound in new long[] { 12, 24, 36, 48, 60, 72 })
            One(new Policy { Name = $"lxf{fl}/{bound}h sjf", Order = new BoundedWait(new ExpansionFactor(fl * 1000), bound * H), BackfillOrder = ShortestFirst.Order });
        foreach (var bound in new long[] { 12, 24, 36, 48, 60, 72 })
            One(new Policy { Name = $"sjf/{bound}h sjf", Order = new BoundedWait(ShortestFirst.Order, bound * H), BackfillOrder = ShortestFirst.Order });
    }
}
