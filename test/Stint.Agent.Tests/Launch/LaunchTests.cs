using System.Diagnostics;
using Google.Protobuf;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Launch;

public sealed class LaunchTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [RootFact]
    public void A_batch_job_runs_as_its_user_with_its_environment_and_umask()
    {
        var exit = _world.Run(_world.Batch(11, "id -u; id -g; id -G; umask; echo $SLURM_PROCID $SLURM_LOCALID $SLURM_NODEID $SLURMD_NODENAME $SLURM_CPUS_ON_NODE $HOME $USER $TMPDIR $FOO; [ $SLURM_TASK_PID = $$ ] && echo pid; pwd; echo $0 $1",
            s => { s.Payload.Environment.Add(ByteString.CopyFromUtf8("FOO=user")); s.Environment.Add("FOO=server"); s.Payload.Arguments.Add(ByteString.CopyFromUtf8("arg1")); s.Payload.Umask = 0b111_111; }));
        Assert.Equal((Outcome.Exited, 0, true, true), (exit.Outcome, exit.ExitCode, exit.Started, exit.JobReleased));
        Assert.Equal($"65534\n65534\n65534\n0077\n0 0 0 n1 1 /nonexistent nobody /tmp server\npid\n{_world.Public}\n{_world.Spool}/11.{4294967291}.1/script arg1\n", _world.Read("out-11.txt"));
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(_world.Public + "/out-11.txt"));
        Assert.Contains(exit.Receipt.Rows, r => r.Resource.Contains("memory", StringComparison.OrdinalIgnoreCase) && r.Enforced);
        Assert.True(exit.Tasks.Count == 1 && exit.Measured is not null);
    }

    [RootFact]
    public void A_uid_without_an_account_runs_with_its_group_alone()
    {
        _world.Run(_world.Batch(12, "id -u; id -g; id -G; echo $USER", s => { s.Uid = World.Stranger; s.Gid = 4711; s.User = "ghost"; }));
        Assert.Equal("31337\n4711\n4711\nghost\n", _world.Read("out-12.txt"));
    }

    [RootFact]
    public void Nothing_of_the_daemons_leaks_into_a_job()
    {
        _world.Run(_world.Batch(13, "ls /proc/self/fd | wc -l; cat /proc/self/oom_score_adj; grep -E '^Sig(Blk|Ign)' /proc/self/status; env | grep -c DOTNET; cat /proc/self/cgroup | grep -c stint-test; id -u"));
        var lines = _world.Read("out-13.txt").Split('\n');
        Assert.Equal("4", lines[0]);        // 0, 1, 2 and ls's own
        Assert.Equal("0", lines[1]);
        Assert.All(lines[2..4], l => Assert.EndsWith("0000000000000000", l, StringComparison.Ordinal));
        Assert.Equal("0", lines[4]);
        Assert.Equal(_world.Tree.Layout.Hierarchies.Count.ToString(), lines[5]);
    }

    [RootFact]
    public void Soft_limits_are_the_users_and_never_above_the_nodes_hard_ones()
    {
        _world.Run(_world.Batch(14, "ulimit -Sn; ulimit -Sc; ulimit -Hn", s =>
        {
            s.Payload.Rlimits.Add(new Rlimit { Name = "NOFILE", Soft = 333 });
            s.Payload.Rlimits.Add(new Rlimit { Name = "CORE", Soft = 0 });
            s.Payload.Rlimits.Add(new Rlimit { Name = "NO_SUCH", Soft = 1 });
        }));
        Assert.StartsWith("333\n0\n", _world.Read("out-14.txt"), StringComparison.Ordinal);
        Assert.Equal(0, _world.Run(_world.Batch(15, "true", s => s.Payload.Rlimits.Add(new Rlimit { Name = "NOFILE", Soft = ulong.MaxValue }))).ExitCode);
    }

    [RootTheory]
    [InlineData("symlink", "output file {0}/symlink: Permission denied")]
    [InlineData("fifo", "output file {0}/fifo: no process reads this FIFO")]
    [InlineData("directory", "output file {0}/directory: Is a directory")]
    [InlineData("locked/out", "output file {0}/locked/out: Permission denied")]
    [InlineData("missing/out", "output file {0}/missing/out: No such file or directory")]
    public void An_output_path_that_cannot_be_opened_fails_the_job_and_says_path_and_reason(string path, string cause)
    {
        var secret = _world.Home + "/secret";
        File.WriteAllText(secret, "untouched");
        File.CreateSymbolicLink(_world.Public + "/symlink", secret);
        Directory.CreateDirectory(_world.Public + "/directory");
        Directory.CreateDirectory(_world.Public + "/locked", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using (var mkfifo = Process.Start("mkfifo", ["-m", "666", _world.Public + "/fifo"])) mkfifo.WaitForExit();
        var exit = _world.Run(_world.Batch(16, "echo hello", s => s.StdOut = path));
        Assert.Equal((Outcome.LaunchFailed, 1, false), (exit.Outcome, exit.ExitCode, exit.Started));
        Assert.Equal(string.Format(cause, _world.Public), exit.Cause);
        Assert.Equal("untouched", File.ReadAllText(secret));
    }

    [RootFact]
    public void Dev_full_opens_and_its_errors_are_the_jobs()
    {
        var exit = _world.Run(_world.Batch(17, "echo hello || exit 7", s => s.StdOut = "/dev/full"));
        Assert.Equal((Outcome.Exited, 7), (exit.Outcome, exit.ExitCode));
    }

    [RootTheory]
    [InlineData("/gone/away", "working directory /gone/away: No such file or directory")]
    [InlineData("/root", "working directory /root: Permission denied")]
    public void A_working_directory_that_cannot_be_entered_fails_the_job(string directory, string cause)
    {
        var exit = _world.Run(_world.Batch(18, "true", s => s.WorkDir = directory));
        Assert.Equal((Outcome.LaunchFailed, cause), (exit.Outcome, exit.Cause));
    }

    [RootFact]
    public void A_path_into_proc_of_the_shepherd_gives_a_job_nothing()
    {
        foreach (var (job, path) in ((uint, string)[])[(20, "/proc/self/mem"), (21, "/proc/self/fd/5"), (22, "/proc/self/fd/4"), (23, "/proc/self/oom_score_adj")])
            Assert.Equal((path, Outcome.LaunchFailed), (path, _world.Run(_world.Batch(job, "ls -l /proc/self/fd >&2", s => s.StdOut = path)).Outcome));
    }

    [RootFact]
    public void A_program_that_does_not_exist_is_said_on_the_tasks_stderr_with_exit_code_2()
    {
        var exit = _world.Run(_world.Srun(24, "", s => { s.Payload.Arguments.Clear(); s.Payload.Arguments.Add(ByteString.CopyFromUtf8("nosuchcommand")); }));
        Assert.Equal((Outcome.Exited, 2), (exit.Outcome, exit.ExitCode));
        Assert.Equal("execve: No such file or directory", exit.Tasks[0].Error);
        Assert.Equal("slurmstepd-n1: error: execve(): nosuchcommand: No such file or directory\n", _world.Reports.Output(error: true));
    }

    [RootFact]
    public void Orders_out_of_bounds_are_refused_with_a_sentence()
    {
        var orders = new List<(Action<LaunchSpec> Break, string Says)>
        {
            (s => s.Uid = uint.MaxValue, "not a user's"), (s => s.TaskIds.Clear(), "0 tasks"), (s => s.TaskIds.AddRange(Enumerable.Range(1, 600).Select(i => (uint)i)), "at most 512"),
            (s => s.WorkDir = "relative", "absolute path"), (s => s.StdOut = new string('x', 5000), "more than 4095"), (s => s.Payload.Script = ByteString.Empty, "neither a script"),
            (s => s.Payload.Environment.Add(ByteString.CopyFromUtf8("A=\0B")), "NUL"), (s => s.WallLimitMs = -1, "out of range"), (s => s.Payload = null, "incomplete"),
            (s => s.StdOut = "a\0b", "NUL"), (s => s.WorkDir = "/" + new string('d', 5000), "absolute path"),
        };
        for (var i = 0; i < orders.Count; i++)
        {
            var exit = _world.Run(_world.Batch((uint)(100 + i), "true", orders[i].Break));
            Assert.Equal((Outcome.LaunchFailed, true), (exit.Outcome, exit.JobReleased));
            Assert.Contains(orders[i].Says, exit.Cause, StringComparison.Ordinal);
        }
    }

    [RootFact]
    public void Tasks_of_a_step_share_one_file_or_have_their_own()
    {
        _world.Run(_world.Srun(25, "echo task $SLURM_PROCID of $SLURM_GTIDS", s => { s.TaskIds.Add([3, 7]); s.Io = IoMode.IoFiles; s.StdOut = "all.txt"; }));
        Assert.Equal(["task 0 of 0,3,7", "task 3 of 0,3,7", "task 7 of 0,3,7"], _world.Read("all.txt").Trim().Split('\n').Order());
        _world.Run(_world.Srun(26, "echo $SLURM_LOCALID; echo e >&2", s => { s.TaskIds.Add([3]); s.Io = IoMode.IoFiles; s.StdOut = "t-%2t.txt"; s.StdErr = "e-%t.txt"; }));
        Assert.Equal(("0\n", "1\n", "e\n"), (_world.Read("t-00.txt"), _world.Read("t-03.txt"), _world.Read("e-3.txt")));
    }

    [RootFact]
    public void The_same_order_again_starts_nothing()
    {
        var spec = _world.Batch(27, "echo x >> twice.txt");
        _world.Host.Launch(spec);
        _world.Host.Launch(spec.Clone());
        _world.Reports.Exited(27);
        _world.Host.Launch(spec.Clone());
        _world.Run(_world.Batch(28, "true"));
        Assert.Equal("x\n", _world.Read("twice.txt"));
        Assert.Single(_world.Reports.All, m => m.StepExited?.Key.JobId == 27);
    }
}
