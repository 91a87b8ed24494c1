using Stint.Cli.Systemd;

namespace Stint.Cli.Tests.Systemd;

public sealed class UserSliceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private UserSlices Slices => new(_folder);

    private static SliceLimits Student(uint uid) =>
        new(uid, "student") { MemoryBytes = 64UL << 30, MemorySoftBytes = 60UL << 30, SwapBytes = 0, CpuMilli = 16_000, PidsMax = 4000 };

    private string PathOf(uint uid) => $"{_folder}/user-{uid}.slice.d/50-stint.conf";

    [Fact]
    public void A_drop_in_says_what_the_tier_says_and_writing_it_again_changes_nothing()
    {
        var plan = Slices.Plan([Student(1000)]);
        Assert.Equal(FileChangeKind.Add, Assert.Single(plan).Kind);
        UserSlices.Apply(plan);
        Assert.Equal($"{MarkedFile.Header}\n# tier student\n[Slice]\nMemoryHigh=64424509440\nMemoryMax=68719476736\nMemorySwapMax=0\nCPUQuota=1600%\nTasksMax=4000\n", File.ReadAllText(PathOf(1000)));
        Assert.Equal(FileChangeKind.Same, Assert.Single(Slices.Plan([Student(1000)])).Kind);
        Assert.Equal((UnixFileMode)0b110_100_100, File.GetUnixFileMode(PathOf(1000)));
    }

    [Fact]
    public void The_difference_names_the_file_and_the_lines_that_change()
    {
        UserSlices.Apply(Slices.Plan([Student(1000), Student(1001)]));
        var plan = Slices.Plan([Student(1000) with { PidsMax = 500 }, Student(1002)]);
        Assert.Equal(
            [$"*** {PathOf(1000)}", "-TasksMax=4000", "+TasksMax=500", $"--- {PathOf(1001)}", "-# tier student"],
            plan.SelectMany(MarkedFile.Difference).Take(5));
        Assert.Equal([FileChangeKind.Change, FileChangeKind.Remove, FileChangeKind.Add], plan.Select(p => p.Kind));
        UserSlices.Apply(plan);
        Assert.False(Directory.Exists(Path.GetDirectoryName(PathOf(1001))));
        Assert.Contains("TasksMax=500\n", File.ReadAllText(PathOf(1000)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_somebody_else_is_never_touched_and_stops_the_whole_plan_when_it_is_in_the_way()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(1000))!);
        File.WriteAllText(PathOf(1000), "[Slice]\nMemoryMax=1G\n");
        File.WriteAllText(Path.GetDirectoryName(PathOf(1000)) + "/10-admin.conf", "[Slice]\n");
        var plan = Slices.Plan([Student(1000), Student(1001)]);
        Assert.Contains($"{PathOf(1000)} was not written by Stint", UserSlices.Refuse(plan), StringComparison.Ordinal);
        UserSlices.Apply(plan);
        Assert.Equal("[Slice]\nMemoryMax=1G\n", File.ReadAllText(PathOf(1000)));
        var removal = Slices.Plan([]);
        Assert.Null(UserSlices.Refuse(removal));
        Assert.DoesNotContain(removal, p => p.Path == PathOf(1000));
    }

    [Fact]
    public void A_tier_without_limits_has_no_file_and_takes_the_one_that_was_there_away()
    {
        Assert.Null(UserSlices.Body(new SliceLimits(1000, "admin")));
        UserSlices.Apply(Slices.Plan([Student(1000)]));
        UserSlices.Apply(Slices.Plan([new SliceLimits(1000, "admin")]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Units_are_written_once_and_the_agents_unit_names_the_unit_of_the_jobs()
    {
        var place = new UnitPlace("/usr/lib/stint", "/var/lib/stint", "n7", "https://10.0.0.1:6820", WithServer: false);
        var plan = UnitFiles.Plan(_folder, place);
        Assert.Equal(["stint-jobs.service", "stint-agent.service"], plan.Where(p => p.Kind == FileChangeKind.Add).Select(p => Path.GetFileName(p.Path)));
        foreach (var file in plan) MarkedFile.Apply(file);
        Assert.All(UnitFiles.Plan(_folder, place), p => Assert.Equal(FileChangeKind.Same, p.Kind));
        var (jobs, agent) = (File.ReadAllText($"{_folder}/stint-jobs.service"), File.ReadAllText($"{_folder}/stint-agent.service"));
        Assert.Contains("\nDelegate=yes\n", jobs, StringComparison.Ordinal);
        Assert.DoesNotContain("\nDelegate=", agent, StringComparison.Ordinal);
        Assert.Contains("\nKillMode=process\n", agent, StringComparison.Ordinal);
        Assert.Contains("--jobs-unit stint-jobs.service", agent, StringComparison.Ordinal);
        foreach (var file in UnitFiles.Plan(_folder, null)) MarkedFile.Apply(file);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }
}
