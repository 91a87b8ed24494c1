using System.Text.Json;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Scontrol;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Scontrol;

public class ShowTests
{
    private static Task<CommandRun> Scontrol(params string[] arguments) => SampleCluster.Run().RunAsync(ScontrolCommand.RunAsync, "scontrol", arguments);

    private static CommandRun With(params JobView[] jobs) => SampleCluster.Run(SampleCluster.Api(jobs).On("/api/v1/jobs", new JobList(SampleCluster.NowMs, jobs)));

    private static readonly JobView Demo = SampleCluster.Running(40, "p64", "n1", 1000, 600_000) with
    {
        Name = "demo", User = "root", Uid = 0, Group = "root", Gid = 0, Account = null, Tasks = 4, Cpus = 8, CpusPerTask = 2, MemoryPerCpuBytes = null,
        MemoryPerNodeBytes = SampleCluster.Gibi, MemoryBytes = SampleCluster.Gibi, SubmitHost = "localhost", StartMs = SampleCluster.At("01:18:27"), EndMs = SampleCluster.At("01:28:27"),
        SubmitMs = SampleCluster.At("01:18:27"), EligibleMs = SampleCluster.At("01:18:27"), WorkDir = "/tmp", StdOut = "/dev/null", StdErr = "/dev/null",
        SubmitLine = "sbatch --parsable -p p64 -n4 -c2 --mem=1G -t 10 -J demo -o /dev/null --wrap srun sleep 30",
        Shares = [new NodeShareView("n1", [0, 1, 2, 3, 4, 5, 6, 7], SampleCluster.Gibi, 4)],
    };

    [Fact]
    public async Task A_running_job_in_the_layout_of_26_05()
    {
        var run = await With(Demo).RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "job", "40");
        Assert.Equal("""
            JobId=40 JobName=demo
               UserId=root(0) GroupId=root(0) MCS_label=N/A
               Priority=1000 Nice=0 Account=(null) QOS=(null)
               JobState=RUNNING Reason=None Dependency=(null)
               Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:0
               RunTime=00:00:02 TimeLimit=00:10:00 TimeMin=N/A
               SubmitTime=2026-11-22T01:18:27 EligibleTime=2026-11-22T01:18:27
               AccrueTime=2026-11-22T01:18:27
               StartTime=2026-11-22T01:18:27 EndTime=2026-11-22T01:28:27 Deadline=N/A
               SuspendTime=None SecsPreSuspend=0 LastSchedEval=2026-11-22T01:18:27 Scheduler=Main
               Partition=p64 AllocNode:Sid=localhost:5541
               ReqNodeList=(null) ExcNodeList=(null)
               NodeList=n1
               BatchHost=n1
               NumNodes=1 NumCPUs=8 NumTasks=4 CPUs/Task=2 ReqB:S:C:T=0:0:*:*
               ReqTRES=cpu=8,mem=1G,node=1,billing=8
               AllocTRES=cpu=8,mem=1G,node=1,billing=8
               Socks/Node=* NtasksPerN:B:S:C=0:0:*:* CoreSpec=*
               MinCPUsNode=2 MinMemoryNode=1G MinTmpDiskNode=0
               Features=(null) DelayBoot=00:00:00
               OverSubscribe=NO Exclusive=NO Contiguous=0 Licenses=(null) LicensesAlloc=(null) Network=(null)
               Command=(null)
               SubmitLine=sbatch --parsable -p p64 -n4 -c2 --mem=1G -t 10 -J demo -o /dev/null --wrap srun sleep 30
               WorkDir=/tmp
               StdErr=
               StdIn=/dev/null
               StdOut=/dev/null
               TresPerTask=cpu=2


            """, run.Out);
    }

    [Fact]
    public async Task A_held_array_in_the_layout_of_26_05()
    {
        var job = SampleCluster.Pending(41, "p16", "JobHeldUser", 0, 0) with
        {
            ArrayJobId = 41, ArrayTasks = "0-3%1", ArrayThrottle = 1, User = "root", Uid = 0, Group = "root", Gid = 0, Account = null, NodesMax = 1, SubmitHost = "localhost",
            WorkDir = "/tmp", StdOut = "/dev/null", StdErr = "/dev/null", SubmitLine = "sbatch --parsable --array=0-3%1 -H -p p16 -o /dev/null --wrap true",
        };
        var run = await With(job).RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "job", "41");
        Assert.Equal("""
            JobId=41 ArrayJobId=41 ArrayTaskId=0-3%1 ArrayTaskThrottle=1 JobName=wrap
               UserId=root(0) GroupId=root(0) MCS_label=N/A
               Priority=0 Nice=0 Account=(null) QOS=(null)
               JobState=PENDING Reason=JobHeldUser Dependency=(null)
               Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:0
               RunTime=00:00:00 TimeLimit=UNLIMITED TimeMin=N/A
               SubmitTime=2026-11-22T01:18:20 EligibleTime=Unknown
               AccrueTime=Unknown
               StartTime=Unknown EndTime=Unknown Deadline=N/A
               SuspendTime=None SecsPreSuspend=0 LastSchedEval=2026-11-22T01:18:20 Scheduler=Main
               Partition=p16 AllocNode:Sid=localhost:5541
               ReqNodeList=(null) ExcNodeList=(null)
               NodeList=
               NumNodes=1-1 NumCPUs=1 NumTasks=1 CPUs/Task=1 ReqB:S:C:T=0:0:*:*
               ReqTRES=cpu=1,mem=16M,node=1,billing=1
               AllocTRES=(null)
               Socks/Node=* NtasksPerN:B:S:C=0:0:*:* CoreSpec=*
               MinCPUsNode=1 MinMemoryCPU=16M MinTmpDiskNode=0
               Features=(null) DelayBoot=00:00:00
               OverSubscribe=NO Exclusive=NO Contiguous=0 Licenses=(null) LicensesAlloc=(null) Network=(null)
               Command=(null)
               SubmitLine=sbatch --parsable --array=0-3%1 -H -p p16 -o /dev/null --wrap true
               WorkDir=/tmp
               StdErr=
               StdIn=/dev/null
               StdOut=/dev/null


            """, run.Out);
    }

    [Fact]
    public async Task Details_add_cpus_and_the_receipt()
    {
        var receipt = new StepReceiptView
        {
            StepId = "1.batch", Node = "n1", Kernel = "cgroup v1", Group = "stint/n1/u2001/j1/sbatch",
            Rows = [new("memory", "2G", "2G", "/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "2147483648", "2147483648", true, ""), new("disk", "", "", "", "", "", false, "no project quota")],
        };
        var run = SampleCluster.Run(new Client.FakeApi().On("/api/v1/jobs?", new JobList(SampleCluster.NowMs, [SampleCluster.Train])).On("/api/v1/jobs/1/explain", new ExplainView { Job = SampleCluster.Train, Steps = [receipt] }));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "job", "-d", "1");
        Assert.Contains("   DerivedExitCode=0:0\n   RunTime=", run.Out, StringComparison.Ordinal);
        Assert.Contains("""
               JOB_GRES=(null)
                 Nodes=n[1-2] CPU_IDs=0-2,8-10 Mem=2048 GRES=
                 Receipt=1.batch ReceiptNode=n1 Kernel=cgroup_v1 Enforced=1/2 Group=stint/n1/u2001/j1/sbatch
                 Limit=memory Requested=2G Allocated=2G File=/sys/fs/cgroup/memory/x/memory.limit_in_bytes Written=2147483648 ReadBack=2147483648 Enforced=YES
                 Limit=disk Requested=(null) Allocated=(null) File=(null) Written=(null) ReadBack=(null) Enforced=NO WhyNot=no project quota
               MinCPUsNode=6 
            """, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_line_holds_a_whole_record()
    {
        var run = await With(Demo).RunAsync(ScontrolCommand.RunAsync, "scontrol", "-o", "show", "job", "40");
        Assert.Single(run.Out.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("JobId=40 JobName=demo UserId=root(0) GroupId=root(0) MCS_label=N/A Priority=1000 ", run.Out, StringComparison.Ordinal);
        Assert.EndsWith(" StdOut=/dev/null TresPerTask=cpu=2\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_has_not_started_is_cut_out_of_its_array()
    {
        var run = await Scontrol("show", "job", "2_4");
        Assert.StartsWith("JobId=2 ArrayJobId=2 ArrayTaskId=4 ArrayTaskThrottle=3 JobName=arr\n", run.Out, StringComparison.Ordinal);
        var gone = await Scontrol("show", "job", "2_99");
        Assert.Equal(("Job 2_99 not found\n", 1), (gone.Error, gone.Code));
    }

    [Theory]
    [InlineData("slurm_load_jobs error: Invalid job id specified\n", "show", "job", "99999")]
    [InlineData("scontrol_print_job error: Invalid job id specified\n", "show", "job", "abc")]
    [InlineData("Node nonode not found\n", "show", "node", "nonode")]
    [InlineData("Partition nopart not found\n", "show", "partition", "nopart")]
    [InlineData("too few arguments for keyword:show\n", "show")]
    [InlineData("too many arguments for keyword:show\n", "show", "job", "1", "2")]
    [InlineData("invalid entity:bogus for keyword:show \n", "show", "bogus")]
    [InlineData("invalid keyword: bogus\n", "bogus")]
    [InlineData("too many arguments for keyword:ping\n", "ping", "x")]
    [InlineData("scontrol: error: reboot is not supported yet by this version of Stint\n", "reboot", "n1")]
    [InlineData("scontrol: unrecognized option '--bogus'\nTry \"scontrol --help\" for more information\n", "--bogus")]
    public async Task Errors_are_Slurm_s(string error, params string[] words)
    {
        var run = SampleCluster.Run(new Client.FakeApi().On("/api/v1/jobs", new JobList(SampleCluster.NowMs, [])).On("/api/v1/nodes", new NodeList(SampleCluster.NowMs, SampleCluster.Nodes)).On("/api/v1/partitions", new PartitionList(SampleCluster.NowMs, SampleCluster.Partitions)));
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", words);
        Assert.Equal((error, 1), (run.Error, run.Code));
    }

    [Fact]
    public async Task A_node_in_the_layout_of_26_05()
    {
        NodeView[] nodes = [SampleCluster.Nodes[2] with { State = "MIXED+DRAIN", CpusAllocated = 8, MemoryAllocatedBytes = SampleCluster.Gibi, Reason = "bad fan", ReasonUid = 0, ReasonAtMs = SampleCluster.At("01:18:20") }];
        var run = await SampleCluster.Run(SampleCluster.Api(nodes: nodes)).RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "node", "n1");
        Assert.Equal("""
            NodeName=n1 Arch=x86_64 CoresPerSocket=8 
               CPUAlloc=8 CPUEfctv=16 CPUTot=16 CPULoad=3.10
               AvailableFeatures=(null)
               ActiveFeatures=(null)
               Gres=(null)
               NodeAddr=127.0.0.1 NodeHostName=vm Port=0 Version=0.1.0
               OS=Linux 6.18.44 
               RealMemory=20000 AllocMem=1024 FreeMem=22306 Sockets=2 Boards=1
               State=MIXED+DRAIN ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A
               Partitions=gpu,all 
               BootTime=2026-11-22T00:35:36 SlurmdStartTime=2026-11-22T01:18:11
               LastBusyTime=2026-11-22T01:18:12 ResumeAfterTime=None SuspendTime=INFINITE
               CfgTRES=cpu=16,mem=20000M,billing=16
               AllocTRES=cpu=8,mem=1G
               CurrentWatts=0 AveWatts=0
               Reason=bad fan [root@2026-11-22T01:18:20]


            """, run.Out);
    }

    [Fact]
    public async Task A_partition_in_the_layout_of_26_05() => Assert.Equal("""
        PartitionName=gpu
           AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL
           AllocNodes=ALL Default=YES QoS=N/A
           DefaultTime=01:00:00 DisableRootJobs=NO Exclusive=NO GraceTime=0 Hidden=NO
           MaxNodes=UNLIMITED MaxTime=2-00:00:00 MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED MaxCPUsPerSocket=UNLIMITED
           Nodes=n[1-4]
           PriorityJobFactor=1 PriorityTier=1 RootOnly=NO ReqResv=NO OverSubscribe=NO
           OverTimeLimit=NONE PreemptMode=OFF
           State=UP TotalCPUs=64 TotalNodes=4 SelectTypeParameters=NONE
           JobDefaults=(null)
           DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED
           TRES=cpu=64,mem=80000M,node=4,billing=64


        """, (await Scontrol("sho", "part", "gpu")).Out);

    [Fact]
    public async Task Steps_in_the_layout_of_26_05()
    {
        var job = SampleCluster.Train with { Steps = [SampleCluster.Step("1.batch", "n1", "01:18:20"), SampleCluster.Step("1.0", "n[1-2]", "01:18:21") with { Nodes = 2, Cpus = 12, Tasks = 4, MemoryBytes = 4 * SampleCluster.Gibi }] };
        var run = await With(job).RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "step");
        Assert.Equal("""
            StepId=1.batch UserId=2001 StartTime=2026-11-22T01:18:20 TimeLimit=UNLIMITED
               State=RUNNING Partition=gpu NodeList=n1
               Nodes=1 CPUs=0 Tasks=1 Name=batch Network=(null)
               TRES=(null)
               ResvPorts=(null)
               CPUFreqReq=Default
               SrunHost:Pid=(null):0

            StepId=1.0 UserId=2001 StartTime=2026-11-22T01:18:21 TimeLimit=UNLIMITED
               State=RUNNING Partition=gpu NodeList=n[1-2]
               Nodes=2 CPUs=12 Tasks=4 Name=bash Network=(null)
               TRES=cpu=12,mem=4G,node=2
               ResvPorts=(null)
               CPUFreqReq=Default Dist=Block
               SrunHost:Pid=(null):0


            """, run.Out);
    }

    [Fact]
    public async Task Configuration_prints_Slurm_s_keys_then_ours_then_the_controller()
    {
        var config = new ConfigView(SampleCluster.NowMs, "scout", "vm", new() { ["SlurmctldHost[0]"] = "vm(127.0.0.1)", ["ClusterName"] = "scout", ["AccountingStorageBackupHost"] = "", ["SlurmctldPort"] = "16817" }, new() { ["home"] = "/srv/stint" });
        var run = await SampleCluster.Run(new Client.FakeApi().On("/api/v1/config", config)).RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "config");
        Assert.Equal("""
            Configuration data as of 2026-11-22T01:18:29
            AccountingStorageBackupHost = (null)
            ClusterName             = scout
            SlurmctldHost[0]        = vm(127.0.0.1)
            SlurmctldPort           = 16817

            Stint Configuration:
            home                    = /srv/stint

            Slurmctld(primary) at vm is UP

            """, run.Out);
    }

    [Theory]
    [InlineData("hostnames", "node[001-003,020],gpu7", "node001\nnode002\nnode003\nnode020\ngpu7\n")]
    [InlineData("hostlist", "node001,node002,node003,node010,a1,a3", "node[001-003,010],a[1,3]\n")]
    [InlineData("hostlistsorted", "b2,a1,b1", "a1,b[1-2]\n")]
    public async Task Hostlists_need_no_controller(string kind, string text, string expected)
    {
        var run = await new CommandRun().RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", kind, text);
        Assert.Equal((expected, 0), (run.Out, run.Code));
    }

    [Theory]
    [InlineData("n[3-1]", "scontrol: error: _parse_single_range: Invalid range: `3-1'\nInvalid hostlist: n[3-1]\n")]
    [InlineData("n[1-2]-ib", "Invalid hostlist: n[1-2]-ib\n")]
    public async Task Bad_hostlists(string text, string error)
    {
        var run = await new CommandRun().RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "hostnames", text);
        Assert.Equal((error, 1), (run.Error, run.Code));
    }

    [Fact]
    public async Task Hostnames_without_a_list_take_the_job_s()
    {
        var run = new CommandRun();
        run.Environment["SLURM_JOB_NODELIST"] = "n[1-2]";
        await run.RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "hostnames");
        Assert.Equal("n1\nn2\n", run.Out);
        var none = await new CommandRun().RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", "hostnames");
        Assert.Equal(("scontrol: error: host list is empty\n", 0), (none.Error, none.Code));
    }

    [Fact]
    public async Task Ping_says_up_or_down()
    {
        Assert.Equal("Slurmctld(primary) at vm is UP\n", (await Scontrol("PING")).Out);
        var run = await SampleCluster.Run(new Client.FakeApi().On("/api", _ => new ApiUnreachableException("nobody there", new IOException("x")))).RunAsync(ScontrolCommand.RunAsync, "scontrol", "ping");
        Assert.Matches("^Slurmctld\\(primary\\) at .+ is DOWN\n$", run.Out);
        Assert.Equal(1, run.Code);
    }

    [Theory]
    [InlineData("job", "jobs")]
    [InlineData("node", "nodes")]
    [InlineData("partition", "partitions")]
    public async Task Json_for_each_entity(string entity, string list)
    {
        var run = await With(SampleCluster.Jobs).RunAsync(ScontrolCommand.RunAsync, "scontrol", "show", entity, "--json");
        using var json = JsonDocument.Parse(run.Out);
        Assert.NotEmpty(json.RootElement.GetProperty(list).EnumerateArray());
    }
}
