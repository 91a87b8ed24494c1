using System.Diagnostics;
using Stint.Agent.Cgroups;
using Stint.Agent.Tests.Launch;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>Runs where the tests are root and /var/tmp is on a disk (and not on an overlay), whose controller is there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DiskFactAttribute : FactAttribute
{
    public DiskFactAttribute()
    {
        if (Environment.UserName != "root") Skip = "not run: not root";
        else if (TestDisk.Whole() is null) Skip = "not run: /var/tmp is on no disk of /sys/class/block";
        else if (!TestTree.IsV2 && !Directory.Exists("/sys/fs/cgroup/blkio")) Skip = "not run: no controller blkio here";
    }
}

/// <summary>Rates of disks, on this machine's kernel and its real disk.</summary>
public sealed class DiskRateTests
{
    private const int Mebibytes = 6;
    private const ulong Rate = 3 << 20;

    [DiskFact]
    public void All_steps_of_a_job_together_write_no_faster_than_its_rate_and_the_receipt_says_so()
    {
        using var test = new TestTree(diskRates: [DiskRate.Parse($"{TestDisk.Whole()}:write=3M,read-ops=5000")]);
        var folder = $"/var/tmp/stint-test-rate-{Environment.ProcessId}";
        Directory.CreateDirectory(folder);
        try
        {
            var steps = new[] { test.Tree.Create(TestTree.Key(1, 0), TestTree.Uid, TestTree.Limits()), test.Tree.Create(TestTree.Key(1, 1), TestTree.Uid, TestTree.Limits()) };
            var rows = steps[0].Receipt.Rows.Where(r => r.Resource == DiskRateLimit.Resource).ToList();
            Assert.Equal(TestTree.IsV2 ? 1 : 2, rows.Count);
            Assert.All(rows, static row => Assert.True(row.Enforced && row.ReadBack.Split('\n').Contains(row.Written)));
            Assert.All(rows, row => Assert.Equal($"{TestDisk.Whole()}: write 3M, 5000 reads a second", row.Allocated));

            var began = Stopwatch.GetTimestamp();
            var payloads = steps.Select((step, at) => new Payload(step, $"dd if=/dev/zero of={folder}/{at} bs=256k count={Mebibytes * 2} oflag=direct 2>/dev/null && echo done")).ToList();
            Assert.All(payloads, static payload => Assert.Equal("done", payload.Line()));
            // The kernel lets the first tenth of a second pass unmeasured, and a disk that is slow by itself takes longer.
            Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds > 0.7 * Mebibytes * (1 << 20) / Rate, $"6 MiB at 3 MiB/s took {Stopwatch.GetElapsedTime(began)}");
            payloads.ForEach(static payload => payload.Dispose());
            Assert.False(test.Tree.KillAndRemove(steps[0], TimeSpan.FromSeconds(10)));
            Assert.True(test.Tree.KillAndRemove(steps[1], TimeSpan.FromSeconds(10)));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [DiskFact]
    public void Somebody_who_takes_the_rate_away_sees_it_written_again_by_the_audit()
    {
        using var test = new TestTree(diskRates: [DiskRate.Parse($"{TestDisk.Whole()}:read=10M")]);
        var group = test.Tree.Create(TestTree.Key(1), TestTree.Uid, TestTree.Limits());
        var row = Assert.Single(group.Receipt.Rows, static r => r.Resource == DiskRateLimit.Resource);
        var number = row.Written.Split(' ')[0];
        File.WriteAllText(row.File, TestTree.IsV2 ? $"{number} rbps=max" : $"{number} 0");
        Assert.DoesNotContain(row.Written, test.Read(row.File), StringComparison.Ordinal);
        LiveStep[] live = [new(TestTree.Key(1), TestTree.Uid, TestTree.Limits())];
        Assert.Contains(test.Tree.Audit(live), drift => drift.IsRepaired && drift.Sentence.Contains(row.File, StringComparison.Ordinal));
        Assert.Contains(row.Written, test.Read(row.File), StringComparison.Ordinal);
        Assert.Empty(test.Tree.Audit(live));
        test.Tree.KillAndRemove(group, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_node_that_is_to_hold_rates_and_has_no_controller_for_them_is_drained_with_the_reason()
    {
        var layout = new CgroupProbe(new FakeCgroup2(), "/fake/proc", FakeCgroup2.Mount) { DiskRates = [new DiskRate("/dev/sda", "8:0", 1, 0, 0, 0)] }.LookV2("stint", "n1");
        Assert.Contains("disk rate: controller io is not in", RequiredLimits.Missing(layout.Capabilities, new HashSet<string>()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "at least one of the four")]
    [InlineData("/dev/sda", "at least one of the four")]
    [InlineData("/dev/sda:", "at least one of the four")]
    [InlineData("/dev/sda:read", "'read' is none of")]
    [InlineData("/dev/sda:speed=1M", "'speed=1M' is none of")]
    [InlineData("/dev/sda:read=1M,read=2M", "read is there twice")]
    [InlineData("/dev/sda:read=0", "above 0")]
    [InlineData("/dev/sda:read=-1", "above 0")]
    [InlineData("/dev/sda:read=1.5M", "above 0")]
    [InlineData("/dev/sda:write=99999999999999T", "above 0")]
    [InlineData("/dev/sda:read-ops=1K", "operations in a second, a number")]
    [InlineData("/dev/../etc/passwd:read=1M", "no such disk here")]
    [InlineData("/dev/no-such-disk:read=1M", "no such disk here")]
    [InlineData("sda:read=1M", "no such disk here")]
    public void What_names_no_rate_of_no_disk_is_refused_with_the_part_that_is_wrong(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FormatException>(() => DiskRate.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_partition_is_refused_with_the_name_of_its_disk()
    {
        var root = Directory.CreateTempSubdirectory("stint-test-rate-").FullName;
        try
        {
            var disk = $"{root}/sys/devices/virtio1/block/vdz";
            Directory.CreateDirectory($"{disk}/vdz1");
            Directory.CreateDirectory($"{root}/sys/class/block");
            Directory.CreateDirectory($"{root}/dev");
            File.WriteAllText($"{disk}/dev", "254:0\n");
            foreach (var node in new[] { "vdz", "vdz1" }) File.WriteAllText($"{root}/dev/{node}", "");
            File.WriteAllText($"{disk}/vdz1/partition", "1\n");
            File.CreateSymbolicLink($"{root}/sys/class/block/vdz", disk);
            File.CreateSymbolicLink($"{root}/sys/class/block/vdz1", $"{disk}/vdz1");
            Assert.Contains("name /dev/vdz", Assert.Throws<FormatException>(() => DiskRate.Parse("/dev/vdz1:read=1M", root)).Message, StringComparison.Ordinal);
            Assert.Equal("254:0 rbps=1048576 wbps=max riops=max wiops=7", DiskRate.Parse("/dev/vdz:read=1M,write-ops=7", root).LineV2);
        }
        finally { Directory.Delete(root, recursive: true); }
    }
}
