using System.Diagnostics;
using Stint.Core;

namespace Stint.Bench.Scale;

/// <summary>How long a question to the engine takes while it plans for a million jobs and jobs end all the time.</summary>
internal static class LatencyBench
{
    public static void Run(BigCluster big, Func<BigCluster, uint> anyRunning)
    {
        var ahead = TimeSpan.FromMilliseconds(big.Now.Milliseconds - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        using var bench = new BenchEngine(big.Cluster, ahead);
        var clock = Stopwatch.StartNew();
        var waits = new List<double>();
        // A clean end stores a snapshot of all: the bench is not about that.
        while (clock.Elapsed < TimeSpan.FromSeconds(10))
        {
            var from = Stopwatch.GetTimestamp();
            _ = bench.Engine.AskAsync(static batch => batch.Cluster.NextJobId).GetAwaiter().GetResult();
            waits.Add(Row.Ms(from));
            bench.Engine.AskAsync(batch =>
            {
                big.Now = batch.Now;
                var id = anyRunning(big);
                var job = batch.Cluster.Jobs[id];
                return batch.Decide(new CompleteJobs(id).Exit(job));
            }).GetAwaiter().GetResult();
            Thread.Sleep(3);
        }
        Row.Print("a question to the engine meanwhile, p99", Row.Percentile(waits, .99), "ms", 20, false, $"median {Row.Percentile(waits, .5):F2} ms of {waits.Count:N0}; an idle engine answers in {Idle():F2} ms");
    }

    private readonly record struct CompleteJobs(uint Id)
    {
        public Command Exit(Core.Jobs.Job job) => new ReportStepExited(new Core.Journal.StepExited
        {
            JobId = Id, StepId = StepIds.Batch, Attempt = job.Attempt, Node = job.Shares[0].Node, Kind = Core.Journal.EndKind.EndCompleted, Released = true, Started = true,
        });
    }

    private static double Idle()
    {
        using var bench = new BenchEngine(new Cluster(), TimeSpan.Zero);
        var waits = new List<double>();
        for (var i = 0; i < 1_000; i++)
        {
            var from = Stopwatch.GetTimestamp();
            _ = bench.Engine.AskAsync(static batch => batch.Cluster.NextJobId).GetAwaiter().GetResult();
            waits.Add(Row.Ms(from));
        }
        return Row.Percentile(waits, .5);
    }
}
