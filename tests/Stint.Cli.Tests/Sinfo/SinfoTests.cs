using System.Text.Json;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Sinfo;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Sinfo;

public class SinfoTests
{
    /// <summary>The sample after some hours: c2 is full, n1 partly used, n2 draining, n3 and n4 silent.</summary>
    private static readonly NodeView[] Busy = [.. SampleCluster.Nodes.Select(node => node.Name switch
    {
        "c2" => node with { State = "ALLOCATED", CpusAllocated = 2, MemoryAllocatedBytes = 32 * SampleCluster.Mebi },
        "n1" => node with { State = "MIXED", CpusAllocated = 9, MemoryAllocatedBytes = 2 * SampleCluster.Gibi },
        "n2" => node with { State = "MIXED+DRAIN", CpusAllocated = 3, Reason = "bad fan in the second chassis", ReasonUid = 0, ReasonAtMs = SampleCluster.At("01:18:20") },
        "n3" or "n4" => node with { State = "UNKNOWN*", Version = "", MemoryFreeBytes = 0 },
        _ => node,
    })];

    private static Task<CommandRun> Sinfo(params string[] arguments) => SampleCluster.Run().RunAsync(SinfoCommand.RunAsync, "sinfo", arguments);
    private static Task<CommandRun> BusySinfo(params string[] arguments) => SampleCluster.Run(SampleCluster.Api(nodes: Busy)).RunAsync(SinfoCommand.RunAsync, "sinfo", arguments);

    [Fact]
    public async Task The_default_list_groups_nodes_by_partition_and_state() => Assert.Equal(SampleCluster.Lines("""
        PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
        gpu*         up 2-00:00:00      4   idle n[1-4]
        cpu          up 7-00:00:00      2   idle c[2,16]
        all          up   infinite      6   idle c[2,16],n[1-4]
        """), (await Sinfo()).Out);

    [Fact]
    public async Task States_are_in_falling_order_of_their_weight() => Assert.Equal(SampleCluster.Lines("""
        PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
        gpu*         up 2-00:00:00      2   unk* n[3-4]
        gpu*         up 2-00:00:00      1   drng n2
        gpu*         up 2-00:00:00      1    mix n1
        cpu          up 7-00:00:00      1  alloc c2
        cpu          up 7-00:00:00      1   idle c16
        """), (await BusySinfo("-p", "gpu,cpu")).Out);

    [Fact]
    public async Task A_line_for_each_node() => Assert.Equal(SampleCluster.Lines("""
        NODELIST   NODES PARTITION STATE 
        c2             1       cpu alloc 
        c16            1       cpu idle  
        n1             1      gpu* mix   
        n2             1      gpu* drng  
        n3             1      gpu* unk*  
        n4             1      gpu* unk*  
        """), (await BusySinfo("-N", "-p", "gpu,cpu")).Out);

    [Fact]
    public async Task A_long_line_for_each_node() => Assert.Equal(SampleCluster.Lines("""
        Sun Nov 22 01:18:29 2026
        NODELIST   NODES PARTITION       STATE CPUS    S:C:T MEMORY TMP_DISK WEIGHT AVAIL_FE REASON              
        c2             1       cpu   allocated 2       1:2:1  20000        0      1   (null) none                
        c16            1       cpu        idle 16     1:16:1  20000        0      1   (null) none                
        n1             1      gpu*       mixed 16      2:8:1  20000        0      1   (null) none                
        n2             1      gpu*    draining 16      2:8:1  20000        0      1   (null) bad fan in the secon
        n3             1      gpu*    unknown* 16      2:8:1  20000        0      1   (null) none                
        n4             1      gpu*    unknown* 16      2:8:1  20000        0      1   (null) none                
        """), (await BusySinfo("-N", "-l", "-p", "gpu,cpu")).Out);

    [Fact]
    public async Task The_long_list_has_the_reservation_column_of_26_05() => Assert.Equal(SampleCluster.Lines("""
        Sun Nov 22 01:18:29 2026
        PARTITION AVAIL  TIMELIMIT   JOB_SIZE ROOT OVERSUBS     GROUPS  NODES       STATE RESERVATION NODELIST
        gpu*         up 2-00:00:00 1-infinite   no       NO        all      4        idle             n[1-4]
        """), (await Sinfo("-l", "-p", "gpu")).Out);

    [Fact]
    public async Task The_summary_counts_a_draining_node_as_allocated() => Assert.Equal(SampleCluster.Lines("""
        PARTITION AVAIL  TIMELIMIT   NODES(A/I/O/T) NODELIST
        gpu*         up 2-00:00:00          2/2/0/4 n[1-4]
        cpu          up 7-00:00:00          1/1/0/2 c[2,16]
        all          up   infinite          3/3/0/6 c[2,16],n[1-4]
        """), (await BusySinfo("-s")).Out);

    [Fact]
    public async Task Reasons_name_user_and_time()
    {
        Assert.Equal(SampleCluster.Lines("""
            REASON               USER      TIMESTAMP           NODELIST
            bad fan in the secon root      2026-11-22T01:18:20 n2
            """), (await BusySinfo("-R", "-p", "gpu")).Out);
        Assert.Equal(SampleCluster.Lines("""
            Sun Nov 22 01:18:29 2026
            REASON               USER         TIMESTAMP           STATE  NODELIST
            bad fan in the secon root(0)      2026-11-22T01:18:20 drng   n2
            """), (await BusySinfo("-R", "-l", "-p", "gpu")).Out);
        Assert.Equal("REASON               USER      TIMESTAMP           NODELIST\n", (await Sinfo("-R")).Out);
    }

    [Theory]
    [InlineData("%D", "6")]
    [InlineData("%D %c %z", "6 2+ 1+:2+:1")]
    [InlineData("%t %D %C", "unk* 2 0/32/0/32\ndrng 1 3/0/13/16\nmix 1 9/7/0/16\nalloc 1 2/0/0/2\nidle 1 0/16/0/16")]
    [InlineData("%D %C %F %A", "6 14/55/13/82 3/3/0/6 3/3")]
    [InlineData("%e %O", "22306-N/A 3.10-N/A")]
    [InlineData("%P|%R|%a|%l|%L|%M", "gpu*|gpu|up|2-00:00:00|1:00:00|OFF\ncpu|cpu|up|7-00:00:00|n/a|OFF\nall|all|up|infinite|n/a|OFF")]
    public async Task Only_what_is_printed_separates_lines(string format, string expected) => Assert.Equal(expected + "\n", (await BusySinfo("-h", "-o", format)).Out);

    [Fact]
    public async Task Exact_separates_by_size() => Assert.Equal("4 16\n1 2\n1 16\n".Split('\n').Order(), (await Sinfo("-h", "-e", "-o", "%D %c %z", "-S", "P")).Out.Replace(" 2:8:1", "").Replace(" 1:2:1", "").Replace(" 1:16:1", "").Split('\n').Order());

    [Fact]
    public async Task All_letters_end_as_Slurm_ends_them() => Assert.Equal(
        "up|(null)|16|0|22306|(null)|all|NO||2-00:00:00|20000|vm|127.0.0.1|1|no|1-infinite|mix|Unknown|0.1.0|1|2:8:1|1/0 |UNLIMITED |9/7/0/16 |1 |none |1/0/0/1 |(null) |Unknown |1 |1:00:00 |OFF |n1 |3.10 |gpu* |gpu |all |mixed |Unknown |N/A |2 |8 |1 \n",
        (await BusySinfo("-h", "-n", "n1", "-p", "gpu", "-o", "%all")).Out);

    [Fact]
    public async Task Headings_of_all_letters_are_Slurm_s() => Assert.Equal(
        "AVAIL|ACTIVE_FEATURES|CPUS|TMP_DISK|FREE_MEM|AVAIL_FEATURES|GROUPS|OVERSUBSCRIBE|RESERVATION|TIMELIMIT|MEMORY|HOSTNAMES|NODE_ADDR|PRIO_TIER|ROOT|JOB_SIZE|STATE|USER|VERSION|WEIGHT|S:C:T|NODES(A/I) |MAX_CPUS_PER_NODE |CPUS(A/I/O/T) |NODES |REASON |NODES(A/I/O/T) |GRES |TIMESTAMP |PRIO_JOB_FACTOR |DEFAULTTIME |PREEMPT_MODE |NODELIST |CPU_LOAD |PARTITION |PARTITION |ALLOCNODES |STATE |USER |CLUSTER |SOCKETS |CORES |THREADS ",
        (await Sinfo("-o", "%all")).Out.Split('\n')[0]);

    [Fact]
    public async Task Names_choose_columns() => Assert.Equal(SampleCluster.Lines("""
        PARTITION           NODELIST            GRES_USED                     CPUS(A/I/O/T)       STATE               MEMORY              ALLOCMEM            FREE_MEM            
        gpu*                n[1-4]              gpu:0                         0/64/0/64           idle                20000               0                   22306               
        cpu                 c[2,16]             gpu:0                         0/18/0/18           idle                20000               0                   22306               
        """), (await Sinfo("-p", "gpu,cpu", "-O", "Partition,NodeList,GresUsed:30,CPUsState,StateLong,Memory,AllocMem,FreeMem")).Out);

    [Fact]
    public async Task Every_named_field_prints_a_heading_and_a_value()
    {
        var names = NodeFields.Table.All.Select(field => field.Names[0]).ToList();
        Assert.True(names.Count >= 45);
        var run = await BusySinfo("-n", "n2", "-p", "gpu", "-O", string.Join(',', names.Select(name => name + ":|")));
        string[] lines = run.Out.Split('\n');
        Assert.Equal("", run.Error);
        Assert.Equal((names.Count, names.Count), (lines[0].Count(c => c == '|'), lines[1].Count(c => c == '|')));
        Assert.Contains("|mixed+drain|", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Partitions_without_matching_nodes_stay_with_zero() => Assert.Equal(SampleCluster.Lines("""
        PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
        gpu*         up 2-00:00:00      0    n/a 
        cpu          up 7-00:00:00      1   idle c16
        all          up   infinite      1   idle c16
        """), (await BusySinfo("-t", "idle")).Out);

    [Fact]
    public async Task Such_a_partition_prints_empty_values() => Assert.Equal("cpu|0|n/a|n/a|0/0/0/0|0/0/0/0|0|0|0:0:0|none||(null)|0.00|0|(null)|Unknown|Unknown||\n",
        (await Sinfo("-h", "-p", "cpu", "-n", "n1", "-o", "%P|%D|%t|%T|%C|%F|%c|%m|%z|%E|%n|%f|%O|%e|%G|%u|%H|%N|")).Out);

    [Theory]
    [InlineData("drain", "n2")]
    [InlineData("draining", "n2")]
    [InlineData("drained", "")]
    [InlineData("mix", "n[1-2]")]
    [InlineData("mix&drain", "n2")]
    [InlineData("unk,alloc", "c2,n[3-4]")]
    public async Task States_filter_nodes(string states, string nodes) => Assert.Equal(nodes, (await BusySinfo("-h", "-t", states, "-p", "all", "-o", "%N")).Out.TrimEnd('\n'));

    [Fact]
    public async Task Silent_and_answering_nodes()
    {
        Assert.Equal("n[3-4]\n", (await BusySinfo("-h", "-d", "-p", "all", "-o", "%N")).Out);
        Assert.Equal("c[2,16],n[1-2]\n", (await BusySinfo("-h", "-r", "-p", "all", "-o", "%N")).Out);
    }

    [Fact]
    public async Task Errors_are_Slurm_s()
    {
        var state = await Sinfo("-t", "bogus");
        Assert.StartsWith("sinfo: error: Bad state string: \"bogus\"\nsinfo: error: valid states: unknown,down,idle,", state.Error, StringComparison.Ordinal);
        Assert.Equal(1, state.Code);
        Assert.Equal("Invalid node format specification: j\n", (await Sinfo("-h", "-o", "%j")).Error);
        Assert.Equal("sinfo: error: Error: invalid entry for --iterate=x\n", (await Sinfo("-i", "x")).Error);
        var api = new Client.FakeApi().On("/api", _ => new ApiUnreachableException("x", new IOException("x")));
        var away = await SampleCluster.Run(api).RunAsync(SinfoCommand.RunAsync, "sinfo");
        Assert.Equal(("slurm_load_partitions: Unable to contact slurm controller (connect failure)\nsinfo: x\n", 1), (away.Error, away.Code));
    }

    [Fact]
    public async Task A_long_node_name_widens_its_column()
    {
        NodeView[] nodes = [SampleCluster.Node("averylongnodename1", 1, 2, "DOWN", "gpu")];
        var run = await SampleCluster.Run(SampleCluster.Api(nodes: nodes)).RunAsync(SinfoCommand.RunAsync, "sinfo", "-N");
        Assert.Equal("NODELIST            NODES PARTITION STATE \naverylongnodename1      1      gpu* down  \n", run.Out);
    }

    [Fact]
    public async Task Json_has_an_entry_for_each_partition_and_state()
    {
        using var json = JsonDocument.Parse((await BusySinfo("--json", "-p", "gpu")).Out);
        var entries = json.RootElement.GetProperty("sinfo").EnumerateArray().ToList();
        Assert.Equal(3, entries.Count);
        var drained = Assert.Single(entries, entry => entry.GetProperty("reason").GetProperty("description").GetString() != "");
        Assert.Equal(["MIXED", "DRAIN"], drained.GetProperty("node").GetProperty("state").EnumerateArray().Select(state => state.GetString()));
        Assert.Equal("gpu", drained.GetProperty("partition").GetProperty("name").GetString());
    }
}
