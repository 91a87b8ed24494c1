using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling;

namespace Stint.Core.Tests.Scheduling;

public sealed class FifoTests
{
    [Fact]
    public void Who_would_delay_the_blocked_head_waits_behind_it_and_the_head_says_what_it_needs_and_what_is_free()
    {
        var lab = new Lab().Node("n1", cpus: 4);
        lab.Run(s => s.Tasks = 3);
        var head = lab.Submit(s => s.Tasks = 4);
        var behind = lab.Submit(s => s.TimeLimitMs = 7_200_000);
        lab.Schedule();
        Assert.Equal((PendingReason.Resources, PendingReason.Priority), (lab.Job(head).Reason, lab.Job(behind).Reason));
        Assert.Equal("needs 4 CPUs and 256M of memory per node on at least 1 node; 1 node has room for 1 of its 4 tasks (1 CPU and 7.75G of memory free)", lab.Job(head).ReasonDetail);
        var later = lab.Submit(s => s.TimeLimitMs = 7_200_000);
        Assert.Equal(PendingReason.Priority, lab.Job(later).Reason);
    }

    [Fact]
    public void Another_partition_goes_on()
    {
        var lab = new Lab(c => c.Partitions.Add(new PartitionSpec { Name = "other", Nodes = "n2", IsUp = true })).Nodes("n1", "n2");
        lab.Submit(s => { s.Tasks = 8; s.NodeList = "n[1-2]"; });
        lab.Schedule();
        var blocked = lab.Submit();
        var elsewhere = lab.Submit(s => s.Partition = "other");
        lab.Schedule();
        Assert.Equal(PendingReason.Resources, lab.Job(blocked).Reason);
        lab.Do(new CancelJob(1, null, Lab.Root));
        lab.Release(1).Schedule();
        Assert.Equal((JobState.Running, JobState.Running), (lab.Job(blocked).State, lab.Job(elsewhere).State));
    }

    [Fact]
    public void A_released_job_takes_its_old_place_in_the_queue()
    {
        var lab = new Lab().Node("n1", cpus: 1);
        var running = lab.Run();
        var held = lab.Submit(s => s.Held = true);
        var head = lab.Submit();
        lab.Schedule();
        lab.Do(new ReleaseJob(held, Lab.User(Lab.Alice)));
        lab.Schedule();
        Assert.Equal((PendingReason.Resources, PendingReason.Priority), (lab.Job(held).Reason, lab.Job(head).Reason));
        Assert.Equal(JobState.Running, lab.Finish(running).Schedule().Job(held).State);
    }

    [Fact]
    public void NeedsSchedule_is_raised_by_what_matters_and_lowered_by_a_pass()
    {
        var lab = new Lab().Node("n1", cpus: 1);
        lab.Schedule();
        Assert.False(lab.Cluster.NeedsSchedule);
        var id = lab.Submit();
        Assert.True(lab.Cluster.NeedsSchedule);
        lab.Schedule();
        lab.ReportStart(id);
        Assert.False(lab.Cluster.NeedsSchedule);
        lab.ReportExit(id);
        Assert.True(lab.Cluster.NeedsSchedule);
    }

    [Fact]
    public void A_pass_that_starts_many_is_cut_and_goes_on()
    {
        var lab = new Lab(c => c.MaxArraySize = 10_001).Node("n1", cpus: 3_000, memory: 3_000 * Lab.GiB);
        lab.SubmitArray(0, 2_999);
        lab.Do(new Schedule());
        Assert.Equal(1_000, lab.Cluster.ActiveJobs.Count);
        Assert.True(lab.Cluster.NeedsSchedule);
        Assert.Equal(3_000, lab.Schedule().Cluster.ActiveJobs.Count);
    }

    private sealed class Careless : IScheduler
    {
        public Plan Plan(SchedulingView view)
        {
            var plan = new Plan();
            foreach (var job in view.Pending(view.Partitions[0]))
                plan.Starts.Add(new Start(job, [new NodeShare { Node = "n1", Cpus = Core.Resources.CpuSet.Of(0).ToBytes(), MemoryBytes = 1, Tasks = 1 }]));
            return plan;
        }
    }

    [Fact]
    public void A_plan_that_gives_a_CPU_twice_is_not_followed()
    {
        var cluster = new Cluster(new Careless());
        void Do(Command command) { foreach (var record in cluster.Decide(command, new Instant(1)).Records) cluster.Apply(record); }
        Do(new Configure(new Lab().Cluster.Config));
        Do(new RegisterNode(Lab.Registration("n1")));
        Do(new SubmitJob(Lab.Spec()));
        Do(new SubmitJob(Lab.Spec()));
        Do(new Schedule());
        Assert.Equal([JobState.Running, JobState.Pending], cluster.Jobs.Values.Select(job => job.State));
        cluster.Audit();
    }
}
