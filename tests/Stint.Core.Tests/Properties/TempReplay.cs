using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Xunit.Abstractions;

namespace Stint.Core.Tests.Properties;

public sealed class TempReplay(ITestOutputHelper output)
{
    [Fact]
    public void Replay()
    {
        var operation = from op in Gen.Choose(0, 19) from a in Gen.Choose(0, 10_000) from b in Gen.Choose(0, 10_000) select (op, a, b);
        Prop.ForAll(Gen.ArrayOf(operation, 150).ToArbitrary(), operations =>
        {
            var plans = new RandomPlans(PreemptMode.PreemptCancel);
            foreach (var (op, a, b) in operations) plans.Step(op, a, b);
            plans.Drain();
            var lab = plans.Lab;
            foreach (var n in lab.Cluster.Nodes.Values) output.WriteLine($"{n.Name} takes {n.TakesJobs} cpus {n.CpusAllocated} mem {n.MemoryAllocatedBytes} jobs {string.Join(',', n.Jobs)} planned {lab.Cluster.IsPlanned(n.Name)}");
            foreach (var j in lab.Cluster.Jobs.Values.Where(j => !j.IsOver)) output.WriteLine($"{j.Id} {j.State} {lab.Cluster.ReasonOf(j)} planned {lab.Cluster.PlannedStart(j.Id)} spec {j.Spec}");
            output.WriteLine($"now {lab.Now} {lab.Now.Milliseconds} needs {lab.Cluster.NeedsSchedule}");
            var f = System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public;
            var sched = lab.Cluster.GetType().GetField("scheduler", f)!.GetValue(lab.Cluster)!;
            var book = (Stint.Core.Scheduling.Cycle.TimelineBook)sched.GetType().GetField("book", f)!.GetValue(sched)!;
            foreach (var l in book.Nodes) output.WriteLine($"{l.Node.Name} open {l.IsOpen} free {l.FreeNow} total {l.Total} steps {l.Steps} cpusfree {book.CpusFree[l.Index]} reserved {l.Reserved.Count} holds {l.Holds.Count}");
            foreach (var r in lab.Cluster.Reservations.Values) output.WriteLine($"{r.Spec}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1).WithReplay(3431019696651861186UL, 16458298769922200325UL, 30).WithQuietOnSuccess(true));
    }
}
