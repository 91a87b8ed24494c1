using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Accounts;

/// <summary>
/// A cluster with room for everything, so that only policy keeps a job away. Accounts: root → science → physics (alice, bob), chem (alice).
/// QOS: normal (there by itself), and <c>low</c>, which everybody may use. The partition main has no QOS of its own unless asked.
/// </summary>
internal sealed class PolicyLab
{
    public const string Partition = "main";
    public Lab Lab { get; }
    private ClusterConfigured config = new();

    public PolicyLab(Action<ClusterConfigured>? configure = null)
    {
        Lab = new Lab(c =>
        {
            c.Enforce = new EnforceSettings { Associations = true, Limits = true, Qos = true };
            c.Licenses = "matlab:100";
            configure?.Invoke(c);
            config = c;
        });
        foreach (var name in new[] { "n1", "n2", "n3" }) Lab.Do(new RegisterNode(BigNode(name)));
        Account("science", "");
        Account("physics", "science");
        Account("chem", "science");
        Qos("low");
        foreach (var (account, user) in new[] { ("physics", "alice"), ("physics", "bob"), ("chem", "alice") })
            Associate(account, user, a => { a.Qos.Add(["normal", "low"]); a.IsDefault = account == "physics"; });
    }

    private static NodeRegistered BigNode(string name)
    {
        var node = Lab.Registration(name, cpus: 64, memory: 256 * Lab.GiB);
        node.Hardware.DiskBytes = 1000 * Lab.GiB;
        var gres = new Gres { Name = "gpu", Type = "a100", Vendor = "nvidia" };
        for (uint i = 0; i < 16; i++) gres.Units.Add(new GresUnit { Index = i, Uuid = $"{name}-{i}" });
        node.Hardware.Gpus = 16;
        node.Hardware.Gres.Add(gres);
        node.Hardware.Gres.Add(new Gres { Name = "gpu", Type = "1g.10gb", Units = { Enumerable.Range(16, 8).Select(i => new GresUnit { Index = (uint)i }) } });
        return node;
    }

    // Accounts and QOS: what is set is kept, so that a test changes one thing of it.

    private readonly Dictionary<string, AssociationSpec> associations = [];
    private readonly Dictionary<string, QosSpec> qos = [];

    public void Account(string name, string parent, Action<AssociationSpec>? with = null) =>
        Set(new AssociationSpec { Account = name, Parent = parent, Shares = 1 }, with);

    public void Associate(string account, string user, Action<AssociationSpec>? with = null) =>
        Set(new AssociationSpec { Account = account, User = user, Shares = 1 }, with);

    private void Set(AssociationSpec fresh, Action<AssociationSpec>? with)
    {
        var key = $"{fresh.Account}|{fresh.User}";
        var spec = associations.TryGetValue(key, out var known) ? known.Clone() : fresh;
        with?.Invoke(spec);
        associations[key] = spec;
        Lab.Do(new SetAssociation(spec, Lab.Root));
    }

    public void Limit(string account, string user, Action<UsageLimits> with)
    {
        var parent = user.Length > 0 ? "" : associations[$"{account}|"].Parent;
        Set(new AssociationSpec { Account = account, User = user, Parent = parent }, a => with(a.Limits ??= new UsageLimits()));
    }

    public void Qos(string name, Action<QosSpec>? with = null)
    {
        var spec = qos.TryGetValue(name, out var known) ? known.Clone() : new QosSpec { Name = name };
        with?.Invoke(spec);
        qos[name] = spec;
        Lab.Do(new SetQos(spec, Lab.Root));
    }

    public void LimitQos(string name, Action<UsageLimits> with) => Qos(name, q => with(q.Limits ??= new UsageLimits()));

    public void Configure(Action<ClusterConfigured> with)
    {
        config = config.Clone();
        with(config);
        Lab.Do(new Configure(config));
    }

    // Jobs

    /// <summary>Something of everything: 2 CPUs, 1 GiB, 1 node, 1 GPU (a100), 1 licence, 1 GiB of disk, 2 billing units, 60 minutes.</summary>
    public static Action<JobSpec> Job(Action<JobSpec>? with = null) => spec =>
    {
        spec.Tasks = 2;
        spec.CpusPerTask = 1;
        spec.NodesMin = spec.NodesMax = 1;
        spec.MemoryPerNodeBytes = Lab.GiB;
        spec.DiskBytes = Lab.GiB;
        spec.TimeLimitMs = 3_600_000;
        spec.Licenses = "matlab:1";
        spec.Gres.Add(new GresRequest { Name = "gpu", Type = "a100", Count = 1 });
        spec.Account = "physics";
        with?.Invoke(spec);
    };

    public uint Submit(Action<JobSpec>? with = null) => Lab.Submit(Job(with));

    public Refusal Refused(Action<JobSpec>? with = null) => Lab.Refused(new SubmitJob(Lab.Spec(Job(with))));

    public uint Runs(Action<JobSpec>? with = null)
    {
        var id = Submit(with);
        Lab.Schedule();
        AssertRuns(id);
        return id;
    }

    public uint Waits(string reason, Action<JobSpec>? with = null, params string[] says)
    {
        var id = Submit(with);
        Lab.Schedule();
        AssertWaits(id, reason, says);
        return id;
    }

    public void AssertRuns(uint id)
    {
        var job = Lab.Job(id);
        Assert.True(job.State == JobState.Running, $"job {id} is {job.State}: {job.Reason}: {job.ReasonDetail}");
    }

    public void AssertWaits(uint id, string reason, params string[] says)
    {
        var job = Lab.Job(id);
        Assert.True(job.State == JobState.Pending, $"job {id} is {job.State}; it was to wait with {reason}");
        Assert.Equal((reason, job.ReasonDetail), (job.Reason.ToString(), job.ReasonDetail));
        foreach (var text in says) Assert.Contains(text, job.ReasonDetail, StringComparison.Ordinal);
    }

    public void Ends(uint id)
    {
        Lab.Finish(id);
        Lab.Schedule();
    }

    public static TresValue Tres(string name, double value) => new() { Tres = name, Value = value };

    public static Action<JobSpec> AsBob => spec => (spec.Uid, spec.User) = (Lab.Bob, "bob");

    /// <summary>Replay of all records, and a snapshot of the replay, are the live state.</summary>
    public void AssertReplays()
    {
        var live = Lab.Cluster.StateHash();
        var replayed = Lab.Replay(Lab.Journal);
        Assert.Equal(live, replayed.StateHash());
        var loaded = Cluster.FromSnapshot(Snapshot.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(replayed.ToSnapshot(1))));
        Assert.Equal(live, loaded.StateHash());
        loaded.Audit();
    }
}
