using System.Text;
using Google.Protobuf;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Names that want to be paths, options, control characters or somebody else: in the kernel's tree there are numbers only.</summary>
public sealed class NameEnforcementTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    public static TheoryData<string> Names => new("../../../etc", "..", "/etc/passwd", "a/b", "cgroup.procs", "tasks", "-rf", "--help", "$(touch pwned)", "`id`", "a\nb", "a\tb", "a\u001b[2Jb", "a\0b",
        "\u202Etxt.exe", "\u2066a\u2069", "x" + new string('n', 299), new string('\u00e9', 150), "%j%x%%", " ", "", "\ud800", "a\u2028b", "CON", "s0", "j1", "u0", "*");

    [RootTheory, MemberData(nameof(Names))]
    public void A_name_gets_into_no_path_and_breaks_no_step(string name)
    {
        var exit = _world.Run(_world.Batch(1, "cat /proc/self/cgroup; ls -a", s =>
        {
            (s.JobName, s.User, s.Partition, s.Cluster) = (Text(name), Text(name), Text(name), Text(name));
            s.Limits.User = new UserLimits { Tier = Text(name), PidsMax = 500 };
            s.Limits.GresRequested = Text(name);
        }));
        Assert.True(exit.JobReleased);
        // A NUL is the end of a variable for every program: refused. Everything else runs, and runs in numbers.
        if (name.Contains('\0', StringComparison.Ordinal)) { Assert.Equal(Outcome.Exited == exit.Outcome, !exit.Cause.Contains("NUL", StringComparison.Ordinal)); return; }
        Assert.True((exit.Outcome, exit.ExitCode) == (Outcome.Exited, 0), $"{exit.Outcome} {exit.ExitCode} {exit.Cause}");
        var lines = _world.Read("out-1.txt").Split('\n');
        var groups = lines.Where(l => l.Contains(_world.Tree.Root, StringComparison.Ordinal)).ToList();
        Assert.True(groups.Count > 0);
        Assert.All(groups, g => Assert.Matches($@"/{_world.Tree.Root}/n1/u{World.Nobody}/j1/s\d+$", g));
        Assert.DoesNotContain("pwned", lines);
        Assert.Equal([".", "..", "out-1.txt"], lines.SkipWhile(l => l != ".").Where(l => l.Length > 0));
        Assert.Equal($"{_world.Tree.Root}/n1/u{World.Nobody}/j1/s{Agent.Launch.StepId.Batch}", exit.Receipt.Group);
    }

    /// <summary>In a file name the user's own name for the job may stand; the file is opened with the user's own rights, so it is a path like any other.</summary>
    [RootTheory, InlineData("../out-of-it"), InlineData("/etc/stint-test-evil"), InlineData("-"), InlineData("\u202E")]
    public void A_name_in_an_output_pattern_opens_what_its_user_may_open_and_no_more(string name)
    {
        var exit = _world.Run(_world.Batch(2, "echo x", s => (s.JobName, s.StdOut) = (name, "%x.txt")));
        Assert.True(exit.Outcome is Outcome.Exited or Outcome.LaunchFailed);
        Assert.False(File.Exists("/etc/stint-test-evil.txt"));
        Assert.False(File.Exists(_world.Home + "/out-of-it.txt"), "the folder above is root's");
    }

    /// <summary>What a cleaning of names would make one is two: groups are by uid.</summary>
    [RootFact]
    public void Two_users_whose_names_would_be_one_when_cleaned_have_groups_of_their_own()
    {
        _world.Host.Launch(_world.Batch(3, "sleep 100", s => (s.User, s.Uid, s.Gid) = ("a.b", 31_001, 31_001)));
        _world.Host.Launch(_world.Batch(4, "sleep 100", s => (s.User, s.Uid, s.Gid) = ("a_b", 31_002, 31_002)));
        Assert.Equal([$"{_world.Tree.Root}/n1/u31001/j3", $"{_world.Tree.Root}/n1/u31002/j4"], new[] { _world.Reports.Started(3), _world.Reports.Started(4) }.Select(s => Path.GetDirectoryName(s.Receipt.Group)!));
        foreach (var job in (uint[])[3, 4])
        {
            _world.Host.EndJob(new EndJob { JobId = job, Attempt = 1, GraceMs = 0 });
            _world.Reports.Exited(job);
        }
    }

    /// <summary>A protobuf string is UTF-8: half a surrogate cannot be on a wire at all.</summary>
    private static string Text(string name) => Encoding.UTF8.GetString(ByteString.CopyFromUtf8(name.Replace("\ud800", "\ufffd", StringComparison.Ordinal)).Span);
}
