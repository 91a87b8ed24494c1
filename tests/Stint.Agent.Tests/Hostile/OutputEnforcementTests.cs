using System.Diagnostics;
using Stint.Agent.Launch;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Output paths that are something else than they were a moment ago.</summary>
public sealed class OutputEnforcementTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    /// <summary>
    /// The path is, in turn and as fast as it goes, a plain file, a link to root's secret, a link to another user's file, a FIFO and a device. There is no
    /// check that comes before the open: it is opened with the user's rights, and looked at through the descriptor.
    /// </summary>
    [RootFact]
    public void A_path_that_is_swapped_all_the_time_never_writes_to_what_its_user_may_not()
    {
        var (secret, others, output) = (_world.Home + "/secret", _world.Public + "/others", _world.Public + "/swap/out");
        foreach (var file in new[] { secret, others }) File.WriteAllText(file, "untouched");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetUnixFileMode(others, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.CreateDirectory(_world.Public + "/swap");
        File.SetUnixFileMode(_world.Public + "/swap", (UnixFileMode)0b111_111_111);
        using var swapper = Process.Start(new ProcessStartInfo("python3", ["-c", """
            import os, stat, sys
            secret, others, out = sys.argv[1:]
            n = 0
            while True:
                n += 1; new = out + '.new'
                try: os.unlink(new)
                except FileNotFoundError: pass
                kind = n % 5
                if kind == 0: os.close(os.open(new, os.O_CREAT | os.O_WRONLY)); os.chmod(new, 0o666)
                elif kind == 1: os.symlink(secret, new)
                elif kind == 2: os.symlink(others, new)
                elif kind == 3: os.mkfifo(new); os.chmod(new, 0o666)
                else: os.mknod(new, 0o666 | stat.S_IFCHR, os.makedev(1, 11)); os.chmod(new, 0o666)
                os.rename(new, out)
            """, secret, others, output]))!;
        try
        {
            World.Until(() => File.Exists(output), "the swapper");
            var outcomes = new Dictionary<Outcome, int>();
            for (var job = 10u; job < 90; job++)
            {
                var exit = _world.Run(_world.Batch(job, "echo overwritten; true", s => s.StdOut = output), 60);
                Assert.True(exit.Outcome is Outcome.Exited or Outcome.LaunchFailed, exit.Cause);
                Assert.True(exit.JobReleased);
                outcomes[exit.Outcome] = outcomes.GetValueOrDefault(exit.Outcome) + 1;
            }
            Assert.True(outcomes.GetValueOrDefault(Outcome.LaunchFailed) > 0, "nothing was ever refused: the path did not change in time");
        }
        finally
        {
            swapper.Kill();
            swapper.WaitForExit();
        }
        Assert.Equal(("untouched", "untouched"), (File.ReadAllText(secret), File.ReadAllText(others)));
    }

    [RootFact]
    public void Another_users_file_is_refused_by_name_and_stays_as_it_was()
    {
        var others = _world.Public + "/others";
        File.WriteAllText(others, "untouched");
        File.SetUnixFileMode(others, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var change in (Action<LaunchSpec>[])[s => s.StdOut = others, s => s.StdErr = others, s => s.StdIn = others])
        {
            var exit = _world.Run(_world.Batch(1, "true", change));
            Assert.Equal(Outcome.LaunchFailed, exit.Outcome);
            Assert.EndsWith($" file {others}: Permission denied", exit.Cause, StringComparison.Ordinal);
        }
        Assert.Equal("untouched", File.ReadAllText(others));
    }

    /// <summary>An answer of EIO: a terminal whose other end is gone. The job hears it, as from a broken disk.</summary>
    [RootFact]
    public void A_write_that_fails_with_EIO_is_the_jobs_own_error()
    {
        File.WriteAllText(_world.Public + "/eio.py", """
            import errno, os, pty
            m, s = pty.openpty(); os.close(m)
            try: os.write(s, b'x')
            except OSError as e: print(errno.errorcode[e.errno])
            """);
        var exit = _world.Run(_world.Batch(2, "/usr/bin/python3 eio.py; exit 5"));
        Assert.Equal((Outcome.Exited, 5, "EIO\n"), (exit.Outcome, exit.ExitCode, _world.Read("out-2.txt")));
    }
}
