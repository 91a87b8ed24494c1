using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Jobs;

public sealed class SubmitTests
{
    private static Refusal Refused(Action<JobSpec> with) => new Lab().Node("n1", cpus: 4, memory: 8 * Lab.GiB).Refused(new SubmitJob(Lab.Spec(with)));

    [Fact]
    public void Ids_count_up_and_the_default_partition_is_filled_in()
    {
        var lab = new Lab().Node("n1");
        Assert.Equal(1u, lab.Submit());
        Assert.Equal(2u, lab.Submit());
        Assert.Equal("main", lab.Job(1).Spec.Partition);
        Assert.Equal(3u, lab.Cluster.NextJobId);
    }

    [Fact]
    public void An_unknown_partition_is_refused_by_its_name()
    {
        var refusal = Refused(s => s.Partition = "nosuch");
        Assert.Equal(RefusalCodes.InvalidPartition, refusal.Code);
        Assert.Equal("invalid partition specified: nosuch", refusal.Sentence);
    }

    [Fact]
    public void Without_a_default_partition_one_must_be_named()
    {
        var lab = new Lab(c => c.Partitions[0].IsDefault = false);
        Assert.Equal(RefusalCodes.InvalidPartition, lab.Refused(new SubmitJob(Lab.Spec())).Code);
        Assert.Equal(1u, lab.Submit(s => s.Partition = "main"));
    }

    [Fact]
    public void More_memory_than_any_node_has_is_refused_with_both_numbers()
    {
        var refusal = Refused(s => s.MemoryPerNodeBytes = 900 * Lab.GiB);
        Assert.Equal(RefusalCodes.NodeConfigUnavailable, refusal.Code);
        Assert.Contains("900G", refusal.Sentence);
        Assert.Contains("8G", refusal.Sentence);
    }

    [Fact]
    public void More_CPUs_per_task_than_any_node_has_are_refused() =>
        Assert.Equal(RefusalCodes.NodeConfigUnavailable, Refused(s => s.CpusPerTask = 5).Code);

    [Fact]
    public void Memory_per_CPU_counts_for_all_CPUs_of_a_task() =>
        Assert.Equal(RefusalCodes.NodeConfigUnavailable, Refused(s => { s.ClearMemoryPerNodeBytes(); s.MemoryPerCpuBytes = 3 * Lab.GiB; s.CpusPerTask = 4; }).Code);

    [Fact]
    public void What_no_node_has_is_accepted_as_long_as_no_node_is_known()
    {
        var lab = new Lab();
        Assert.Equal(1u, lab.Submit(s => s.MemoryPerNodeBytes = 900 * Lab.GiB));
    }

    [Fact]
    public void More_tasks_than_the_partition_has_CPUs_wait_as_PartitionConfig_and_block_nobody()
    {
        var lab = new Lab().Node("n1");
        var large = lab.Submit(s => s.Tasks = 1000);
        var small = lab.Submit();
        lab.Schedule();
        Assert.Equal(PendingReason.PartitionConfig, lab.Job(large).Reason);
        Assert.Contains("1000 CPUs", lab.Job(large).ReasonDetail);
        Assert.Equal(JobState.Running, lab.Job(small).State);
    }

    [Theory]
    [InlineData(10_000u, true)]
    [InlineData(10_001u, false)]
    [InlineData(uint.MaxValue, false)]
    public void Array_task_numbers_end_before_MaxArraySize(uint last, bool accepted)
    {
        var lab = new Lab().Node("n1");
        var decision = lab.Try(new SubmitJob(Lab.Spec(s => s.Array.Add(new ArrayRange { First = last, Last = last, Step = 1 }))));
        Assert.Equal(accepted ? null : RefusalCodes.InvalidArray, decision.Refusal?.Code);
    }

    [Fact]
    public void Ranges_that_name_tasks_over_and_over_are_refused() =>
        Assert.Equal(RefusalCodes.InvalidArray, Refused(s => { for (var i = 0; i < 5; i++) s.Array.Add(new ArrayRange { First = 0, Last = 9_999, Step = 1 }); }).Code);

    [Fact]
    public void Times_that_can_not_be_added_up_are_refused()
    {
        Assert.Equal(RefusalCodes.InvalidTimeLimit, Refused(s => s.TimeLimitMs = long.MaxValue).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => s.BeginMs = long.MaxValue).Code);
    }

    [Fact]
    public void A_descending_array_range_is_refused() =>
        Assert.Equal(RefusalCodes.InvalidArray, Refused(s => s.Array.Add(new ArrayRange { First = 5, Last = 2, Step = 1 })).Code);

    [Fact]
    public void An_interactive_job_can_not_be_an_array() =>
        Assert.Equal(RefusalCodes.InvalidArray, Refused(s => { s.IsBatch = false; s.Array.Add(new ArrayRange { First = 0, Last = 1, Step = 1 }); }).Code);

    [Fact]
    public void Counts_texts_and_contradictions_are_bounded()
    {
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => s.Tasks = 70_000).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => { s.Tasks = 65_536; s.CpusPerTask = 65_536; }).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => { s.NodesMin = 3; s.NodesMax = 2; }).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => s.Name = new string('x', 1025)).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => s.Name = "a\nb").Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => s.Comment = new string('x', 70_000)).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => s.WorkDir = "/a\0b").Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => s.MemoryPerCpuBytes = 1).Code);
        Assert.Equal(RefusalCodes.InvalidRequest, Refused(s => { s.Tasks = 9; s.TasksPerNode = 2; s.NodesMax = 4; }).Code);
    }

    [Fact]
    public void Node_lists_must_name_known_nodes()
    {
        Assert.Equal(RefusalCodes.InvalidNodeName, Refused(s => s.NodeList = "n9").Code);
        Assert.Equal(RefusalCodes.InvalidNodeName, Refused(s => s.ExcludeList = "n[1-").Code);
        Assert.Equal(RefusalCodes.InvalidNodeName, Refused(s => s.NodeList = "n[1-999999999]").Code);
    }

    [Fact]
    public void The_same_client_token_is_the_same_submission()
    {
        var lab = new Lab().Node("n1");
        var first = lab.Submit(s => s.ClientToken = "abc");
        var again = lab.Try(new SubmitJob(Lab.Spec(s => s.ClientToken = "abc")));
        Assert.Equal(first, again.Id);
        Assert.Empty(again.Records);
        Assert.NotEqual(first, lab.Submit(s => { s.ClientToken = "abc"; s.Uid = Lab.Bob; }));
    }

    [Fact]
    public void No_more_jobs_than_MaxJobs_are_taken()
    {
        var lab = new Lab(c => c.MaxJobs = 2).Node("n1");
        lab.Submit();
        var last = lab.Run();
        Assert.Equal(RefusalCodes.TooManyJobs, lab.Refused(new SubmitJob(Lab.Spec())).Code);
        lab.Finish(last).Submit();
    }

    [Fact]
    public void Defaults_of_the_cluster_are_filled_in_once_and_for_all()
    {
        var lab = new Lab(c => { c.DefaultMemoryPerCpuBytes = Lab.GiB; c.Partitions[0].MaxTimeMs = 7_200_000; c.Partitions[0].DefaultTimeMs = 600_000; }).Node("n1");
        var spec = lab.Job(lab.Submit(s => { s.ClearMemoryPerNodeBytes(); s.TimeLimitMs = 0; s.NodesMin = 2; s.TasksPerNode = 2; })).Spec;
        Assert.Equal(Lab.GiB, spec.MemoryPerCpuBytes);
        Assert.Equal(600_000, spec.TimeLimitMs);
        Assert.Equal(4u, spec.Tasks);
        Assert.Equal(1u, spec.CpusPerTask);
    }

    [Fact]
    public void A_limit_over_the_partitions_is_accepted_and_waits_as_PartitionTimeLimit()
    {
        var lab = new Lab(c => c.Partitions[0].MaxTimeMs = 3_600_000).Node("n1");
        var longer = lab.Submit(s => s.TimeLimitMs = 7_200_000);
        var unlimited = lab.Submit(s => s.TimeLimitMs = -1);
        lab.Schedule();
        Assert.Equal(PendingReason.PartitionTimeLimit, lab.Job(longer).Reason);
        Assert.Equal("asks for 120 minutes; partition main allows 60 minutes", lab.Job(longer).ReasonDetail);
        Assert.Equal(PendingReason.PartitionTimeLimit, lab.Job(unlimited).Reason);
    }

    [Fact]
    public void A_job_with_begin_time_waits_for_it()
    {
        var lab = new Lab().Node("n1");
        var begin = lab.Now + TimeSpan.FromMinutes(5);
        var id = lab.Submit(s => s.BeginMs = begin.Milliseconds);
        lab.Schedule();
        Assert.Equal(PendingReason.BeginTime, lab.Job(id).Reason);
        Assert.Equal(begin, lab.Job(id).Eligible);
        Assert.Equal(begin, lab.Cluster.NextWake);
        lab.After(TimeSpan.FromMinutes(5)).Tick();
        Assert.True(lab.Cluster.NeedsSchedule);
        Assert.Equal(JobState.Running, lab.Schedule().Job(id).State);
    }

    [Fact]
    public void A_partition_that_is_down_keeps_its_jobs_waiting()
    {
        var lab = new Lab(c => c.Partitions[0].IsUp = false).Node("n1");
        var id = lab.Submit();
        lab.Schedule();
        Assert.Equal(PendingReason.PartitionDown, lab.Job(id).Reason);
        var up = lab.Cluster.Config.Clone();
        up.Partitions[0].IsUp = true;
        lab.Do(new Configure(up));
        Assert.Equal(JobState.Running, lab.Schedule().Job(id).State);
    }

    [Fact]
    public void Jobs_of_a_partition_that_is_taken_away_wait_until_it_is_back()
    {
        var lab = new Lab().Node("n1");
        var id = lab.Submit();
        var with = lab.Cluster.Config;
        var without = with.Clone();
        without.Partitions[0].Name = "other";
        lab.Do(new Configure(without));
        Assert.Equal(PendingReason.PartitionConfig, lab.Schedule().Job(id).Reason);
        lab.Do(new Configure(with));
        Assert.Equal(JobState.Running, lab.Schedule().Job(id).State);
    }
}
