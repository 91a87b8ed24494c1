using Stint.Core.Journal;
using static Stint.Core.Tests.Accounts.PolicyLab;

namespace Stint.Core.Tests.Accounts;

public sealed class AccountCommandTests
{
    [Fact]
    public void A_job_gets_the_users_default_account_and_qos()
    {
        var lab = new PolicyLab();
        var spec = lab.Lab.Job(lab.Submit(s => s.Account = "")).Spec;
        Assert.Equal(("physics", "normal"), (spec.Account, spec.Qos));
        lab.Associate("chem", "alice", a => (a.IsDefault, a.DefaultQos) = (true, "low"));
        spec = lab.Lab.Job(lab.Submit(s => s.Account = "")).Spec;
        Assert.Equal(("chem", "low"), (spec.Account, spec.Qos));
        lab.AssertReplays();
    }

    [Theory]
    [InlineData("nosuch", "normal", RefusalCodes.InvalidAccount, "invalid account or account/partition combination specified: there is no account nosuch")]
    [InlineData("science", "normal", RefusalCodes.InvalidAccount, "user alice has no association with account science for partition main")]
    [InlineData("physics", "nosuch", RefusalCodes.InvalidQos, "invalid qos specification: there is no QOS nosuch")]
    [InlineData("physics", "high", RefusalCodes.InvalidQos, "association physics/alice may use normal, low, not high")]
    public void A_wrong_account_or_qos_is_refused(string account, string qos, string code, string says)
    {
        var lab = new PolicyLab();
        lab.Qos("high");
        var refusal = lab.Refused(s => (s.Account, s.Qos) = (account, qos));
        Assert.Equal(code, refusal.Code);
        Assert.Contains(says, refusal.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_accounts_any_account_and_qos_is_taken_as_it_is()
    {
        var lab = new Lab().Node("n1");
        var spec = lab.Job(lab.Submit(s => (s.Account, s.Qos) = ("anything", "whatever"))).Spec;
        Assert.Equal(("anything", "whatever"), (spec.Account, spec.Qos));
        Assert.Equal("", lab.Job(lab.Submit()).Spec.Qos);
    }

    [Fact]
    public void An_association_for_one_partition_goes_before_the_one_for_all()
    {
        var lab = new PolicyLab();
        lab.Lab.Do(new SetAssociation(new AssociationSpec
        {
            Account = "physics", User = "alice", Partition = "main", Limits = new UsageLimits { MaxJobs = 1 }, Qos = { "normal" },
        }, Lab.Root));
        lab.Runs();
        lab.Waits("AssocMaxJobsLimit", null, "association physics/alice in partition main");
        lab.AssertReplays();
    }

    [Fact]
    public void A_qos_for_reservations_is_refused_without_one()
    {
        var lab = new PolicyLab();
        lab.Qos("low", qos => qos.Flags.Add("RequiresReservation"));
        Assert.Contains("QOS low is for jobs in a reservation", lab.Refused(s => s.Qos = "low").Sentence, StringComparison.Ordinal);
    }

    public static readonly TheoryData<string, string> Bad = new()
    {
        { "user without account", "user eve can not be in account nosuch, which does not exist" },
        { "account without parent", "account new can not be below nosuch, which does not exist" },
        { "cycle", "account science can not be below physics, which is below it" },
        { "itself", "account science can not be below science, which is itself" },
        { "qos", "association physics/eve is to use QOS nosuch, which does not exist" },
        { "default qos", "QOS low can not be the default of association physics/eve: it may use normal only" },
        { "tres", "account new: GrpTRES: \"gpu\" is not a trackable resource" },
        { "twice", "account new: GrpTRES names cpu twice" },
        { "negative", "account new: GrpTRES: cpu=-1 is not an amount" },
        { "per user", "limits per user, per account and at least are limits of a QOS" },
        { "name", "\"a|b\" is not the name of a account" },
        { "partition", "there is no partition nosuch" },
        { "no operator", "uid 1001 may not change accounts" },
    };

    [Theory, MemberData(nameof(Bad))]
    public void What_makes_no_sense_is_refused(string what, string says)
    {
        var lab = new PolicyLab();
        var eve = new AssociationSpec { Account = "physics", User = "eve" };
        var fresh = new AssociationSpec { Account = "new", Limits = new UsageLimits() };
        var spec = what switch
        {
            "user without account" => new AssociationSpec { Account = "nosuch", User = "eve" },
            "account without parent" => new AssociationSpec { Account = "new", Parent = "nosuch" },
            "cycle" => new AssociationSpec { Account = "science", Parent = "physics" },
            "itself" => new AssociationSpec { Account = "science", Parent = "science" },
            "name" => new AssociationSpec { Account = "a|b" },
            "partition" => new AssociationSpec { Account = "physics", User = "eve", Partition = "nosuch" },
            "qos" or "default qos" => eve,
            _ => fresh,
        };
        if (what == "qos") spec.Qos.Add("nosuch");
        if (what == "default qos") { spec.Qos.Add("normal"); spec.DefaultQos = "low"; }
        if (what == "tres") spec.Limits.GrpTres.Add(Tres("gpu", 1));
        if (what == "twice") spec.Limits.GrpTres.Add([Tres("cpu", 1), Tres("cpu", 2)]);
        if (what == "negative") spec.Limits.GrpTres.Add(Tres("cpu", -1));
        if (what == "per user") spec.Limits.MaxJobsPerUser = 1;
        var by = what == "no operator" ? Lab.User(Lab.Alice) : Lab.Root;
        Assert.Contains(says, lab.Lab.Refused(new SetAssociation(spec, by)).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_in_use_is_not_removed_and_the_refusal_says_who_uses_it()
    {
        var lab = new PolicyLab();
        var id = lab.Runs(s => s.Qos = "low");
        string Says(Command command)
        {
            var refusal = lab.Lab.Refused(command);
            Assert.Equal(RefusalCodes.InUse, refusal.Code);
            return refusal.Sentence;
        }
        Assert.Equal("account physics is in use by association physics/alice, association physics/bob, job 1", Says(new RemoveAssociation("physics", "", "", Lab.Root)));
        Assert.Equal("association physics/alice is in use by job 1", Says(new RemoveAssociation("physics", "alice", "", Lab.Root)));
        Assert.StartsWith("QOS low is in use by job 1, association ", Says(new RemoveQos("low", Lab.Root)), StringComparison.Ordinal);
        lab.Ends(id);
        foreach (var (account, user) in new[] { ("physics", "alice"), ("physics", "bob"), ("physics", ""), ("chem", "alice"), ("chem", "") })
            lab.Lab.Do(new RemoveAssociation(account, user, "", Lab.Root));
        lab.Lab.Do(new RemoveQos("low", Lab.Root));
        Assert.Equal(RefusalCodes.InvalidAccount, lab.Lab.Refused(new RemoveAssociation("physics", "", "", Lab.Root)).Code);
        Assert.Equal(RefusalCodes.InvalidAccount, lab.Refused().Code);
        lab.AssertReplays();
    }

    [Fact]
    public void An_account_that_moves_takes_its_usage_and_its_running_jobs_along()
    {
        var lab = new PolicyLab();
        lab.Account("other", "");
        var id = lab.Runs();
        lab.Lab.After(TimeSpan.FromMinutes(10));
        lab.Account("physics", "", a => a.Parent = "other");
        double Usage(string account) => lab.Lab.Cluster.FairShares(lab.Lab.Now).Single(l => l.Account == account && l.User.Length == 0).RawUsageSeconds;
        Assert.Equal((0, 1200, 1200), (Usage("science"), Usage("other"), Usage("root")));
        lab.Limit("other", "", limits => limits.GrpJobs = 1);
        lab.Waits("AssocGrpJobsLimit", null, "account other");
        lab.Ends(id);
        lab.AssertReplays();
    }

    [Fact]
    public void A_limit_of_nothing_is_a_limit()
    {
        var lab = new PolicyLab();
        lab.Limit("physics", "", limits => limits.GrpJobs = 0);
        lab.Waits("AssocGrpJobsLimit", null, "allows 0 running jobs");
    }

    [Fact]
    public void The_same_again_changes_nothing()
    {
        var lab = new PolicyLab();
        var records = lab.Lab.Journal.Count;
        lab.Qos("low");
        lab.Account("physics", "science");
        Assert.Equal(records, lab.Lab.Journal.Count);
    }

    [Fact]
    public void A_waiting_job_whose_association_is_gone_says_so()
    {
        var lab = new PolicyLab(c => c.Enforce = new EnforceSettings());
        var id = lab.Submit(s => (s.Account, s.Held) = ("nosuch", true));
        lab.Configure(c => c.Enforce.Associations = true);
        lab.Lab.Do(new ReleaseJob(id, Lab.Root));
        lab.Lab.Schedule();
        lab.AssertWaits(id, "InvalidAccount", "user alice has no association with account nosuch");
        lab.Account("nosuch", "");
        lab.Associate("nosuch", "alice");
        lab.Lab.Schedule();
        lab.AssertRuns(id);
        lab.AssertReplays();
    }
}
