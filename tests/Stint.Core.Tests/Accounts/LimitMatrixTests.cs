using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

/// <summary>For every limit at every level: at the limit starts, one over waits with the right reason and numbers, after a release starts.</summary>
public sealed class LimitMatrixTests
{
    public static readonly TheoryData<string, string> GroupResources = LimitMatrix.Over(LimitMatrix.Groups);
    public static readonly TheoryData<string, string> AllResources = LimitMatrix.Over(LimitMatrix.All);
    public static readonly TheoryData<string, string> PerJobLevels = LimitMatrix.Over(LimitMatrix.Groups);
    public static readonly TheoryData<string> AllLevels = LimitMatrix.NamesOf(LimitMatrix.All);
    public static readonly TheoryData<string> GroupLevels = LimitMatrix.NamesOf(LimitMatrix.Groups);

    [Theory, MemberData(nameof(AllResources))]
    public void Resources_that_run_at_one_time(string levelName, string tres)
    {
        var (level, resource) = LimitMatrix.Find(levelName, tres);
        var lab = new PolicyLab();
        level.Set(lab, limits => (level.Family switch { "User" => limits.MaxTresPerUser, "Account" => limits.MaxTresPerAccount, _ => limits.GrpTres })
            .Add(Tres(tres, 2 * resource.Each)));
        AtTheLimit(lab, level, LimitMatrix.Reason(level.Family, "Grp", tres), level.Holder, resource.One, resource.Two);
    }

    [Theory, MemberData(nameof(AllResources))]
    public void Minutes_that_running_jobs_may_yet_use(string levelName, string tres)
    {
        var (level, resource) = LimitMatrix.Find(levelName, tres);
        var lab = new PolicyLab();
        level.Set(lab, limits => (level.Family switch
        {
            "User" => limits.MaxTresRunMinsPerUser, "Account" => limits.MaxTresRunMinsPerAccount, _ => limits.GrpTresRunMins,
        }).Add(Tres(tres, 2 * 60 * resource.Each)));
        AtTheLimit(lab, level, LimitMatrix.Reason(level.Family, "RunMins", tres), level.Holder, $"{120 * resource.Each} {tres}-minutes", $"{60 * resource.Each} {tres}-minutes");
    }

    [Theory, MemberData(nameof(AllLevels))]
    public void Jobs_that_run_at_one_time(string levelName)
    {
        var level = LimitMatrix.All.Single(l => l.Name == levelName);
        var lab = new PolicyLab();
        level.Set(lab, limits =>
        {
            if (level.Family == "User") limits.MaxJobsPerUser = 2;
            else if (level.Family == "Account") limits.MaxJobsPerAccount = 2;
            else limits.GrpJobs = 2;
        });
        var reason = level.Family switch { "User" => "QOSMaxJobsPerUserLimit", "Account" => "MaxJobsPerAccount", "QOS" => "QOSGrpJobsLimit", _ => "AssocGrpJobsLimit" };
        AtTheLimit(lab, level, reason, level.Holder, "allows 2 running jobs", "2 run");
    }

    /// <summary>Two start, the third waits; a job elsewhere is not concerned; when one has ended the third starts.</summary>
    private static void AtTheLimit(PolicyLab lab, LimitMatrix.Level level, string reason, params string[] says)
    {
        var first = lab.Runs(level.Mine);
        lab.Runs(level.Other);
        var third = lab.Waits(reason, level.Mine, says);
        if (level.Apart is { } apart) lab.Runs(apart);
        lab.Ends(first);
        lab.AssertRuns(third);
        lab.Waits(reason, level.Mine, says);
        lab.AssertReplays();
    }

    [Theory, MemberData(nameof(AllLevels))]
    public void Jobs_that_are_submitted(string levelName)
    {
        var level = LimitMatrix.All.Single(l => l.Name == levelName);
        var lab = new PolicyLab();
        level.Set(lab, limits =>
        {
            if (level.Family == "User") limits.MaxSubmitPerUser = 2;
            else if (level.Family == "Account") limits.MaxSubmitPerAccount = 2;
            else limits.GrpSubmitJobs = 2;
        });
        var reason = level.Family switch { "User" => "QOSMaxSubmitJobPerUserLimit", "Account" => "MaxSubmitJobsPerAccount", "QOS" => "QOSGrpSubmitJobsLimit", _ => "AssocGrpSubmitJobsLimit" };
        lab.Submit(spec => { level.Mine?.Invoke(spec); spec.Held = true; });
        var second = lab.Runs(level.Other);
        var refusal = lab.Refused(level.Mine);
        Assert.Equal(RefusalCodes.AccountingPolicy, refusal.Code);
        Assert.Contains("job violates accounting/QOS policy (job submit limit, user's size and/or time limits)", refusal.Sentence, StringComparison.Ordinal);
        foreach (var text in new[] { level.Holder, reason, "allows 2 submitted jobs", "2 are submitted" }) Assert.Contains(text, refusal.Sentence, StringComparison.Ordinal);
        if (level.Apart is { } apart) lab.Submit(apart);
        lab.Ends(second);
        lab.Submit(level.Mine);
        lab.AssertReplays();
    }

    [Theory, MemberData(nameof(PerJobLevels))]
    public void What_one_job_may_ask_for(string levelName, string tres)
    {
        var (level, resource) = LimitMatrix.Find(levelName, tres);
        OneJob(level, limits => limits.MaxTresPerJob, resource.Each, tres, LimitMatrix.Reason(level.Family, "PerJob", tres), resource.One, resource.Two);
    }

    [Theory, MemberData(nameof(PerJobLevels))]
    public void What_one_job_may_ask_for_on_a_node(string levelName, string tres)
    {
        var (level, resource) = LimitMatrix.Find(levelName, tres);
        if (tres == "node") return;      // one node has one node
        OneJob(level, limits => limits.MaxTresPerNode, resource.Each, tres, LimitMatrix.Reason(level.Family, "PerNode", tres), resource.One, resource.Two);
    }

    [Theory, MemberData(nameof(PerJobLevels))]
    public void Minutes_that_one_job_may_ask_for(string levelName, string tres)
    {
        var (level, resource) = LimitMatrix.Find(levelName, tres);
        OneJob(level, limits => limits.MaxTresMinsPerJob, 60 * resource.Each, tres, LimitMatrix.Reason(level.Family, "MinsPerJob", tres),
            $"{60 * resource.Each} {tres}-minutes", $"{120 * resource.Each} {tres}-minutes");
    }

    private static void OneJob(LimitMatrix.Level level, Func<UsageLimits, Google.Protobuf.Collections.RepeatedField<TresValue>> list, long limit, string tres,
        string reason, params string[] says)
    {
        var lab = new PolicyLab();
        level.Set(lab, limits => list(limits).Add(Tres(tres, limit)));
        lab.Runs(level.Mine);
        var holder = level.Family == "Assoc" ? "association physics/alice" : level.Holder;    // accounts hand such limits down
        var big = lab.Waits(reason, level.Mine + (tres == "node" ? TwoNodes : Double), [holder, .. says]);
        level.Set(lab, limits => { list(limits).Clear(); list(limits).Add(Tres(tres, 2 * limit)); });
        lab.Lab.Schedule();
        lab.AssertRuns(big);
        lab.AssertReplays();
    }

    private static void Double(JobSpec spec)
    {
        spec.Tasks = 4;
        spec.MemoryPerNodeBytes *= 2;
        spec.DiskBytes *= 2;
        spec.Licenses = "matlab:2";
        spec.Gres[0].Count = 2;
    }

    private static void TwoNodes(JobSpec spec) => spec.NodesMin = spec.NodesMax = 2;

    [Theory, MemberData(nameof(GroupLevels))]
    public void The_time_that_one_job_may_ask_for(string levelName)
    {
        var level = LimitMatrix.Groups.Single(l => l.Name == levelName);
        var lab = new PolicyLab();
        level.Set(lab, limits => limits.MaxWallMs = 3_600_000);
        lab.Runs(level.Mine);
        var reason = level.Family == "Assoc" ? "AssocMaxWallDurationPerJobLimit" : "QOSMaxWallDurationPerJobLimit";
        var longer = lab.Waits(reason, level.Mine + (spec => spec.TimeLimitMs += 60_000), "60 minutes", "61 minutes");
        level.Set(lab, limits => limits.MaxWallMs = 3_660_000);
        lab.Lab.Schedule();
        lab.AssertRuns(longer);
    }
}
