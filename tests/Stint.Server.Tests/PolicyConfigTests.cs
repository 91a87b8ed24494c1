using Stint.Core.Journal;
using Stint.Server.Configuration;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class PolicyConfigTests
{
    private const string Whole = """
        cluster: lab
        licenses: { matlab: 10, ansys: 5 }
        nodes:
          - { nodes: "n[1-4]", features: [a100, nvlink], weight: 10, gres: "gpu:a100:4", core_spec: 1, memory_spec: 2G, disk: 100G }
          - { nodes: n4, blocks: auto }
        priority:
          weights: { age: 1000, fair_share: 10000, partition: 5, qos: 6, job_size: 7, association: 8, tres: { cpu: 2, mem: 1.5G } }
          max_age: 7d
          decay_half_life: 14d
          favor_small: yes
          usage_reset: monthly
        preempt: { by: qos, mode: requeue, exempt_time: 5m, youngest_first: true }
        planning: { policy: conservative, reservations_max: 50, predict_run_times: true, window: 7d, spread_gpus: true }
        enforce: [safe, qos]
        topology:
          switches:
            - { name: s1, nodes: "n[1-2]" }
            - { name: s2, nodes: "n[3-4]" }
            - { name: top, switches: "s[1-2]" }
        tiers:
          - { name: free, job: { cpus: 4, gpus: 1 }, user: { cpus: 8, memory: 16G, pids: 1000, jobs: 5 }, memory_soft: 90%, on_limit: refuse, users: [bob], groups: [students], contact: "help@lab" }
        default_tier: free
        qos:
          - { name: high, priority: 10, preempt: [low], limits: { max_jobs_per_user: 2, grp_tres: { gres/gpu: 8, mem: 64G } }, flags: [denyonlimit], grace: 30s, usage_factor: 0.5 }
          - { name: low, preempt_mode: cancel }
        accounts:
          - name: physics
            shares: 10
            limits: { grp_jobs: 5, max_wall: 2h }
            users: [alice, { name: bob, shares: parent, default: true, qos: [high, low], default_qos: low }]
            accounts:
              - { name: optics, users: [carol] }
        partitions:
          - name: gpu
            nodes: "n[1-4]"
            default: true
            max_time: 2d
            priority_tier: 2
            over_subscribe: FORCE:4
            allow_qos: [high, low]
            deny_accounts: [guests]
            preempt_mode: cancel
            grace: 1m
            max_nodes: 3
            default_memory_per_gpu: 8G
            billing_weights: { cpu: 1, mem: 0.25G, gres/gpu: 8 }
            alternate: cpu
          - { name: cpu, state: DRAIN, hidden: true }
        """;

    private static ServerConfig Read(string yaml)
    {
        using var reader = new StringReader(yaml);
        return ConfigFile.Read(reader);
    }

    [Fact]
    public void The_whole_policy_is_read_into_the_record()
    {
        var record = Read(Whole).ToRecord();
        Assert.Equal("matlab:10,ansys:5", record.Licenses);
        Assert.Equal((10u, 1u, 100UL << 30, "a100,nvlink"), (record.Nodes[0].Weight, record.Nodes[0].CoreSpecCount, record.Nodes[0].DiskBytes, string.Join(',', record.Nodes[0].Features)));
        Assert.Equal(("gpu", "a100", 4u, true), (record.Nodes[0].Gres[0].Name, record.Nodes[0].Gres[0].Type, record.Nodes[0].Gres[0].Count, record.Nodes[1].BlocksAuto));
        Assert.Equal((true, 10000UL, 14L * 86_400_000, "MONTHLY", 1.5 / 1024), (record.Priority.Multifactor, record.Priority.WeightFairShare, record.Priority.DecayHalfLifeMs, record.Priority.UsageReset, record.Priority.WeightTres[1].Value));
        Assert.Equal((PreemptBy.PreemptQos, PreemptMode.PreemptRequeue, 300_000L), (record.Preempt.By, record.Preempt.Mode, record.Preempt.ExemptMs));
        Assert.Equal(("conservative", 50u, true), (record.Planning.Policy, record.Planning.ReservationsMax, record.Planning.PredictRunTimes));
        Assert.True(record.Enforce is { Associations: true, Limits: true, Qos: true, Safe: true, Wckeys: false });
        Assert.Equal((3, "s[1-2]"), (record.Switches.Count, record.Switches[2].Switches));
        Assert.Equal((true, 90UL, 16UL << 30), (record.Tiers[0].Refuse, record.Tiers[0].MemorySoftPercent, record.Tiers[0].UserMemoryBytes));
        var gpu = record.Partitions[0];
        Assert.Equal((2u, "FORCE:4", 60_000L, 3u, "cpu", 0.25 / 1024), (gpu.PriorityTier, gpu.OverSubscribe, gpu.GraceMs, gpu.MaxNodes, gpu.Alternate, gpu.BillingWeights[1].Value));
        Assert.Equal(("DRAIN", true, true, 1u), (record.Partitions[1].State, record.Partitions[1].IsUp, record.Partitions[1].Hidden, record.Partitions[1].PriorityTier));
    }

    [Fact]
    public void Accounts_are_a_tree_with_parents_first()
    {
        var config = Read(Whole);
        Assert.Equal(["physics/", "physics/alice", "physics/bob", "optics/", "optics/carol"], config.Associations!.Select(a => $"{a.Account}/{a.User}"));
        Assert.Equal(("physics", true, "low"), (config.Associations![3].Parent, config.Associations[2].SharesParent, config.Associations[2].DefaultQos));
        Assert.Equal((5u, 7_200_000L), (config.Associations[0].Limits.GrpJobs, config.Associations[0].Limits.MaxWallMs));
        var high = config.Qos![0];
        Assert.Equal((2u, 8.0, 65_536.0, "DenyOnLimit", 30_000L), (high.Limits.MaxJobsPerUser, high.Limits.GrpTres[0].Value, high.Limits.GrpTres[1].Value, high.Flags[0], high.GraceMs));
    }

    [Theory]
    [InlineData("nodes:\n  - weight: 3\n", 2, "needs the key 'nodes'")]
    [InlineData("nodes:\n  - nodes: n[1\n", 2, "")]
    [InlineData("nodes:\n  - nodes: n1\n    gres: gpu::4\n", 3, "generic resource")]
    [InlineData("nodes:\n  - nodes: n1\n    colour: red\n", 3, "unknown key 'colour'")]
    [InlineData("licenses: { \"a b\": 3 }\n", 1, "license")]
    [InlineData("licenses:\n  a: 0\n", 2, "expected a number")]
    [InlineData("priority:\n  weights: { luck: 3 }\n", 2, "unknown key 'luck'")]
    [InlineData("priority:\n  weights: { tres: { luck: 3 } }\n", 2, "no trackable resource")]
    [InlineData("preempt:\n  by: force\n", 2, "by is none, partition or qos")]
    [InlineData("preempt: { by: qos }\n", 1, "needs a mode")]
    [InlineData("planning:\n  policy: magic\n", 2, "policy is default")]
    [InlineData("enforce: [order]\n", 1, "enforce knows")]
    [InlineData("qos:\n  - name: q\n    limits: { max_jobs_accrue_per_user: 3 }\n", 3, "'max_jobs_accrue_per_user' is not there yet")]
    [InlineData("accounts:\n  - name: a\n    limits: { grp_jobs_accrue: 3 }\n", 3, "'grp_jobs_accrue' is not there yet")]
    [InlineData("topology:\n  switches:\n    - { name: a, switches: b }\n", 3, "names 'b'")]
    [InlineData("topology:\n  switches:\n    - { name: a, switches: a }\n", 3, "below itself")]
    [InlineData("topology:\n  blocks:\n    - { name: a }\n", 3, "needs nodes")]
    [InlineData("tiers:\n  - { name: a, memory_soft: 90 }\n", 2, "90%")]
    [InlineData("tiers: [{ name: a, users: [x] }, { name: b, users: [x] }]\n", 1, "is in tiers")]
    [InlineData("cluster: a\ndefault_tier: gold\n", 2, "no tier 'gold'")]
    [InlineData("qos:\n  - { name: a, flags: [Fast] }\n", 2, "no flag of a QOS")]
    [InlineData("qos:\n  - { name: a, limits: { max_jobs_per_year: 1 } }\n", 2, "unknown key")]
    [InlineData("qos:\n  - { name: a, preempt: [b] }\n", 2, "no QOS 'b'")]
    [InlineData("accounts:\n  - { name: a, parent: b }\n", 2, "no account 'b'")]
    [InlineData("accounts: [{ name: a, parent: b }, { name: b, parent: a }]\n", 1, "below itself")]
    [InlineData("accounts:\n  - { name: a, users: [x, x] }\n", 2, "there twice")]
    [InlineData("accounts:\n  - { name: a, limits: { max_jobs_per_user: 1 } }\n", 2, "unknown key")]
    [InlineData("partitions:\n  - { name: a, over_subscribe: MAYBE }\n", 2, "over_subscribe is")]
    [InlineData("partitions:\n  - { name: a, alternate: b }\n", 2, "no partition 'b'")]
    [InlineData("partitions:\n  - { name: a, min_nodes: 4, max_nodes: 2 }\n", 2, "under its min_nodes")]
    [InlineData("partitions:\n  - { name: a, allow_accounts: [x], deny_accounts: [y] }\n", 2, "has both")]
    [InlineData("partitions:\n  - { name: a, billing_weights: { cpu: many } }\n", 2, "expected a weight")]
    [InlineData("partitions:\n  - { name: a, state: ASLEEP }\n", 2, "state is UP, DOWN, DRAIN or INACTIVE")]
    public async Task A_mistake_is_an_error_with_its_line(string yaml, int line, string says)
    {
        var home = TestServer.NewHome();
        var file = Path.Combine(home, "stint.yaml");
        await File.WriteAllTextAsync(file, yaml);
        var (config, error) = ConfigFile.Load(file);
        Directory.Delete(home, recursive: true);
        Assert.Null(config);
        Assert.StartsWith($"{file}:{line}: ", error, StringComparison.Ordinal);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }
}
