using System.Diagnostics;
using Stint.Core;
using Stint.Core.Jobs;

namespace Stint.Bench.Scale;

/// <summary>Full plans, incremental passes, and what a pending job costs in memory.</summary>
internal static class CycleBench
{
    public static void Run(int nodes, int jobs)
    {
        var big = new BigCluster(nodes);
        var clock = Stopwatch.GetTimestamp();
        while (big.Cluster.Nodes.Values.Any(static node => node.FreeCpus.Count > 8) && big.Cluster.Jobs.Count < nodes * 40)
        {
            for (var i = 0; i < nodes; i++) big.Do(new SubmitJob(big.NewJob()));
            big.Settle();
        }
        var running = big.Running().Length;
        Console.WriteLine($"filled: {running:N0} jobs run, {big.Cluster.Jobs.Count - running:N0} wait, in {Row.Ms(clock) / 1000:F1} s");

        var pendingBefore = big.Cluster.Jobs.Count - running;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        clock = Stopwatch.GetTimestamp();
        for (var i = pendingBefore; i < jobs; i++) big.Do(new SubmitJob(big.NewJob()));
        var submitS = Row.Ms(clock) / 1000;
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine($"submitted {jobs - pendingBefore:N0} in {submitS:F1} s");
        if (jobs > pendingBefore)
            Row.Print("bytes per pending job", (double)(after - before) / (jobs - pendingBefore), "B", 256, false, "an object with its id and a place in an index: 64 B");

        if (Environment.GetEnvironmentVariable("STINT_BENCH_PROFILE") is not null) Profile(big);
        Full(big);
        Incremental(big);
        Sliced(big);
        if (jobs >= 10_000) LatencyBench.Run(big, RandomRunning);
    }

    private static void Full(BigCluster big)
    {
        var (times, cpu, pauses) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < 60; i++)
        {
            for (var n = 0; n < 20; n++) big.EndOne(RandomRunning(big));
            big.Now += TimeSpan.FromSeconds(2);
            var (clock, used, paused) = (Stopwatch.GetTimestamp(), Row.CpuMs(), GC.GetTotalPauseDuration());
            big.Settle();
            if (i < 10) continue;
            pauses.Add((GC.GetTotalPauseDuration() - paused).TotalMilliseconds);
            times.Add(Row.Ms(clock));
            cpu.Add(Row.CpuMs() - used);
        }
        var raw = Raw(big);
        Row.Print("full plan, p99", Row.Percentile(times, .99), "ms", 100, false, $"{raw:F1} ms to read each running job's end and sort as many ({big.Cluster.ActiveJobs.Count:N0}); median {Row.Percentile(times, .5):F1} ms; CPU time p99 {Row.Percentile(cpu, .99):F1}, median {Row.Percentile(cpu, .5):F1} ms; {pauses.Count(static pause => pause > 0)} plans met the garbage collector, the longest for {pauses.Max():F1} ms");
    }

    private static void Profile(BigCluster big)
    {
        var scheduler = typeof(Cluster).GetField("scheduler", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(big.Cluster)!;
        var field = scheduler.GetType().GetField("phase", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!;
        for (var i = 0; i < 12; i++)
        {
            for (var n = 0; n < 20; n++) big.EndOne(RandomRunning(big));
            big.Now += TimeSpan.FromSeconds(2);
            var spent = new Dictionary<string, (double Ms, int Calls)>();
            var last = Row.CpuMs();
            var first = last;
            var records = big.Cluster.Decide(new Schedule(() =>
            {
                var now = Row.CpuMs();
                var phase = field.GetValue(scheduler)!.ToString()!;
                var (ms, calls) = spent.GetValueOrDefault(phase);
                spent[phase] = (ms + now - last, calls + 1);
                last = now;
                return false;
            }), big.Now).Records;
            var rest = Row.CpuMs() - last;
            foreach (var record in records) big.Cluster.Apply(record);
            big.Settle();
            Console.WriteLine($"{string.Join(", ", spent.Select(e => $"{e.Key} {e.Value.Ms:F1} ms in {e.Value.Calls}"))}, rest {rest:F1}; {records.Count} records, {big.Cluster.Partitions.Count} partitions");
        }
    }

    private static void Incremental(BigCluster big)
    {
        var (times, cpu) = (new List<double>(), new List<double>());
        for (var i = 0; i < 2_000; i++)
        {
            big.EndOne(RandomRunning(big));
            if (i % 200 == 199) big.Now += TimeSpan.FromSeconds(2);
            var (clock, used) = (Stopwatch.GetTimestamp(), Row.CpuMs());
            big.Settle();
            // Every 200th is a full plan: the other number.
            if (i < 200 || i % 200 == 199) continue;
            times.Add(Row.Ms(clock));
            cpu.Add(Row.CpuMs() - used);
        }
        Row.Print("one job ends: incremental pass, p99", Row.Percentile(times, .99), "ms", 1, false, $"median {Row.Percentile(times, .5) * 1000:F0} µs; CPU time p99 {Row.Percentile(cpu, .99) * 1000:F0}, median {Row.Percentile(cpu, .5) * 1000:F0} µs");
    }

    /// <summary>The longest time that a question waits for the engine while a full plan is made in slices.</summary>
    private static void Sliced(BigCluster big)
    {
        var slices = new List<double>();
        for (var i = 0; i < 20; i++)
        {
            big.EndOne(RandomRunning(big));
            big.Now += TimeSpan.FromSeconds(2);
            do
            {
                var clock = Stopwatch.GetTimestamp();
                big.Do(new Schedule(() => Row.Ms(clock) > 5));
                slices.Add(Row.Ms(clock));
            } while (big.Cluster.NeedsSchedule);
        }
        Row.Print("longest wait behind a slice of 5 ms, p99", Row.Percentile(slices, .99), "ms", 20, false, $"{slices.Count} slices, the longest {slices.Max():F1} ms");
    }

    private static uint[] running = [];
    private static int nextRunning;

    private static uint RandomRunning(BigCluster big)
    {
        while (true)
        {
            if (nextRunning >= running.Length)
            {
                running = big.Running();
                for (var i = running.Length - 1; i > 0; i--)
                {
                    var j = (int)big.Next((uint)i + 1);
                    (running[i], running[j]) = (running[j], running[i]);
                }
                nextRunning = 0;
            }
            var id = running[nextRunning++];
            if (big.Cluster.Jobs.TryGetValue(id, out var job) && job.State == JobState.Running) return id;
        }
    }

    private static double Raw(BigCluster big)
    {
        var clock = Stopwatch.GetTimestamp();
        var ends = new long[big.Cluster.ActiveJobs.Count];
        var i = 0;
        foreach (var id in big.Cluster.ActiveJobs) ends[i++] = big.Cluster.Jobs[id].EndLimit.Milliseconds;
        Array.Sort(ends);
        return Row.Ms(clock);
    }
}
