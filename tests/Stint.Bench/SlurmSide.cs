namespace Stint.Bench;

/// <summary>Debian's Slurm, tuned for throughput as its own documentation advises; nothing of the system's configuration is touched.</summary>
internal sealed class SlurmSide : Side
{
    private readonly string _home = $"/var/tmp/stint-test-slurm-{System.Environment.ProcessId}";
    private int? _munged;

    public SlurmSide() : base("slurm", $"stint-test-slurm-{System.Environment.ProcessId}") => Environment["SLURM_CONF"] = Path.Combine(_home, "slurm.conf");

    public static string? WhyNot() =>
        !File.Exists("/usr/sbin/slurmctld") || !File.Exists("/usr/sbin/munged") ? "Slurm is not installed (apt-get install slurm-wlm munge)"
        : System.Environment.UserName != "root" ? "not root" : null;

    public override void Start()
    {
        Directory.CreateDirectory(Path.Combine(_home, "state"));
        File.WriteAllText(Path.Combine(_home, "slurm.conf"), $"""
            ClusterName=bench
            SlurmctldHost=localhost(127.0.0.1)
            SlurmUser=root
            SlurmdUser=root
            SlurmctldPort=16917
            SlurmdPort=16918
            StateSaveLocation={_home}/state
            SlurmdSpoolDir={_home}/spool-%n
            SlurmctldPidFile={_home}/slurmctld.pid
            SlurmdPidFile={_home}/slurmd-%n.pid
            SlurmctldLogFile={_home}/slurmctld.log
            SlurmdLogFile={_home}/slurmd-%n.log
            SlurmctldDebug=error
            SlurmdDebug=error
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            MpiDefault=none
            SwitchType=switch/none
            ReturnToService=2
            MessageTimeout=60
            KillWait=5
            MinJobAge=60
            TreeWidth=65533
            MaxJobCount=200000
            MaxArraySize=200001
            SchedulerType=sched/backfill
            SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=2000,default_queue_depth=1000,partition_job_depth=0,max_rpc_cnt=150,bf_interval=30,bf_max_job_test=1000,bf_continue,max_array_tasks=200000,nohold_on_prolog_fail
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core_Memory
            DefMemPerCPU=16
            AccountingStorageType=accounting_storage/none
            JobCompType=jobcomp/none
            JobAcctGatherType=jobacct_gather/none
            SlurmdParameters=config_overrides
            NodeName=DEFAULT Boards=1 ThreadsPerCore=1 RealMemory=20000 State=UNKNOWN
            NodeName=n1 NodeAddr=127.0.0.1 NodeHostname=localhost Sockets=2 CoresPerSocket=8 CPUs=16 Port=17111
            NodeName=n2 NodeAddr=127.0.0.1 NodeHostname=localhost Sockets=2 CoresPerSocket=8 CPUs=16 Port=17112
            NodeName=n3 NodeAddr=127.0.0.1 NodeHostname=localhost Sockets=2 CoresPerSocket=8 CPUs=16 Port=17113
            NodeName=n4 NodeAddr=127.0.0.1 NodeHostname=localhost Sockets=2 CoresPerSocket=8 CPUs=16 Port=17114
            NodeName=c2 NodeAddr=127.0.0.1 NodeHostname=localhost Sockets=1 CoresPerSocket=2 CPUs=2 Port=17115
            PartitionName=p64 Nodes=n[1-4] Default=YES MaxTime=INFINITE State=UP
            PartitionName=p2 Nodes=c2 MaxTime=INFINITE State=UP
            """);
        if (!MungeAnswers())
        {
            Shell("mkdir -p /run/munge && chown munge:munge /run/munge && runuser -u munge -- /usr/sbin/munged --force");
            _munged = int.Parse(File.ReadAllText("/run/munge/munged.pid").Trim(), System.Globalization.CultureInfo.InvariantCulture);
        }
        Shell("slurmctld -c; sleep 1; for n in n1 n2 n3 n4 c2; do slurmd -N $n; done", measured: true);
        var limit = System.Environment.TickCount64 + 60_000;
        while (Shell("sinfo -h -N -o %T | grep -cvE '^idle$'", mustSucceed: false) != "0")
        {
            if (System.Environment.TickCount64 > limit) throw new InvalidOperationException($"Slurm's nodes do not become idle; see {_home}");
            Thread.Sleep(200);
        }
    }

    /// <summary>A pid file alone says nothing: it outlives a machine's restart.</summary>
    private bool MungeAnswers() => Shell("munge -n >/dev/null 2>&1 && echo yes", mustSucceed: false) == "yes";

    public override void Stop()
    {
        foreach (var pidFile in Directory.EnumerateFiles(_home, "*.pid"))
            Shell($"p=$(cat {pidFile}) && kill $p; for i in $(seq 100); do kill -0 $p 2>/dev/null || break; sleep .1; done", mustSucceed: false);
        if (_munged is { } munged) Shell($"kill {munged}", mustSucceed: false);
        if (Directory.Exists(CpuGroup)) Shell($"rmdir {CpuGroup}", mustSucceed: false);
        Directory.Delete(_home, recursive: true);
    }
}
