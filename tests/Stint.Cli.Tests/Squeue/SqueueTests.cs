using Stint.Cli.Slurm.Squeue;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Squeue;

public class SqueueTests
{
    private static Task<CommandRun> Squeue(params string[] arguments) => SampleCluster.Run().RunAsync(SqueueCommand.RunAsync, "squeue", arguments);

    [Fact]
    public async Task The_default_list_is_in_order_of_partition_state_and_priority()
    {
        var run = await Squeue();
        Assert.Equal(SampleCluster.Lines("""
                         JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)
                     2_[3-9%3]       cpu      arr    alice PD       0:00      1 (JobArrayTaskLimit)
                             3       cpu     wrap    alice PD       0:00      1 (JobHeldUser)
                           2_0       cpu      arr    alice  R       0:09      1 c2
                           2_1       cpu      arr    alice  R       0:09      1 c2
                           2_2       cpu      arr    alice  R       0:09      1 c16
                             6       gpu     wrap    alice PD       0:00     63 (PartitionConfig)
                             5       gpu     wrap    alice PD       0:00      4 (Resources)
                             4       gpu     wrap    alice PD       0:00      1 (Dependency)
                            16       gpu     wrap    alice PD       0:00      1 (Priority)
                             7       gpu     wrap    alice PD       0:00      1 (PartitionTimeLimit)
                             1       gpu    train    alice  R       0:09      2 n[1-2]
            """), run.Out);
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Fact]
    public async Task The_long_list_has_a_date_full_states_and_limits()
    {
        var run = await Squeue("-l", "-p", "cpu");
        Assert.Equal(SampleCluster.Lines("""
            Sun Nov 22 01:18:29 2026
                         JOBID PARTITION     NAME     USER    STATE       TIME TIME_LIMI  NODES NODELIST(REASON)
                     2_[3-9%3]       cpu      arr    alice  PENDING       0:00     10:00      1 (JobArrayTaskLimit)
                             3       cpu     wrap    alice  PENDING       0:00 7-00:00:00      1 (JobHeldUser)
                           2_0       cpu      arr    alice  RUNNING       0:09     10:00      1 c2
                           2_1       cpu      arr    alice  RUNNING       0:09     10:00      1 c2
                           2_2       cpu      arr    alice  RUNNING       0:09     10:00      1 c16
            """), run.Out);
    }

    [Fact]
    public async Task An_array_unfolds_with_r()
    {
        var run = await Squeue("-r", "-h", "-o", "%i %A %K %F", "-n", "arr", "-t", "PD");
        Assert.Equal("2_3 2 3 2\n2_4 2 4 2\n2_5 2 5 2\n2_6 2 6 2\n2_7 2 7 2\n2_8 2 8 2\n2_9 2 9 2\n", run.Out);
    }

    [Fact]
    public async Task Steps_are_listed_by_partition_and_id()
    {
        var run = await Squeue("-s");
        Assert.Equal(SampleCluster.Lines("""
                     STEPID     NAME PARTITION     USER      TIME NODELIST
                  2_0.batch    batch       cpu    alice      0:09 c2
                  2_1.batch    batch       cpu    alice      0:09 c2
                  2_2.batch    batch       cpu    alice      0:09 c16
                    1.batch    batch       gpu    alice      0:09 n1
            """), run.Out);
    }

    [Fact]
    public async Task Start_lists_pending_jobs_by_expected_start()
    {
        JobView[] jobs = [SampleCluster.Held, SampleCluster.Pending(5, "gpu", "Resources", 10, 300_000) with { StartMs = SampleCluster.At("01:48:20"), NodesMin = 4 }, SampleCluster.Train];
        var run = await SampleCluster.Run(SampleCluster.Api(jobs)).RunAsync(SqueueCommand.RunAsync, "squeue", "--start");
        Assert.Equal(SampleCluster.Lines("""
                         JOBID PARTITION     NAME     USER ST          START_TIME  NODES SCHEDNODES           NODELIST(REASON)
                             5       gpu     wrap    alice PD 2026-11-22T01:48:20      4 (null)               (Resources)
                             3       cpu     wrap    alice PD                 N/A      1 (null)               (JobHeldUser)
            """), run.Out);
    }

    [Fact]
    public async Task Every_letter_prints_what_Slurm_prints()
    {
        var run = await Squeue("-h", "-o", "%all", "-j", "2_[3-9],3", "-S", "-p");
        string[] lines = run.Out.Split('\n');
        Assert.Equal("physics|N/A|1|0|N/A|(null)|alice|NO|3|wrap|held one|7-00:00:00|16M||(null)|0.00000000000000|(null)|JobHeldUser|(null)|PD|alice|(null)|(null)||0|*:*:*|3|n/a|1|1|(null)|3|2001|*|*|*|N/A|7-00:00:00|0:00||0|cpu|0|(JobHeldUser)|N/A|PENDING|2001|2026-11-22T01:18:20|(null)|N/A|(null)|/home/alice", lines[7]);
        Assert.StartsWith("physics|N/A|1|0|N/A|(null)|alice|NO|2_3|arr|(null)|10:00|16M||(null)|0.00000025494955|(null)|JobArrayTaskLimit|", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_job_shows_its_place_and_its_end()
    {
        var run = await Squeue("-h", "-j", "1", "-o", "%i|%c|%e|%m|%o|%p|%y|%A|%B|%C|%D|%E|%F|%G|%L|%M|%N|%Q|%R|%S|%T|%U|%V|%Z");
        Assert.Equal("1|6|2026-11-22T01:48:20|2G|/home/alice/job.sh|0.00000046868809|0|1|n1|12|2|(null)|1|2001|29:51|0:09|n[1-2]|2013|n[1-2]|2026-11-22T01:18:20|RUNNING|2001|2026-11-22T01:18:20|/home/alice\n", run.Out);
    }

    [Fact]
    public async Task Names_choose_columns_of_width_20_without_blanks_between()
    {
        var run = await Squeue("-j", "7,1", "-O", "JobID,Name,UserName,StateCompact,TimeUsed,NumNodes,ReasonList,tres-alloc:60");
        Assert.Equal(SampleCluster.Lines("""
            JOBID               NAME                USER                ST                  TIME                NODES               NODELIST(REASON)    TRES_ALLOC                                                  
            7                   wrap                alice               PD                  0:00                1                   (PartitionTimeLimit)cpu=1,mem=16M,node=1,billing=1                              
            1                   train               alice               R                   0:09                2                   n[1-2]              cpu=12,mem=4G,node=2,billing=12                             
            """), run.Out);
    }

    [Theory]
    [InlineData("%.8j|%8j|%.3j|%3j", "   train|train   |tra|tra")]
    [InlineData("%.2M|%2M|%.3N|%3N|%.1R|%1R", "0:09|0:|n[1-2]|n[1|n[1-2]|n")]
    [InlineData("abc %i def", "abc 1 def")]
    [InlineData("no letter", "no letter")]
    [InlineData("%%i", "1")]
    [InlineData("%5.3j|%.|%|x", "%5.3j|%.|%|x")]
    public async Task Widths_cut_and_justify_as_in_Slurm(string format, string expected)
    {
        var run = await Squeue("-h", "-j", "1", "-o", format);
        Assert.Equal(expected + "\n", run.Out);
    }

    [Theory]
    [InlineData("jobid:4,name:.10,jobid:.3", "1        train  1")]
    [InlineData("jobid:0,name:8", "1train   ")]
    [InlineData("jobid:|,exit_code:;,NumTasks:.3!", "1|0;  4!")]
    public async Task Sizes_of_named_columns(string format, string expected) =>
        Assert.Equal(expected + "\n", (await Squeue("-h", "-j", "1", "-O", format)).Out);

    [Fact]
    public async Task Headings_of_all_letters_are_Slurm_s()
    {
        var run = await Squeue("-j", "1", "-o", "%all");
        Assert.Equal("ACCOUNT|TRES_PER_NODE|MIN_CPUS|MIN_TMP_DISK|END_TIME|FEATURES|GROUP|OVER_SUBSCRIBE|JOBID|NAME|COMMENT|TIME_LIMIT|MIN_MEMORY|REQ_NODES|COMMAND|PRIORITY|QOS|REASON|SLUID|ST|USER|RESERVATION|WCKEY|EXC_NODES|NICE|S:C:T"
            + "|JOBID|EXEC_HOST|CPUS|NODES|DEPENDENCY|ARRAY_JOB_ID|GROUP|SOCKETS_PER_NODE|CORES_PER_SOCKET|THREADS_PER_CORE|ARRAY_TASK_ID|TIME_LEFT|TIME|NODELIST|CONTIGUOUS|PARTITION|PRIORITY|NODELIST(REASON)|START_TIME|STATE|UID|SUBMIT_TIME|LICENSES|CORE_SPEC|SCHEDNODES|WORK_DIR", run.Out.Split('\n')[0]);
    }

    [Fact]
    public async Task Every_named_field_prints_a_heading_and_a_value()
    {
        var names = JobFields.Table.All.Where(field => field.Names.Length > 0).Select(field => field.Names[0]).ToList();
        Assert.True(names.Count >= 115);
        var run = await Squeue("-j", "1", "-O", string.Join(',', names.Select(name => name + ":|")));
        string[] lines = run.Out.Split('\n');
        Assert.Equal("", run.Error);
        Assert.Equal((names.Count, names.Count), (lines[0].Count(c => c == '|'), lines[1].Count(c => c == '|')));
    }

    [Theory]
    [InlineData("cpus-per-task:|,mem-per-tres:|,NTPerNode:|,BatchFlag:|,AllocSID:|,AllocNodes:|,Profile:|,Reboot:|", "3|N/A|2|1|5541|vm|NotSet|0|")]
    [InlineData("EligibleTime:|,AccrueTime:|,LastSchedEval:|,Deadline:|,PendingTime:|,RestartCnt:|,STDOUT:|,Cluster:|", "2026-11-22T01:18:20|2026-11-22T01:18:20|2026-11-22T01:18:20|N/A|0|0|/home/alice/train-1.out|scout|")]
    public async Task Named_fields_of_a_running_job(string format, string expected) => Assert.Equal(expected + "\n", (await Squeue("-h", "-j", "1", "-O", format)).Out);

    [Theory]
    [InlineData("-o", "%g%i%?", "squeue: error: Invalid job format specification: ?\n")]
    [InlineData("-O", "jobid,bogus", "squeue: error: Invalid job format specification: bogus\n")]
    public async Task Unknown_columns_are_complained_of_and_the_rest_is_printed(string option, string format, string error)
    {
        var run = await Squeue("-h", "-j", "1", option, format);
        Assert.Equal((error, 0), (run.Error, run.Code));
        Assert.NotEmpty(run.Out);
    }

    [Theory]
    [InlineData("i", "1 2_0 2_1 2_2 2_[3-9%3] 3 4 5 6 7 16")]
    [InlineData("-i", "16 7 6 5 4 3 2_[3-9%3] 2_2 2_1 2_0 1")]
    [InlineData("t,-p,i", "6 5 4 2_[3-9%3] 16 7 3 1 2_0 2_1 2_2")]
    [InlineData("-M,-C,i", "1 2_0 2_1 2_2 6 5 2_[3-9%3] 3 4 7 16")]
    [InlineData("l,i", "5 2_0 2_1 2_2 2_[3-9%3] 1 4 6 16 7 3")]
    public async Task Sorting_by_letters(string order, string ids) => Assert.Equal(ids, (await Squeue("-h", "-o", "%i", "-S", order)).Out.TrimEnd().Replace('\n', ' '));
}
