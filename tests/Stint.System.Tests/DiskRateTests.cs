using System.Globalization;

namespace Stint.SystemTests;

/// <summary>Runs where /var/tmp is on a disk of this machine (and not on an overlay).</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DiskFactAttribute : FactAttribute
{
    public DiskFactAttribute()
    {
        if (TestDisk.Whole() is null) Skip = "not run: /var/tmp is on no disk of /sys/class/block";
    }
}

/// <summary>What an administrator writes into agent.env, a real job, and the real disk below the tests.</summary>
[Collection("cluster")]
public sealed class DiskRateTests(SharedCluster shared)
{
    private readonly SharedCluster _usersExist = shared;

    [DiskFact]
    public async Task A_job_writes_no_faster_than_the_node_allows_and_the_receipt_names_the_disk()
    {
        var disk = TestDisk.Whole();
        await using var cluster = await TestCluster.StartAsync(prepare: c => File.WriteAllText($"{c.Home}/agent.env", $"STINT_AGENT_OPTIONS=--disk-rate {disk}:write=2M\n"));
        var id = await cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "rate.out", "--wrap",
            "begin=$(date +%s%N); dd if=/dev/zero of=rate.bin bs=256k count=16 oflag=direct 2>/dev/null && echo $(( ($(date +%s%N) - begin) / 1000000 ))");
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(id)).State);
        Assert.InRange(int.Parse(cluster.ReadWork("rate.out").Trim(), CultureInfo.InvariantCulture), 1_400, int.MaxValue);       // 4 MiB at 2 MiB/s
        var row = Assert.Single(Assert.Single((await cluster.ExplainAsync(id)).Steps).Rows, static r => r.Resource == "disk rate");
        Assert.True(row.Enforced);
        Assert.Equal($"{disk}: write 2M a second", row.Allocated);
        Assert.Contains(row.Written, row.ReadBack, StringComparison.Ordinal);
    }
}
