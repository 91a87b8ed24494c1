using System.Diagnostics;
using System.Globalization;

namespace Stint.SystemTests;

/// <summary>What users do outside jobs on a host of systemd's: drop-ins of their slices from tiers, and what systemd and the kernel make of them.</summary>
[Collection("cluster")]
public sealed class UserSliceTests(SharedCluster shared)
{
    private const string Tiers = $$"""
        tiers:
          - { name: student, user: { cpus: 2, memory: 300M, pids: 400 }, memory_soft: 99% }
          - { name: researcher, user: { memory: 500M }, users: [{{Users.Bob}}] }
        default_tier: student

        """;

    private readonly SharedCluster _usersExist = shared;

    private static uint Uid(string user) => uint.Parse(File.ReadLines("/etc/passwd").Select(l => l.Split(':')).First(f => f[0] == user)[2], CultureInfo.InvariantCulture);
    private static string DropIn(string user) => $"/etc/systemd/system/user-{Uid(user)}.slice.d/50-stint.conf";
    private static string Slice(string user, string file) => File.ReadAllText($"/sys/fs/cgroup/user.slice/user-{Uid(user)}.slice/{file}").Trim();

    /// <summary>A login: processes in the user's slice, outside every job.</summary>
    private static void Login(string user, string unit, string command) => SystemdNode.Run("systemd-run", "--quiet", "--collect", $"--uid={user}", $"--slice=user-{Uid(user)}.slice", $"--unit={unit}", "sh", "-c", command);

    [SystemdFact]
    public async Task Logins_get_the_limits_of_their_tier_shown_first_written_once_kept_up_by_limits_apply_and_taken_away_again()
    {
        await using var cluster = await TestCluster.StartAsync(config: Tiers);
        string[] both = ["systemd", "user-slices", "--users", $"{Users.Alice},{Users.Bob}"];
        async Task<string> Stint(int exit, params string[] arguments)
        {
            var result = await cluster.RunAsync("stint", arguments);
            Assert.True(result.ExitCode == exit, result.ToString());
            return result.Output + result.Error;
        }
        try
        {
            // Shown first; nothing is there.
            var shown = await Stint(0, [.. both, "--dry-run"]);
            foreach (var line in (string[])[$"+++ {DropIn(Users.Alice)}", $"+MemoryMax={300 << 20}", $"+MemoryHigh={(300L << 20) / 100 * 99}", "+MemorySwapMax=0", "+CPUQuota=200%", "+TasksMax=400", $"+++ {DropIn(Users.Bob)}", $"+MemoryMax={500 << 20}"])
                Assert.Contains(line + "\n", shown, StringComparison.Ordinal);
            Assert.False(File.Exists(DropIn(Users.Alice)));

            // Written, marked, and in the kernel for a login that is there already; a second time nothing changes.
            Login(Users.Alice, "stint-test-login", "exec sleep 1000");
            Assert.Equal("max", Slice(Users.Alice, "memory.max"));
            Assert.Contains("2 user slices with drop-ins of Stint, 2 changed", await Stint(0, both), StringComparison.Ordinal);
            Assert.StartsWith("# Written by Stint", await File.ReadAllTextAsync(DropIn(Users.Alice)), StringComparison.Ordinal);
            await Kernel(Users.Alice, $"{300 << 20}");
            Assert.Equal(($"{(300L << 20) / 100 * 99 / 4096 * 4096}", "0", "200000 100000", "400"), (Slice(Users.Alice, "memory.high"), Slice(Users.Alice, "memory.swap.max"), Slice(Users.Alice, "cpu.max"), Slice(Users.Alice, "pids.max")));
            var written = File.GetLastWriteTimeUtc(DropIn(Users.Alice));
            Assert.Contains("2 user slices with drop-ins of Stint, 0 changed", await Stint(0, both), StringComparison.Ordinal);
            Assert.Equal(written, File.GetLastWriteTimeUtc(DropIn(Users.Alice)));

            // They hold: what takes more than the tier allows is killed, and what was there before goes on.
            Login(Users.Alice, "stint-test-hog", $"echo began > {cluster.Work}/began; python3 -c 'b = bytearray(600 << 20)'; echo $? > {cluster.Work}/ended");
            await TestCluster.UntilAsync(() => Task.FromResult(File.Exists($"{cluster.Work}/began") && SystemdNode.Ask("show", "-p", "ActiveState", "--value", "stint-test-hog.service").Trim() is "inactive" or "failed"), 60, () => "the hog goes on");
            Assert.False(File.Exists($"{cluster.Work}/ended") && cluster.ReadWork("ended").Trim() == "0", "it got more than its tier allows");
            Assert.Contains("oom_kill", Slice(Users.Alice, "memory.events"), StringComparison.Ordinal);
            Assert.DoesNotContain("\noom_kill 0", Slice(Users.Alice, "memory.events"), StringComparison.Ordinal);

            // stint limits apply keeps them up.
            var file = Path.Combine(cluster.Work, "limits.yaml");
            await File.WriteAllTextAsync(file, Tiers.Replace("300M", "400M", StringComparison.Ordinal));
            var applied = await Stint(0, "limits", "apply", file);
            Assert.Contains($"*** {DropIn(Users.Alice)}\n-MemoryHigh=", applied, StringComparison.Ordinal);
            Assert.Contains($"+MemoryMax={400 << 20}\n", applied, StringComparison.Ordinal);
            await Kernel(Users.Alice, $"{400 << 20}");
            Assert.Contains($"MemoryMax={500 << 20}\n", await File.ReadAllTextAsync(DropIn(Users.Bob)), StringComparison.Ordinal);

            // A limit below what logins hold would kill: refused with the numbers, and nothing is written.
            Login(Users.Alice, "stint-test-holds", $"exec python3 -c 'b = bytearray(150 << 20); open(\"{cluster.Work}/holds\", \"w\"); import time; time.sleep(1000)'");
            await TestCluster.UntilAsync(() => Task.FromResult(File.Exists($"{cluster.Work}/holds")), 60, () => "no memory is held");
            await File.WriteAllTextAsync(file, Tiers.Replace("300M", "100M", StringComparison.Ordinal).Replace("500M", "600M", StringComparison.Ordinal));
            Assert.Matches($@"the logins of user {Uid(Users.Alice)} hold \d+ bytes of memory, more than the {100 << 20} of tier student", await Stint(1, "limits", "apply", file));
            Assert.Contains($"MemoryMax={400 << 20}\n", await File.ReadAllTextAsync(DropIn(Users.Alice)), StringComparison.Ordinal);
            Assert.Contains($"MemoryMax={500 << 20}\n", await File.ReadAllTextAsync(DropIn(Users.Bob)), StringComparison.Ordinal);
            // And the tiers are what they were: both change, or neither.
            Assert.Matches($@"""limit"":\s*{500 << 20}\b", await Stint(0, "limits", "--user", Users.Bob, "--json"));
            Assert.Contains("600", await Stint(1, "limits", "apply", "--dry-run", file), StringComparison.Ordinal);

            // A file of somebody else is in the way: it stays, and nothing is written beside it.
            await File.WriteAllTextAsync(DropIn(Users.Bob), "[Slice]\nTasksMax=7\n");
            Assert.Contains($"{DropIn(Users.Bob)} was not written by Stint", await Stint(1, both), StringComparison.Ordinal);
            Assert.Equal("[Slice]\nTasksMax=7\n", await File.ReadAllTextAsync(DropIn(Users.Bob)));

            // Taken away: what Stint wrote, and only that.
            await Stint(0, "systemd", "remove-drop-ins");
            Assert.False(Directory.Exists(Path.GetDirectoryName(DropIn(Users.Alice))));
            Assert.True(File.Exists(DropIn(Users.Bob)));
            await Kernel(Users.Alice, "max");
        }
        finally
        {
            foreach (var unit in (string[])["stint-test-login", "stint-test-hog", "stint-test-holds"]) SystemdNode.Run("sh", "-c", $"systemctl stop {unit}.service 2>/dev/null; true");
            foreach (var user in (string[])[Users.Alice, Users.Bob]) if (Path.GetDirectoryName(DropIn(user)) is { } folder && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            SystemdNode.Systemctl("daemon-reload");
        }
    }

    private static Task Kernel(string user, string memory) => TestCluster.UntilAsync(() => Task.FromResult(Slice(user, "memory.max") == memory), 20, () => $"memory.max of {user} is {Slice(user, "memory.max")}, not {memory}");
}
