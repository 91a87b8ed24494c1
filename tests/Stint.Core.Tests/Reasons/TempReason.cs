using Stint.Core.Jobs;
using Stint.Core.Journal;
using Google.Protobuf;
using Xunit.Abstractions;

namespace Stint.Core.Tests.Reasons;

public sealed class TempReason(ITestOutputHelper output)
{
    [Fact]
    public void One()
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("STINT_SEED") ?? "1");
        var ids = (Environment.GetEnvironmentVariable("STINT_JOB") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse).ToHashSet();
        var mixed = new MixedCluster(seed);
        var days = int.Parse(Environment.GetEnvironmentVariable("STINT_REASON_DAYS") ?? "8");
        var only = new HashSet<(uint, PendingReason)>();
        for (var day = 1; day <= days; day++)
        {
            if (day > 1) mixed.Night();
            mixed.Day(1000 / days);
            var cluster = mixed.Lab.Cluster;
            ReasonCheck? check = null;
            foreach (var job in mixed.Pending)
            {
                if (!only.Add((job.Id, job.Reason))) continue;
                if (ids.Count == 0)
                {
                    var watch = System.Diagnostics.Stopwatch.StartNew();
                    File.AppendAllText("/tmp/sched4-progress.log", $"begin {job.Id} {job.Reason} {job.Spec}\n");
                    check ??= new ReasonCheck(cluster, mixed.Lab.Now);
                    var f = check.Check(job.Id);
                    File.AppendAllText("/tmp/sched4-progress.log", $"{day} {job.Id} {job.Reason} {f.Obstacles.Count} {watch.ElapsedMilliseconds} ms {f.Fault} mem {GC.GetTotalMemory(false) >> 20} M\n");
                }
                if (!ids.Contains(job.Id)) continue;
                Check(cluster, mixed.Lab.Now, job.Id);
            }
        }
    }

    private void Check(Cluster cluster, Instant now, uint id)
    {
        output.WriteLine($"==== job {id} {cluster.Jobs[id].Spec}");
        foreach (var m in cluster.HetGroup(cluster.Jobs[id])) output.WriteLine($"   comp {m.Id} {m.State} {m.Spec.Partition} {m.Reason} {m.Spec.Reservation}");
        var trial = new Trial(cluster.ToSnapshot(1).ToByteArray(), now, id);
        var why = cluster.ReasonOf(cluster.Jobs[id]);
        for (var i = 0; i < 12; i++)
        {
            var t = trial.Cluster;
            output.WriteLine($"{i} {why.Reason} {why.Detail} behind {why.Behind} planned {why.Planned?.At} {(why.Planned is { } p ? string.Join(',', p.Nodes) : "")} | now {trial.Now.Milliseconds} verdict {trial.Job.Class?.Verdict} heads {string.Join(' ', t.Partitions.Select(p => $"{p.Name}:{p.BlockedHead}@{p.HeadPlace}"))}");
            if (i > 0) foreach (var r in t.Jobs.Values.Where(j => j.Started.Milliseconds == trial.Now.Milliseconds && j.IsActive)) output.WriteLine($"     started {r.Id} on {string.Join(',', r.Shares.Select(s => s.Node))} {r.Spec.Partition}");
            if (why.Behind != 0) output.WriteLine($"     behind {t.Jobs[why.Behind].Spec} {t.Jobs[why.Behind].Reason}");
            if (why.Reason == PendingReason.Resources)
                foreach (var n in t.FindPartition(trial.Job.Spec.Partition.Split(',')[0])!.Nodes) output.WriteLine($"     {n.Name} takes {n.TakesJobs} free {n.Balance.Cpus} mem {n.Balance.MemoryBytes >> 30} planned {t.IsPlanned(n.Name)} resv {string.Join(',', t.ReservationsOn(n.Name, trial.Now).Select(r => r.Name))} jobs {string.Join(' ', n.Jobs.Select(j => $"{j}:{t.Jobs[j].State}:{(t.Jobs[j].EndLimit.Milliseconds - trial.Now.Milliseconds) / 60000}m"))}");
            if (!new Removal(trial, why).Apply()) { output.WriteLine("nothing to remove"); break; }
            trial.Schedule();
            if (trial.HasStarted) { output.WriteLine("started"); break; }
            why = trial.Why;
        }
    }
}
