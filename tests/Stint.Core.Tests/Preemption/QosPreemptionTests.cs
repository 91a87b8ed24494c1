using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Preemption;

public sealed class QosPreemptionTests
{
    private static Lab Cluster(PreemptMode mode, Action<QosSpec>? scavenger = null, bool within = false)
    {
        var lab = new Lab(c => c.Preempt = new PreemptSettings { By = PreemptBy.PreemptQos, Mode = mode, Within = within }).Node("n1", cpus: 4);
        var low = new QosSpec { Name = "scavenger" };
        scavenger?.Invoke(low);
        lab.Do(new SetQos(low, Lab.Root));
        lab.Do(new SetQos(new QosSpec { Name = "urgent", Preempt = { "scavenger" } }, Lab.Root));
        return lab;
    }

    private static uint Run(Lab lab, string qos, uint tasks = 4) => lab.Run(s => { s.Qos = qos; s.Tasks = tasks; });

    private static uint Submit(Lab lab, string qos, Action<JobSpec>? with = null)
    {
        var id = lab.Submit(s => { s.Qos = qos; with?.Invoke(s); });
        lab.Schedule();
        return id;
    }

    [Fact]
    public void A_qos_preempts_those_on_its_list_only()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        var normal = Run(lab, "normal", 2);
        var low = Run(lab, "scavenger", 2);
        Submit(lab, "urgent");
        Assert.Equal((JobState.Running, JobState.Completing), (lab.Job(normal).State, lab.Job(low).State));
    }

    [Fact]
    public void A_qos_that_lists_nobody_preempts_nobody()
    {
        var lab = Cluster(PreemptMode.PreemptCancel);
        var low = Run(lab, "scavenger");
        Submit(lab, "normal");
        Assert.Equal(JobState.Running, lab.Job(low).State);
    }

    [Fact]
    public void The_victims_qos_says_how_and_with_how_much_grace()
    {
        var lab = Cluster(PreemptMode.PreemptCancel, q => { q.PreemptMode = PreemptMode.PreemptRequeue; q.GraceMs = 60_000; });
        var low = Run(lab, "scavenger");
        Submit(lab, "urgent");
        Assert.Equal((true, 60_000L), (lab.Job(low).RequeuePending, lab.Job(low).GraceMs));
    }

    [Fact]
    public void The_victims_qos_says_how_long_it_is_left_alone()
    {
        var lab = Cluster(PreemptMode.PreemptCancel, q => q.PreemptExemptMs = 60_000);
        var low = Run(lab, "scavenger");
        Submit(lab, "urgent");
        Assert.Equal(JobState.Running, lab.Job(low).State);
        lab.After(TimeSpan.FromMinutes(1)).Tick().Schedule();
        Assert.Equal(JobState.Completing, lab.Job(low).State);
    }

    [Theory, InlineData(true, JobState.Completing), InlineData(false, JobState.Running)]
    public void Within_lets_jobs_of_one_qos_preempt_by_priority(bool within, JobState expected)
    {
        var lab = Cluster(PreemptMode.PreemptCancel, within: within);
        var low = lab.Run(s => { s.Qos = "normal"; s.Tasks = 4; s.Priority = 10; });
        Submit(lab, "normal", s => s.Priority = 20);
        Assert.Equal(expected, lab.Job(low).State);
        Submit(lab, "normal", s => s.Priority = 5);
        Assert.Equal(expected, lab.Job(low).State);
    }
}
