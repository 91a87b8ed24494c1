using Stint.Agent.Disk;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Disk;

/// <summary>Folders of jobs that ask for local disk: with a real limit in the guest of the vm tier (XFS and ext4 with project quotas), without one here.</summary>
[Collection("disk quotas")]
public sealed class ScratchTests : IDisposable
{
    private const ulong Limit = 16 << 20;
    private World? _world;

    public void Dispose() => _world?.Dispose();

    private World On(string root) => _world = new World(hookDeadline: Patience.Seconds(20), scratch: root);

    private static Action<LaunchSpec> Asking(ulong bytes = Limit) => spec => (spec.Limits.DiskBytes, spec.Limits.DiskRequested) = (bytes, "--tmp=16M");

    private static readonly string[] s_writes = ["cd $TMPDIR && pwd", "head -c 8M /dev/zero > one && echo one", "mkdir -p sub && head -c 12M /dev/zero > sub/two && echo two", "ln one three 2>/dev/null; du -sk . | cut -f1"];

    [QuotaFact]
    public void A_job_that_writes_past_its_disk_limit_gets_the_error_and_the_receipt_says_what_reads_back()
    {
        foreach (var root in QuotaFactAttribute.Folders)
        {
            using var world = _world = new World(hookDeadline: Patience.Seconds(20), scratch: root);
            var exit = world.Run(world.Batch(70, string.Join('\n', s_writes), Asking()), 60);
            var row = exit.Receipt.Rows.Single(r => r.Resource == "disk");
            Assert.Equal((true, "--tmp=16M", "16M", ""), (row.Enforced, row.Requested, row.Allocated, row.WhyNot));
            Assert.Matches(@"^project \d+, 16777216$", row.ReadBack);
            Assert.Equal(row.Written, row.ReadBack);
            var said = world.Read("out-70.txt");
            Assert.StartsWith($"{root}/n1/70.1\none\n", said, StringComparison.Ordinal);
            Assert.Contains(root.Contains("xfs", StringComparison.Ordinal) ? "No space left on device" : "Disk quota exceeded", said, StringComparison.Ordinal);
            Assert.DoesNotContain("two\n", said, StringComparison.Ordinal);
            Assert.InRange(long.Parse(said.Trim().Split('\n')[^1], System.Globalization.CultureInfo.InvariantCulture), 8 << 10, 17 << 10);
            World.Until(() => !Directory.Exists($"{root}/n1/70.1"), "the folder stays");
            var project = uint.Parse(row.ReadBack.Split(' ', ',')[1], System.Globalization.CultureInfo.InvariantCulture);
            World.Until(() => DiskQuota.Get(root, QuotaKind.Project, project, out var left) == 0 && left.LimitBytes == 0, "the limit stays");
            _world = null;
        }
    }

    [QuotaFact]
    public void Two_jobs_have_a_limit_each_and_a_step_has_its_jobs()
    {
        foreach (var root in QuotaFactAttribute.Folders)
        {
            using var world = _world = new World(hookDeadline: Patience.Seconds(20), scratch: root);
            const string fill = "head -c 12M /dev/zero > $TMPDIR/$SLURM_PROCID.$RANDOM && echo fits";
            world.Host.Launch(world.Batch(71, $"{fill}; while [ ! -e go ]; do sleep 0.05; done", Asking()));
            world.Host.Launch(world.Batch(72, $"{fill}; while [ ! -e go ]; do sleep 0.05; done", Asking()));
            foreach (var job in (uint[])[71, 72]) World.Until(() => File.Exists($"{world.Public}/out-{job}.txt") && world.Read($"out-{job}.txt") == "fits\n", $"job {job}");
            // The job's limit is its own, not each step's.
            var step = world.Run(world.Srun(71, fill, s => { s.Key.StepId = 1; Asking()(s); }), 60);
            Assert.NotEqual(0, step.ExitCode);
            Assert.True(step.Receipt.Rows.Single(r => r.Resource == "disk").Enforced);
            File.WriteAllText($"{world.Public}/go", "");
            foreach (var job in (uint[])[71, 72]) world.Reports.Exited(job);
            foreach (var job in (uint[])[71, 72]) world.Host.EndJob(new EndJob { JobId = job, Attempt = 1 });
            World.Until(() => !Directory.EnumerateFileSystemEntries($"{root}/n1").Any(), "folders stay");
            _world = null;
        }
    }

    [RootFact]
    public void Without_project_quotas_the_job_has_its_folder_and_the_receipt_says_that_nothing_limits_it()
    {
        var root = Directory.CreateTempSubdirectory("stint-test-scratch-").FullName;
        File.SetUnixFileMode(root, (UnixFileMode)0b111_001_001);
        try
        {
            var world = On(root);
            if (new ScratchSpace(root, "n1").WhyNoQuota() is null) return;      // this machine's /tmp has them: the other tests show it
            var exit = world.Run(world.Batch(73, "cd $TMPDIR && touch x && pwd && stat -c '%u %a' . && cat /dev/null > ../../escape", Asking()));
            Assert.StartsWith($"{root}/n1/73.1\n{World.Nobody} 700\n", world.Read("out-73.txt"), StringComparison.Ordinal);
            Assert.Contains("Permission denied", world.Read("out-73.txt"), StringComparison.Ordinal);
            var row = exit.Receipt.Rows.Single(r => r.Resource == "disk");
            Assert.False(row.Enforced);
            Assert.StartsWith($"{root}/n1 ", row.WhyNot, StringComparison.Ordinal);
            World.Until(() => !Directory.Exists($"{root}/n1/73.1"), "the folder stays");
            exit = world.Run(world.Batch(74, "echo $TMPDIR"));
            Assert.Equal("/tmp\n", world.Read("out-74.txt"));
            Assert.StartsWith("no project quota is set", exit.Receipt.Rows.Single(r => r.Resource == "disk").WhyNot, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [RootFact]
    public void An_agent_that_is_started_again_still_removes_the_folder_of_a_job_that_ends_later()
    {
        var root = Directory.CreateTempSubdirectory("stint-test-scratch-").FullName;
        File.SetUnixFileMode(root, (UnixFileMode)0b111_001_001);
        try
        {
            var world = On(root);
            world.Host.Launch(world.Batch(75, "touch $TMPDIR/x; while [ ! -e go ]; do sleep 0.05; done", Asking()));
            World.Until(() => File.Exists($"{root}/n1/75.1/x"), "the job does not run");
            world.Die();
            world.Start();
            File.WriteAllText($"{world.Public}/go", "");
            world.Reports.Exited(75);
            World.Until(() => !Directory.Exists($"{root}/n1/75.1"), "the folder stays");
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class QuotaFactAttribute : FactAttribute
{
    /// <summary>STINT_QUOTA_FOLDERS: folders on file systems with quotas of projects and users, separated by colons.</summary>
    public static string[] Folders { get; } = Environment.GetEnvironmentVariable("STINT_QUOTA_FOLDERS")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];

    public QuotaFactAttribute() => Skip = Folders.Length == 0 ? "not run: STINT_QUOTA_FOLDERS names no file system with project quotas; see ./test --tier vm" : Requirements.Missing;
}
