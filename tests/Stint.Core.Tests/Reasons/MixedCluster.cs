using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Reasons;

/// <summary>A cluster with something of everything that can keep a job away, and days of mixed jobs on it. A seed says which.</summary>
internal sealed class MixedCluster
{
    public const long Minute = 60_000, Hour = 60 * Minute;
    public static readonly string[] Users = ["alice", "bob", "carol", "dave", "erin"];

    private readonly Random random;
    private readonly MixedJobs jobs;
    private readonly Dictionary<uint, Instant> endsAt = [];

    public Lab Lab { get; }
    public ClusterConfigured Config { get; private set; } = new();

    public MixedCluster(int seed)
    {
        random = new Random(seed);
        Lab = new Lab(c => Configure(c, multifactor: seed % 2 == 0)) { Audits = false };
        Machines();
        Accounts();
        jobs = new MixedJobs(this, random);
    }

    private void Configure(ClusterConfigured c, bool multifactor)
    {
        c.Licenses = "matlab:6,ansys:3";
        c.MinJobAgeMs = 24 * Hour;
        c.Enforce = new EnforceSettings { Associations = true, Limits = true, Qos = true };
        c.Priority = new PrioritySettings { Multifactor = multifactor, WeightAge = 1_000, WeightFairShare = 10_000, WeightQos = 5_000, WeightJobSize = 500, MaxAgeMs = 24 * Hour };
        c.Switches.Add([new SwitchSpec { Name = "s1", Nodes = "c[1-8]" }, new SwitchSpec { Name = "s2", Nodes = "c[9-16]" }, new SwitchSpec { Name = "s3", Nodes = "g[1-6]" }, new SwitchSpec { Name = "top", Switches = "s[1-3]" }]);
        c.Nodes.Add([new NodeSpec { Nodes = "c[1-8]", Features = { "intel" } }, new NodeSpec { Nodes = "c[9-16]", Features = { "amd" } }, new NodeSpec { Nodes = "c[5-12]", Features = { "fast" } }, new NodeSpec { Nodes = "c[15-16]", Features = { "old" } }]);
        c.Tiers.Add([new TierSpec { Name = "staff" }, new TierSpec { Name = "guest", JobCpus = 6, UserCpus = 12, MaxJobs = 3, Users = { "erin" } }]);
        c.DefaultTier = "staff";
        c.Partitions.Clear();
        c.Partitions.Add([
            new PartitionSpec { Name = "batch", Nodes = "c[1-16]", IsDefault = true, IsUp = true },
            new PartitionSpec { Name = "short", Nodes = "c[1-16]", IsUp = true, MaxTimeMs = Hour, PriorityTier = 2 },
            new PartitionSpec { Name = "gpu", Nodes = "g[1-6]", IsUp = true },
            new PartitionSpec { Name = "few", Nodes = "c[9-16]", IsUp = true, MaxNodes = 2, Qos = "partition" },
            new PartitionSpec { Name = "cars", Nodes = "c[1-16]", IsUp = true, AllowAccounts = { "cars" } },
            new PartitionSpec { Name = "fine", Nodes = "c[1-16]", IsUp = true, AllowQos = { "low", "capped" } },
            new PartitionSpec { Name = "old", Nodes = "c[1-16]", IsUp = false },
            new PartitionSpec { Name = "night", Nodes = "c[1-16]", IsUp = true },
            new PartitionSpec { Name = "lean", Nodes = "c[1-16]", IsUp = true, MaxMemoryPerNodeBytes = 2 * Lab.GiB },
            new PartitionSpec { Name = "shared", Nodes = "c[13-14]", IsUp = true, OverSubscribe = "YES:2" }]);
        Config = c;
    }

    private void Machines()
    {
        for (var i = 1; i <= 16; i++)
        {
            var node = Lab.Registration($"c{i}", cpus: 8, memory: 32 * Lab.GiB);
            node.Hardware.DiskBytes = 100 * Lab.GiB;
            Lab.Do(new RegisterNode(node));
        }
        for (var i = 1; i <= 6; i++)
        {
            var node = Lab.Registration($"g{i}", cpus: 16, memory: 128 * Lab.GiB);
            node.Hardware.Gpus = 4;
            node.Hardware.Gres.Add(Resources.Machines.Gpus(i <= 4 ? "a100" : "h100", "0-3", "4-7", "8-11", "12-15"));
            Lab.Do(new RegisterNode(node));
        }
        Lab.Do(new UpdateNode("c15", Lab.Root, true, null, "disk"));
        Lab.Do(new UpdateNode("c16", Lab.Root, null, true, "fan"));
        Lab.Do(new UpdateNode("g6", Lab.Root, true, null, "xid 79"));
    }

    private static TresValue Tres(string name, double value) => new() { Tres = name, Value = value };

    private void Accounts()
    {
        foreach (var qos in new[]
        {
            new QosSpec { Name = "partition", Limits = new UsageLimits { GrpJobs = 6 } },
            new QosSpec { Name = "low", Limits = new UsageLimits { MaxJobsPerUser = 3, GrpTres = { Tres("cpu", 24) } } },
            new QosSpec { Name = "capped", Priority = 5, Limits = new UsageLimits { MaxTresPerUser = { Tres("cpu", 10) }, MaxTresPerJob = { Tres("cpu", 6) }, MaxWallMs = 5 * Hour } },
            new QosSpec { Name = "gpuq", Priority = 3, Limits = new UsageLimits { GrpTres = { Tres("gres/gpu", 8) }, MinTresPerJob = { Tres("gres/gpu", 1) }, MaxTresPerAccount = { Tres("gres/gpu", 5) } } },
            new QosSpec { Name = "spent", Limits = new UsageLimits { GrpTresMins = { Tres("cpu", 120) }, GrpWallMs = 10 * Hour } },
            new QosSpec { Name = "budget", Limits = new UsageLimits { GrpTresRunMins = { Tres("cpu", 1_500) }, MaxTresRunMinsPerUser = { Tres("mem", 2_000_000) }, MaxJobsPerAccount = 9 } },
        }) Lab.Do(new SetQos(qos, Lab.Root));
        foreach (var (account, parent, limits) in new (string, string, UsageLimits?)[]
        {
            ("science", "", null), ("industry", "", new UsageLimits { GrpTres = { Tres("node", 14) } }), ("physics", "science", null),
            ("chem", "science", new UsageLimits { GrpJobs = 14, GrpTresRunMins = { Tres("cpu", 40_000) } }), ("cars", "industry", new UsageLimits { GrpTres = { Tres("mem", 48 * 1024), Tres("license/ansys", 2) } }),
        }) Lab.Do(new SetAssociation(new AssociationSpec { Account = account, Parent = parent, Shares = 1, Limits = limits }, Lab.Root));
        foreach (var account in new[] { "physics", "chem", "cars" })
            foreach (var user in Users)
            {
                var association = new AssociationSpec { Account = account, User = user, Shares = 1, IsDefault = account == "physics", Limits = LimitsOf(account, user) };
                association.Qos.Add(["normal", "low", "capped", "gpuq", "spent", "budget", "partition"]);
                Lab.Do(new SetAssociation(association, Lab.Root));
            }
    }

    private static UsageLimits? LimitsOf(string account, string user) => (account, user) switch
    {
        ("physics", "bob") => new UsageLimits { MaxJobs = 9 },
        ("chem", "carol") => new UsageLimits { MaxTresPerJob = { Tres("node", 2), Tres("gres/gpu", 2) }, MaxWallMs = 8 * Hour },
        ("chem", "dave") => new UsageLimits { MaxTresMinsPerJob = { Tres("cpu", 1_200) }, MaxTresPerNode = { Tres("cpu", 4) } },
        ("cars", "alice") => new UsageLimits { GrpTresMins = { Tres("cpu", 30) } },
        _ => null,
    };

    /// <summary>Jobs come, start, end; at its end a full pass has looked at all that wait.</summary>
    public void Day(int count)
    {
        Open();
        for (var i = 0; i < count; i++)
        {
            jobs.Submit();
            if (random.Next(8) == 0) Lab.Schedule();
            if (random.Next(20) == 0) Pass(random.Next(1, 4) * Minute);
        }
        Close();
        Pass(Minute);
        Settle();
    }

    /// <summary>Reasons are those of a full plan; of one after which nobody started, or had to go for somebody.</summary>
    private void Settle()
    {
        const int RoundsMax = 10;
        var before = "";
        for (var round = 0; round < RoundsMax && Active() != before; round++)
        {
            before = Active();
            Lab.After(TimeSpan.FromSeconds(2)).Tick().Schedule();
        }
    }

    private string Active() => string.Join(' ', Lab.Cluster.Jobs.Values.Where(static job => job.IsActive).Select(static job => $"{job.Id}:{job.State}"));

    /// <summary>Time for what waits: much of it starts and ends. Of the rest, every second job is cancelled by its owner.</summary>
    public void Night()
    {
        for (var hours = 0; hours < 12; hours += 2) Pass(2 * Hour);
        foreach (var job in Pending)
            if (random.Next(2) == 0) Lab.Try(new CancelJob(job.Id, null, Lab.Root));
    }

    public List<Job> Pending => Lab.Cluster.Jobs.Values.Where(static job => job.State == JobState.Pending).ToList();

    private void Open()
    {
        Reserve();
        Partition("night").State = "UP";
        Lab.Do(new Configure(Config));
    }

    /// <summary>What happens to jobs that were taken: their partition or reservation is not what it was.</summary>
    private void Close()
    {
        Partition("night").State = "INACTIVE";
        Lab.Do(new Configure(Config));
        Lab.Try(new DeleteReservation("gone", Lab.Root));
        Lab.Try(new UpdateReservation("closed", new ReservationChange { Users = ["bob"] }, Lab.Root));
    }

    private PartitionSpec Partition(string name) => (Config = Config.Clone()).Partitions.Single(partition => partition.Name == name);

    /// <summary>Those that are over, or were deleted, again.</summary>
    private void Reserve()
    {
        var now = Lab.Now.Milliseconds;
        void Reserve(string name, string nodes, long start, long length, string user, params string[] flags) => Lab.Try(new MakeReservation(
            new ReservationSpec { Name = name, Nodes = nodes, StartMs = start, EndMs = start + length, Users = { user }, Flags = { flags } }, Lab.Root));
        Reserve("now", "c[1-2]", now, 30 * Hour, "alice");
        Reserve("soon", "c3", now + 20 * Hour, 2 * Hour, "bob");
        Reserve("gone", "c4", now + 30 * Hour, Hour, "carol");
        Reserve("closed", "c5", now + 40 * Hour, Hour, "dave");
        Reserve("maint", "c14", now + 15 * Hour, 4 * Hour, "root", "MAINT");
    }

    /// <summary>Time goes by: what runs ends when its time has come, some of it badly.</summary>
    private void Pass(long ms)
    {
        Lab.After(TimeSpan.FromMilliseconds(ms)).Tick();
        foreach (var id in Lab.Cluster.ActiveJobs.ToList())
        {
            var job = Lab.Job(id);
            if (job.State == JobState.Completing) { Lab.Release(id); continue; }
            if (!endsAt.TryGetValue(id, out var end)) endsAt[id] = end = job.Started + TimeSpan.FromMilliseconds(random.NextInt64(5 * Minute, 20 * Hour));
            if (end <= Lab.Now && job.Spec.HetOffset == 0) Lab.Finish(id, random.Next(5) == 0 ? 1 : 0);
        }
        Lab.Schedule();
    }

    public Instant In(long ms) => new(Lab.Now.Milliseconds + ms);
}
