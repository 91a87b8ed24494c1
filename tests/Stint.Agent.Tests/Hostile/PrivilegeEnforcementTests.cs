using System.Diagnostics;
using Google.Protobuf;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Whatever a job brings along: nothing of it runs as root, and nothing of root's is read or traced.</summary>
public sealed class PrivilegeEnforcementTests : IDisposable
{
    private readonly World _world = new(hookDeadline: Patience.Seconds(20));

    public void Dispose() => _world.Dispose();

    [NeedsFact("/usr/bin/gcc")]
    public void Nothing_that_a_job_preloads_gets_into_a_program_of_roots()
    {
        var (source, library, shell, seen) = (_world.Public + "/evil.c", _world.Public + "/evil.so", _world.Public + "/evil.sh", _world.Public + "/seen");
        File.WriteAllText(source, "#include <stdio.h>\n#include <unistd.h>\n__attribute__((constructor)) static void run(void) { FILE *f = fopen(\"" + seen + "\", \"a\"); if (f) { fprintf(f, \"%d\\n\", geteuid()); fclose(f); } }\n");
        File.WriteAllText(shell, $"echo $EUID >> {seen}\n");
        using (var gcc = Process.Start("gcc", ["-shared", "-fPIC", "-o", library, source])) gcc.WaitForExit();
        File.WriteAllText(seen, "");
        File.SetUnixFileMode(seen, (UnixFileMode)0b110_110_110);
        _world.Program("prolog.d/p", "id -u > /dev/null; exit 0");
        _world.Program("epilog.d/e", "id -u > /dev/null; exit 0");
        string[] evil = [$"LD_PRELOAD={library}", $"LD_AUDIT={library}", $"BASH_ENV={shell}", $"ENV={shell}", $"SLURM_LD_PRELOAD={library}", $"SLURM_JOB_NAME=x LD_PRELOAD={library}", "PATH=.:/usr/bin:/bin", $"LD_LIBRARY_PATH={_world.Public}"];
        var exit = _world.Run(_world.Batch(1, "bash -c :; touch done", s =>
        {
            s.Payload.Environment.Clear();
            s.Payload.Environment.AddRange(evil.Select(ByteString.CopyFromUtf8));
        }));
        Assert.Equal((Outcome.Exited, 0, ""), (exit.Outcome, exit.ExitCode, exit.DrainReason));
        var uids = File.ReadAllLines(seen).Distinct().ToList();
        Assert.Equal([$"{World.Nobody}"], uids);       // it did run where it may, or this would prove nothing
    }

    /// <summary>A setuid program makes its caller root, as an administrator wanted: in the same groups, with the same limits and devices.</summary>
    [RootFact]
    public void A_setuid_program_gains_no_memory_no_device_and_no_other_group()
    {
        var folder = Directory.CreateTempSubdirectory("stint-test-suid-").FullName;
        try
        {
            using var lab = new Devices.DeviceLab();
            using var world = new World(devices: lab.Devices);
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
            File.Copy("/bin/bash", folder + "/rootbash");
            File.SetUnixFileMode(folder + "/rootbash", (UnixFileMode)0b100_111_101_101);
            File.WriteAllText(world.Public + "/inside", $"echo $EUID\ncat /proc/self/cgroup\n/usr/bin/python3 {lab.Folder}/probe.py {lab.Node("alpha0")} {lab.Node("alpha1")} mknod:c:195:200 /dev/kmsg\nhead -c 300M /dev/zero | tail -c 200M > /dev/null\n");
            var exit = world.Run(world.Batch(2, $"grep {world.Tree.Root} /proc/self/cgroup > own; {folder}/rootbash -p inside; exit 0", s => s.Limits.Gres.AddRange(Devices.DeviceLab.Of("gpu", 1))), 60);
            var lines = world.Read("out-2.txt").Trim().Split('\n');
            if (lines[0] != "0") { Assert.Fail($"setuid has no effect in {folder}: nothing was shown"); return; }
            Assert.Equal(world.Read("own").Trim().Split('\n'), lines.Where(l => l.Contains(world.Tree.Root, StringComparison.Ordinal)));
            Assert.Contains("EPERM ENXIO EPERM EPERM", lines);
            Assert.Equal(Outcome.OutOfMemory, exit.Outcome);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [RootFact]
    public void A_job_can_neither_trace_nor_read_nor_signal_the_shepherd_or_the_agent()
    {
        File.WriteAllText(_world.Public + "/spy.py", """
            import ctypes, errno, os, sys
            libc = ctypes.CDLL(None, use_errno=True)
            def attempt(what, act):
                try: act(); print('COULD', what)
                except OSError as e: print(errno.errorcode[e.errno], what.split('/')[-1]) if e.errno not in (errno.EACCES, errno.EPERM) else None
            def ptrace(request, pid):
                if libc.ptrace(request, pid, 0, 0): raise OSError(ctypes.get_errno(), 'ptrace')
            for pid in map(int, sys.argv[1:]):
                for name in ('environ', 'mem', 'maps', 'stack', 'syscall', 'auxv', 'io', 'pagemap'): attempt(f'/proc/{pid}/{name}', lambda: open(f'/proc/{pid}/{name}', 'rb').read(1))
                for name in ('cwd', 'root', 'exe', 'ns/mnt'): attempt(f'/proc/{pid}/{name}', lambda: os.readlink(f'/proc/{pid}/{name}'))
                attempt(f'/proc/{pid}/fd', lambda: os.listdir(f'/proc/{pid}/fd'))
                for request in (16, 0x4206): attempt('ptrace', lambda: ptrace(request, pid))          # ATTACH, SEIZE
                attempt('oom_score_adj', lambda: open(f'/proc/{pid}/oom_score_adj', 'w').write('1000'))
                for signal in (0, 9, 19): attempt(f'kill {signal}', lambda: os.kill(pid, signal))
                attempt('prlimit', lambda: __import__('resource').prlimit(pid, 7, (10, 10)))
                attempt('setpriority', lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
                attempt('affinity', lambda: os.sched_setaffinity(pid, {0}))
            print('done')
            """);
        _world.Host.Launch(_world.Batch(3, "while [ ! -e go ]; do sleep 0.02; done; exec /usr/bin/python3 spy.py $(cat go)"));
        _world.Reports.Started(3);
        var shepherd = Assert.Single(_world.Shepherds());
        File.WriteAllText(_world.Public + "/go.new", $"{shepherd} {Environment.ProcessId}");
        File.Move(_world.Public + "/go.new", _world.Public + "/go");
        var exit = _world.Reports.Exited(3);
        Assert.Equal((Outcome.Exited, 0, "done\n"), (exit.Outcome, exit.ExitCode, _world.Read("out-3.txt")));
    }
}
