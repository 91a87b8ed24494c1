using Stint.Agent.Disk;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Disk;

/// <summary>What a tier says of a user's local disk: with a real limit in the guest of the vm tier (XFS and ext4 with user quotas), without one here.</summary>
[Collection("disk quotas")]
public sealed class UserDiskTests : IDisposable
{
    public void Dispose()
    {
        foreach (var root in QuotaFactAttribute.Folders) new UserDisk(root).Write(World.Nobody, Tier(0));
    }

    private static UserLimits Tier(ulong bytes, long version = 1) => new() { Tier = "student", DiskBytes = bytes, Version = version };

    private static Action<LaunchSpec> Asking(ulong userBytes, long version = 1) => spec =>
    {
        (spec.Limits.DiskBytes, spec.Limits.DiskRequested) = (64 << 20, "--tmp=64M");
        spec.Limits.User = Tier(userBytes, version);
    };

    private static ulong LimitOf(string root) => DiskQuota.Get(root, QuotaKind.User, World.Nobody, out var quota) == 0 ? quota.LimitBytes : ulong.MaxValue;

    [QuotaFact]
    public void All_jobs_of_a_user_together_write_no_more_than_the_tier_allows_and_the_receipt_says_so()
    {
        foreach (var root in QuotaFactAttribute.Folders)
        {
            using var world = new World(hookDeadline: Patience.Seconds(20), scratch: root);
            const string fill = "cd $TMPDIR; head -c 20M /dev/zero > full 2>/dev/null && echo fits || echo over; while [ ! -e $OLDPWD/go ]; do sleep 0.05; done";
            world.Host.Launch(world.Batch(80, fill, Asking(32 << 20)));
            World.Until(() => File.Exists($"{world.Public}/out-80.txt") && world.Read("out-80.txt") == "fits\n", "the first job");
            world.Host.Launch(world.Batch(81, fill, Asking(32 << 20)));
            World.Until(() => File.Exists($"{world.Public}/out-81.txt") && world.Read("out-81.txt") == "over\n", "the second job: both are within their own limits of 64M, and together over the user's 32M");

            // What somebody changes is written again, and told.
            var disk = new UserDisk(root);
            Assert.Equal("32M", disk.Write(World.Nobody, Tier(32 << 20))!.Allocated);
            Assert.Equal(0, DiskQuota.Set(root, QuotaKind.User, World.Nobody, 1 << 30));
            var drift = Assert.Single(disk.Audit());
            Assert.True(drift.IsRepaired && drift.Uid == World.Nobody && drift.Sentence.Contains("was 1073741824 and not 33554432", StringComparison.Ordinal), drift.Sentence);
            Assert.Equal(32UL << 20, LimitOf(root));
            Assert.InRange(disk.UsedBytes(World.Nobody), 20UL << 20, 33UL << 20);

            // Less than is in use is refused with the numbers.
            Assert.Matches(@"^/scratch/\S+ \(user quota\): 16M for the user is less than the \S+ that are in use$", disk.Obstacle(World.Nobody, Tier(16 << 20)));
            Assert.Equal("", disk.Obstacle(World.Nobody, Tier(40 << 20)));

            File.WriteAllText($"{world.Public}/go", "");
            var row = world.Reports.Exited(80).Receipt.Rows.Single(r => r.Resource == UserDisk.Resource);
            Assert.Equal((true, "tier student", "32M", $"user {World.Nobody}, 33554432", $"user {World.Nobody}, 33554432"), (row.Enforced, row.Requested, row.Allocated, row.Written, row.ReadBack));
            world.Reports.Exited(81);
            foreach (var job in (uint[])[80, 81]) world.Host.EndJob(new EndJob { JobId = job, Attempt = 1 });

            // A launch that was on its way with older tiers changes nothing; newer ones without a limit take it away.
            Assert.Equal("48M", disk.Write(World.Nobody, Tier(48 << 20, version: 3))!.Allocated);
            Assert.Equal("48M", disk.Write(World.Nobody, Tier(32 << 20, version: 2))!.Allocated);
            Assert.Null(disk.Write(World.Nobody, Tier(0, version: 4)));
            Assert.Equal(0UL, LimitOf(root));
        }
    }

    [QuotaFact]
    public void A_quota_that_somebody_else_set_stays_and_the_receipt_says_that_the_tiers_does_not_hold()
    {
        foreach (var root in QuotaFactAttribute.Folders)
        {
            Assert.Equal(0, DiskQuota.Set(root, QuotaKind.User, World.Nobody, 7 << 20));
            try
            {
                var disk = new UserDisk(root);
                var row = disk.Write(World.Nobody, Tier(32 << 20))!;
                Assert.False(row.Enforced);
                Assert.Contains("a quota of 7M on ", row.WhyNot, StringComparison.Ordinal);
                Assert.Null(disk.Write(World.Nobody, Tier(0, version: 2)));
                Assert.Equal(7UL << 20, LimitOf(root));
            }
            finally { _ = DiskQuota.Set(root, QuotaKind.User, World.Nobody, 0); }
        }
    }

    [RootFact]
    public void Without_user_quotas_or_without_a_folder_the_receipt_says_that_nothing_limits_it()
    {
        var root = Directory.CreateTempSubdirectory("stint-test-user-disk-").FullName;
        try
        {
            if (DiskQuota.Enforced(root, QuotaKind.User) == 0) return;      // this machine's /tmp has them: the other tests show it
            var row = new UserDisk(root).Write(World.Nobody, Tier(32 << 20))!;
            Assert.Equal((false, "tier student", "32M"), (row.Enforced, row.Requested, row.Allocated));
            Assert.StartsWith($"{root} has no user quotas (mount XFS with uquota, ", row.WhyNot, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(root));
        }
        finally { Directory.Delete(root, recursive: true); }
        Assert.Equal("this node has no folder for local disk (stint-agent --scratch)", new UserDisk(null).Write(World.Nobody, Tier(32 << 20))!.WhyNot);
        Assert.Equal("no quota holds root", new UserDisk("/").Write(0, Tier(32 << 20))!.WhyNot);
        Assert.Null(new UserDisk(null).Write(World.Nobody, Tier(0)));
        Assert.Equal("", new UserDisk(null).Obstacle(World.Nobody, Tier(1)));
    }
}
