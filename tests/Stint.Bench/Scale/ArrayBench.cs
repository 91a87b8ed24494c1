using Stint.Core;
using Stint.Core.Journal;

namespace Stint.Bench.Scale;

/// <summary>An array is one record: what an unstarted task of it costs.</summary>
internal static class ArrayBench
{
    public static void Run()
    {
        const uint tasks = 4_000_000;
        var big = new BigCluster(10);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var spec = big.NewJob();
        spec.Held = true;
        spec.Array.Add(new ArrayRange { First = 0, Last = tasks - 1, Step = 1 });
        big.Do(new SubmitJob(spec));
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Row.Print("bytes per unstarted array task", (double)(after - before) / tasks, "B", 2, false, "one bit: 0.125 B");
        GC.KeepAlive(big);
    }
}
