namespace Stint.Bench;

internal sealed class StintSide : Side
{
    private readonly string _home = $"/var/tmp/stint-test-bench-{System.Environment.ProcessId}";
    private readonly string _root = $"stint-test-bench-{System.Environment.ProcessId}";

    public StintSide(string bin) : base("stint", $"stint-test-bench-{System.Environment.ProcessId}")
    {
        Environment["PATH"] = bin + ":" + Environment["PATH"];
        Environment["STINT_HOME"] = _home;
    }

    public override void Start()
    {
        Directory.CreateDirectory(_home);
        File.WriteAllText(Path.Combine(_home, "stint.yaml"), """
            default_memory_per_cpu: 16M
            max_array_size: 200001
            partitions:
              - { name: p64, nodes: "n[1-4]", default: true }
              - { name: p2, nodes: c2 }
            """);
        Shell($"stint up --cgroup-root {_root} --nodes n[1-4] --declare cpus=16,sockets=2,cores=8,threads=1,memory=20000M", measured: true);
        Shell($"stint up --cgroup-root {_root} --nodes c2 --declare cpus=2,sockets=1,cores=2,threads=1,memory=20000M", measured: true);
    }

    public override void Stop()
    {
        Shell($"scancel -Q -t PD; stint down --cgroup-root {_root}", mustSucceed: false);
        if (Directory.Exists(CpuGroup)) Shell($"rmdir {CpuGroup}", mustSucceed: false);
        Directory.Delete(_home, recursive: true);
    }
}
