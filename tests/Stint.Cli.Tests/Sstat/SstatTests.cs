using Stint.Cli.Slurm.Sstat;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Sstat;

public class SstatTests
{
    private static StepUsageView Used(string step, string node, ulong peakKiB, ulong cpuUs, uint tasks = 1) =>
        new() { StepId = step, Node = node, PeakMemoryBytes = peakKiB * 1024, MemoryBytes = peakKiB * 512, CpuUserUs = cpuUs, Tasks = tasks, MaxRssPid = 42 };

    private static Task<CommandRun> Sstat(params string[] arguments) => SampleCluster.Run(new Client.FakeApi()
        .On("/api/v1/jobs/1/usage", new UsageList { NowMs = 0, JobId = 1, Steps = [Used("1.batch", "n1", 100, 2_000), Used("1.0", "n1", 4708, 68_000, 2), Used("1.0", "n2", 5000, 32_000, 2)], Silent = ["n3"] })
        .On("/api/v1/jobs?job=9", new JobList(0, [])).On("/api/v1/jobs?job=1", new JobList(0, [SampleCluster.Train]))).RunAsync(SstatCommand.RunAsync, "sstat", arguments);

    [Fact]
    public async Task A_jobs_lowest_step_is_shown_with_its_largest_node()
    {
        var run = await Sstat("-j", "1", "-P", "-o", "JobID,MaxRSS,MaxRSSNode,AveCPU,NTasks,ConsumedEnergy");
        Assert.Equal("JobID|MaxRSS|MaxRSSNode|AveCPU|NTasks|ConsumedEnergy\n1.0|5000K|n2|00:00.025|4|\n", run.Out);
        Assert.Equal("sstat: error: node n3 did not answer\n", run.Error);
    }

    [Fact]
    public async Task Steps_can_be_named_or_all_be_asked_for()
    {
        Assert.Equal("1.batch|100K\n", (await Sstat("-nP", "-o", "jobid,maxrss", "-j", "1.batch")).Out);
        Assert.Equal("1.0|\n1.batch|\n", (await Sstat("-anp", "-o", "jobid", "-j", "1")).Out);
        Assert.Equal("       JobID     MaxRSS \n------------ ---------- \n         1.0      5000K \n", (await Sstat("-o", "JobID,MaxRSS", "-j", "1")).Out);
    }

    [Theory]
    [InlineData("sstat: You didn't give me any jobs to stat.\n")]
    [InlineData("sstat: error: no steps running for job 9\n", "-n", "-j", "9")]
    [InlineData("Invalid field requested: \"Bogus\"\n", "-j", "1", "-o", "Bogus")]
    public async Task What_cannot_be_shown_is_refused_in_Slurms_words(string error, params string[] arguments)
    {
        var run = await Sstat(arguments);
        Assert.Equal((1, error), (run.Code, run.Error));
    }
}
