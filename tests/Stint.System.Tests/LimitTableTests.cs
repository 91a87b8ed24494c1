using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Stint.Protocol.Api;
using Xunit.Abstractions;

namespace Stint.SystemTests;

/// <summary>Every limit exceeded on purpose, end to end: the row of the receipt before, what was done, and what came of it.</summary>
[Collection("cluster")]
public sealed class LimitTableTests(SharedCluster shared, ITestOutputHelper output)
{
    private TestCluster Cluster => shared.Cluster;

    /// <param name="Row">Resource of the receipt's row.</param>
    /// <param name="Shell">Limits of the submitting shell.</param>
    /// <param name="Says">What the job's output must say.</param>
    /// <param name="State">Of the job.</param>
    /// <param name="Cause">What the answer to "why" must say; empty: it is the program's own error.</param>
    private sealed record Excess(string Row, string[] Options, string Shell, string Script, string Says, string State, string Cause);

    private const string Python = "/usr/bin/python3 -c ";

    private static Excess[] All(string work) =>
    [
        new("memory", ["--mem=64M"], "", Python + "'b = bytearray(200 << 20); print(\"survived\")'", "(?!.*survived)", "OUT_OF_MEMORY", @"memory: limit 64 MiB \(job group\), peak 6\d MiB, 1 process killed"),
        new("swap", ["--mem=64M"], "", "head -c 300M /dev/zero | tail -c 200M > /dev/null; exit 0", "", "OUT_OF_MEMORY", "memory: limit 64 MiB"),
        new("cpu", ["--mem=64M", "-c", "1"], "", Python + "'import os\nown = os.sched_getaffinity(0)\ntry: os.sched_setaffinity(0, set(range(os.cpu_count())))\nexcept OSError: pass\nprint(\"stays\", len(own), os.sched_getaffinity(0) == own)'", "stays 1 True", "COMPLETED", ""),
        new("pids", ["--mem=3G", "-c", "1"], "", Python + "'import os, signal, time\nn = 0\ntry:\n  while n < 100000:\n    p = os.fork()\n    if p == 0: time.sleep(60); os._exit(0)\n    n += 1\nexcept OSError as e: print(\"refused\", e.errno, flush=True)\nos.kill(os.getpid(), 9)'", "refused 11", "FAILED", @"^pids: \d+ forks? (was|were) refused at the limit of 4096 processes and threads"),
        new("open files", ["--mem=64M"], "ulimit -S -n 40", Python + "'import os\nn = []\ntry:\n  while True: n.append(os.open(\"/dev/null\", 0))\nexcept OSError as e: print(\"opened\", len(n) + 3, e.errno)'", "opened 40 24", "COMPLETED", ""),
        new("core", ["--mem=64M"], "ulimit -S -c 0", "mkdir -p $SLURM_JOB_ID && cd $SLURM_JOB_ID; bash -c 'kill -SEGV $$'; ls | wc -l", "0$", "COMPLETED", ""),
        new("stack", ["--mem=64M"], "ulimit -S -s 512", Python + "'import resource, sys; sys.setrecursionlimit(10**6); import ctypes; ctypes.CDLL(None).alloca if 0 else None\nprint(resource.getrlimit(resource.RLIMIT_STACK)[0])'; bash -c 'f() { f $*; }; f x' 2>/dev/null; echo ended $?", "524288\n.*ended 139", "COMPLETED", ""),
        new("locked memory", ["--mem=64M"], "ulimit -S -l 64", Python + "'import ctypes, errno\nc = ctypes.CDLL(None, use_errno=True); c.mmap.restype = ctypes.c_void_p\np = c.mmap(None, 1 << 20, 3, 0x22, -1, 0)\nprint(c.mlock(ctypes.c_void_p(p), 1 << 20), errno.errorcode[ctypes.get_errno()])'", "-1 (ENOMEM|EPERM)", "COMPLETED", ""),
        new("cpu time", ["--mem=64M"], "ulimit -S -t 1", "exec " + Python + "'while True: pass'", "", "FAILED", @"^cpu time: the limit of 1 s a process \(RLIMIT_CPU\) passed"),
        new("file size", ["--mem=64M"], "ulimit -S -f 64", "head -c 1M /dev/zero > big-$SLURM_JOB_ID; echo $?; stat -c %s big-$SLURM_JOB_ID", "153\n65536", "COMPLETED", ""),
        new("file size", ["--mem=64M"], "ulimit -S -f 64", "exec head -c 1M /dev/zero > big2-$SLURM_JOB_ID", "", "FAILED", @"^file size: a file reached the limit of 64K \(RLIMIT_FSIZE\)"),
        new("address space", ["--mem=300M"], "", "ulimit -v 200000; " + Python + "'bytearray(300 << 20)' 2>&1 | tail -1", "MemoryError", "COMPLETED", ""),
        new("user processes", ["--mem=100M"], "ulimit -S -u 60", Python + "'import os, time\nn = 0\ntry:\n  while n < 1000:\n    if os.fork() == 0: time.sleep(60); os._exit(0)\n    n += 1\nexcept OSError as e: print(\"refused\", e.errno, n < 60, flush=True)\nos.kill(0, 9)' & wait; exit 0", "refused 11 True", "COMPLETED|FAILED", ""),
        new("devices", ["--mem=64M"], "", $"{Python}'import os\ntry: os.open(\"{work}/forbidden\", os.O_RDWR)\nexcept OSError as e: print(e.errno)'", "^1$", "COMPLETED", ""),
    ];

    [Fact]
    public async Task Every_limit_is_exceeded_on_purpose_with_its_receipt_before_and_its_cause_after()
    {
        using (var mknod = global::System.Diagnostics.Process.Start("mknod", ["-m", "666", Cluster.Work + "/forbidden", "c", "195", "252"])) mknod.WaitForExit();
        var table = new StringBuilder("limit | receipt before | done | after\n");
        foreach (var excess in All(Cluster.Work))
        {
            var file = $"excess-{excess.Row.Replace(' ', '-')}-{Math.Abs(excess.Script.GetHashCode(StringComparison.Ordinal))}";
            await File.WriteAllTextAsync(Path.Combine(Cluster.Work, file), "#!/bin/bash\n" + excess.Script + "\n");
            // In front of the excess the job waits, so that its receipt is read before.
            await File.WriteAllTextAsync(Path.Combine(Cluster.Work, file + ".sh"), $"#!/bin/bash\nwhile [ ! -e {file}.go ]; do sleep 0.02; done\nexec bash {file}\n");
            var sbatch = await Cluster.RunAsAsync(Users.Alice, "bash", ["-c", $"{(excess.Shell.Length > 0 ? excess.Shell + "; " : "")}exec sbatch --parsable --no-requeue -o {file}.out -t 2 {string.Join(' ', excess.Options)} {file}.sh"]);
            Assert.True(sbatch.ExitCode == 0, sbatch.ToString());
            var id = uint.Parse(sbatch.Output.Trim(), CultureInfo.InvariantCulture);
            await Cluster.RunningAsync(id);
            ReceiptRowView? row = null;
            await TestCluster.UntilAsync(async () => (await Cluster.ExplainAsync(id)).Steps is [{ Rows: var rows }] && ((row = rows.FirstOrDefault(r => r.Resource == excess.Row)) is not null || excess.Row == "address space"), 20, () => $"no row {excess.Row} in the receipt");
            await File.WriteAllTextAsync(Path.Combine(Cluster.Work, file + ".go"), "");
            var job = await Cluster.EndedAsync(id, 60);
            var said = Cluster.ReadWork(file + ".out").Trim();
            table.AppendLine(CultureInfo.InvariantCulture, $"{excess.Row} | {Shown(row)} | {excess.Script.Split('\n')[0][..Math.Min(70, excess.Script.Split('\n')[0].Length)]} | {job.State} {job.Cause} {said.Split('\n')[^1]}");
            Assert.True(row is null || (row.Enforced && (row.Written == row.ReadBack || (excess.Row == "devices" && row.ReadBack.EndsWith(", " + row.Written.Split("program ")[^1], StringComparison.Ordinal)))) || (excess.Row == "swap" && !row.Enforced), $"{excess.Row}: {Shown(row)}");
            Assert.True(Regex.IsMatch(job.State, $"^({excess.State})$"), $"{excess.Row}: {job.State} {job.Cause}; it said: {said}");
            Assert.True(Regex.IsMatch(said, excess.Says, RegexOptions.Singleline), $"{excess.Row}: it said {said}");
            Assert.Matches(excess.Cause, job.Cause);
            if (excess.Row == "cpu time") Assert.True(job.Signal is 24 or 9, $"signal {job.Signal}");
            if (excess.Row == "pids") Assert.True((await Cluster.ExplainAsync(id)).Steps[0].PidsLimitHits > 0, "the refused fork is not counted");
        }
        await TimeAsync(table);
        output.WriteLine(table.ToString());
        if (Environment.GetEnvironmentVariable("STINT_TABLE") is { Length: > 0 } path) await File.WriteAllTextAsync(path, table.ToString());
    }

    /// <summary>sbatch rounds to minutes; the API is exact.</summary>
    private async Task TimeAsync(StringBuilder table)
    {
        using var submission = new Submission(Cluster);
        var id = (await submission.TryAsync("trap '' TERM; while :; do sleep 0.1; done", limitMs: 2_000))!.Value;
        await Cluster.RunningAsync(id);
        var row = (await Cluster.ExplainAsync(id)).Steps[0].Rows.Single(r => r.Resource == "time");
        Assert.Equal((true, "2000 ms", "2000 ms"), (row.Enforced, row.Written, row.ReadBack));
        var job = await Cluster.EndedAsync(id);
        Assert.Equal("TIMEOUT", job.State);
        Assert.Contains("time: the wall time limit passed; processes left after the grace were killed", job.Cause, StringComparison.Ordinal);
        Assert.InRange(job.EndMs - job.StartMs, 3_000, 4_000 + (2_000 * Patience.Factor));
        table.AppendLine(CultureInfo.InvariantCulture, $"time | {Shown(row)} | a job that ignores SIGTERM | {job.State} {job.Cause}");
    }

    private static string Shown(ReceiptRowView? row) => row is null ? "none: the job's own" : $"{row.Requested} → {row.Allocated}, {row.File} wrote {row.Written} read {row.ReadBack} {(row.Enforced ? "enforced" : "NOT enforced: " + row.WhyNot)}";
}
