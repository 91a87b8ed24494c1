using System.Diagnostics;
using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;
using Xunit.Abstractions;

namespace Stint.Simulation.Replay;

/// <summary>
/// Traces without golden results, on clusters small enough that a queue builds up: read whole, replayed in seconds, every job started
/// once, and nothing lost on the way.
/// </summary>
public sealed class OtherTraceTests(ITestOutputHelper output)
{
    private const string Nasa = "pwa/NASA-iPSC-1993-3.1-cln.swf.gz", Lcg = "pwa/LCG-2005-1.swf.gz", Philly = "philly/philly-pollux.csv";

    [TraceFact(Nasa)]
    public void Nasa_is_replayed_whole() => Run(Nasa, new Amount(128), 18_239);

    [TraceFact(Lcg)]
    public void Bursts_of_serial_jobs_are_replayed_whole() => Run(Lcg, new Amount(1_500), 188_041);

    [TraceFact(Philly)]
    public void Gpu_jobs_are_replayed_whole() => Run(Philly, new Amount(0, Gpus: 500), 82_247);

    private void Run(string file, Amount capacity, int about)
    {
        var trace = TraceFile.Read(TraceFactAttribute.PathOf(file));
        Assert.InRange(trace.Count, about * 0.98, about);
        var watch = Stopwatch.StartNew();
        var result = Replayer.Run(trace, capacity, Policies.Easy);
        var metrics = Metrics.Of(result);
        output.WriteLine($"{file}: {trace.Count} jobs, {metrics}, {result.Rounds} rounds in {watch.Elapsed.TotalSeconds:F2} s");
        Assert.Equal(trace.Count, metrics.Jobs + metrics.Refused);
        Assert.Equal(metrics.Jobs, result.Started.Select(s => s.Job).Distinct().Count());
    }
}
