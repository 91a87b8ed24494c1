using Stint.Agent.Launch;

namespace Stint.Agent.Tests.Launch;

public sealed class SpareDirectoryTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    private string Spare => _world.Home + "/spare";

    private void RunAndForget(uint job, string script, uint uid)
    {
        _world.Run(_world.Batch(job, script, s => (s.Uid, s.Gid, s.WorkDir, s.StdOut) = (uid, uid, "/", $"{_world.Public}/out-{job}")));
        foreach (var report in _world.Host.Unacknowledged) _world.Host.Acknowledged(report.ReportId);
        World.Until(() => _world.Host.Holdings.Count == 0 && _world.Shepherds().Count == 0 && Busy() == 0, "still there");
    }

    /// <summary>Shepherds of directories that are spare already.</summary>
    private int Busy() => Directory.EnumerateDirectories("/proc").Count(d => (new FileInfo(d + "/cwd") is { } cwd && Link(cwd).StartsWith(Spare + "/", StringComparison.Ordinal)));

    private static string Link(FileInfo link)
    {
        try { return link.LinkTarget ?? ""; }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException) { return ""; }
    }

    [RootFact]
    public void A_directory_is_used_again_and_a_shorter_script_is_the_whole_script()
    {
        RunAndForget(1, "echo a long first script; exit 0; " + new string('#', 500), World.Nobody);
        var inode = Inode(Directory.EnumerateDirectories(Spare).Single() + "/script.old");
        RunAndForget(2, "cat $0", World.Nobody);
        Assert.Equal("#!/bin/bash\ncat $0\n", _world.Read("out-2"));
        Assert.Equal(inode, Inode(Directory.EnumerateDirectories(Spare).Single() + "/script.old"));
    }

    [RootFact]
    public void A_script_is_not_used_again_for_another_user_or_when_its_owner_changed_it()
    {
        RunAndForget(1, "exit 0", World.Nobody);
        RunAndForget(2, "stat -c '%u %a' $0; chmod u+w $0", World.Stranger);
        Assert.Equal($"{World.Stranger} 500\n", _world.Read("out-2"));
        RunAndForget(3, "stat -c '%u %a' $0; ln $0 " + _world.Public + "/kept", World.Stranger);
        Assert.Equal($"{World.Stranger} 500\n", _world.Read("out-3"));
        RunAndForget(4, "echo other", World.Stranger);
        Assert.Contains("stat", _world.Read("kept"), StringComparison.Ordinal);
    }

    [RootFact]
    public void What_is_spare_is_gone_after_the_next_start()
    {
        RunAndForget(1, "exit 0", World.Nobody);
        Assert.Single(Directory.EnumerateDirectories(Spare));
        _world.Die();
        _world.Start();
        Assert.Empty(Directory.EnumerateDirectories(Spare));
    }

    private static string Inode(string path)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%i", path]) { RedirectStandardOutput = true })!;
        return stat.StandardOutput.ReadToEnd().Trim();
    }
}
