using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Hostile;

/// <summary>Memory of every kind beyond the job's limit, through a whole agent.</summary>
public sealed class MemoryEnforcementTests : IDisposable
{
    private const ulong LimitBytes = 48 << 20;
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    /// <summary>Each takes 200 MiB and says so when it could.</summary>
    public static TheoryData<string, string> Kinds => new()
    {
        { "anonymous", "x = bytearray(200 << 20)" },
        { "private mapping", "import mmap; m = mmap.mmap(-1, 200 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS); [m.write(b'a' * 1048576) for i in range(200)]" },
        { "shared mapping", "import mmap; m = mmap.mmap(-1, 200 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS); [m.write(b'a' * 1048576) for i in range(200)]" },
        { "memory file", "import os; f = os.memfd_create('x'); [os.write(f, b'a' * 1048576) for i in range(200)]" },
        { "stack of many threads", "import ctypes, threading; hold = threading.Event(); threading.stack_size(16 << 20)\ndef use():\n  b = ctypes.create_string_buffer(8 << 20); ctypes.memset(b, 1, 8 << 20); hold.wait()\nts = [threading.Thread(target=use, daemon=True) for _ in range(25)]; [t.start() for t in ts]; import time; time.sleep(5)" },
        { "children together", "import os, time\nfor i in range(10):\n  if os.fork() == 0:\n    x = bytearray(20 << 20); time.sleep(10); os._exit(0)\n[os.wait() for i in range(10)]; os.kill(os.getpid(), 9)" },
        { "locked", "import ctypes; c = ctypes.CDLL(None); c.malloc.restype = ctypes.c_void_p; p = c.malloc(200 << 20); c.mlock(ctypes.c_void_p(p), 200 << 20); ctypes.memset(p, 1, 200 << 20)" },
    };

    [RootTheory, MemberData(nameof(Kinds))]
    public void Memory_of_every_kind_counts_and_the_job_ends_OUT_OF_MEMORY_with_limit_peak_and_level(string kind, string program)
    {
        File.WriteAllText(_world.Public + "/take.py", program + "\nprint('took it', flush=True)\n");
        var exit = _world.Run(_world.Batch(1, "/usr/bin/python3 take.py", s => s.Limits.MemoryBytes = LimitBytes), 60);
        Assert.True(exit.Outcome == Outcome.OutOfMemory, $"{kind}: {exit.Outcome} {exit.Cause}");
        Assert.Contains("limit 48 MiB (job group), peak 4", exit.Cause, StringComparison.Ordinal);
        Assert.Equal(("job", LimitBytes), (exit.Measured.OomLevel, exit.Measured.MemoryLimitBytes));
        Assert.InRange(exit.Measured.PeakMemoryBytes, LimitBytes - (8 << 20), LimitBytes);
        Assert.DoesNotContain("took it", _world.Read("out-1.txt"), StringComparison.Ordinal);
        Assert.True(exit.JobReleased);
    }

    [RootFact]
    public void A_file_on_a_tmpfs_counts_and_stays_bounded_after_the_kill()
    {
        var file = $"/dev/shm/{_world.Tree.Root}";
        try
        {
            var exit = _world.Run(_world.Batch(2, $"exec head -c 200M /dev/zero > {file}", s => s.Limits.MemoryBytes = LimitBytes));
            Assert.Equal(Outcome.OutOfMemory, exit.Outcome);
            Assert.InRange(new FileInfo(file).Length, 1, (long)LimitBytes);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>They are a pool that no memory limit counts. Only a guest may be given a pool; here the machine's own stays as it is, mostly empty.</summary>
    [RootFact]
    public void Huge_pages_are_for_no_job()
    {
        const string pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", free = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        if (Environment.GetEnvironmentVariable("STINT_GUEST") == "1") File.WriteAllText(pool, "16");
        var hasPool = File.Exists(pool) && File.ReadAllText(pool).Trim() != "0";
        if (hasPool && !TestTree.IsV2) return;        // a host with a pool of its own and without the v2 controller: the receipt says that nothing holds
        using var world = new World();
        var before = File.Exists(free) ? File.ReadAllText(free) : "";
        File.WriteAllText(world.Public + "/huge.py", "import mmap\ntry:\n  m = mmap.mmap(-1, 8 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)\n  m[0:1] = b'a'\n  print('took it', flush=True)\nexcept OSError as e: print('refused', e.errno)\n");
        var exit = world.Run(world.Batch(3, "/usr/bin/python3 huge.py; sleep 0.1"));
        Assert.DoesNotContain("took it", world.Read("out-3.txt"), StringComparison.Ordinal);
        if (File.Exists(free)) Assert.Equal(before, File.ReadAllText(free));
        var rows = exit.Receipt.Rows.Where(r => r.Resource == Agent.Cgroups.HugePages.Resource).ToList();
        Assert.True(!hasPool || (rows.Count > 0 && rows.TrueForAll(r => r is { Enforced: true, ReadBack: "0" })), string.Join(' ', rows));
    }
}
