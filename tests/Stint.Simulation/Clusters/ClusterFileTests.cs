using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Clusters;
using Stint.Server.Simulate.Replay;
using Stint.Server.Simulate.Traces;

namespace Stint.Simulation.Clusters;

public sealed class ClusterFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-cluster-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_description_is_a_configuration_with_nodes()
    {
        var cluster = Read("""
            cluster: lab
            nodes:
              - { name: "n[1-4]", cpus: 16, sockets: 2, threads_per_core: 2, memory: 64G, disk: 1T }
              - name: gpu
                count: 2
                cpus: 32
                memory: 256G
                gpus: a100:4
                features: [nvlink, fast]
                weight: 10
            partitions:
              - { name: main, nodes: "n[1-4]", default: true, max_time: 2d }
              - { name: gpus, nodes: "gpu[1-2]" }
            """);
        Assert.Equal(["n1", "n2", "n3", "n4", "gpu1", "gpu2"], cluster.Nodes.Select(node => node.Name));
        Assert.Equal(new Amount(4 * 16 + 2 * 32, (4 * 64L + 2 * 256L) << 30, 8, 6), cluster.Capacity);
        Assert.Equal((2u, 4u, 2u, 1UL << 40), (cluster.Nodes[0].Hardware.Sockets, cluster.Nodes[0].Hardware.CoresPerSocket, cluster.Nodes[0].Hardware.ThreadsPerCore, cluster.Nodes[0].Hardware.DiskBytes));
        Assert.Equal(("gpu", "a100", 4u), (cluster.Nodes[4].Hardware.Gres[0].Name, cluster.Nodes[4].Hardware.Gres[0].Type, cluster.Nodes[4].Hardware.Gres[0].Count));
        Assert.Equal(["main", "gpus"], cluster.Config.Partitions.Select(p => p.Name));
        Assert.Equal(("lab", 172_800_000), (cluster.Config.Name, cluster.Config.Partitions[0].MaxTimeMs));
        var spec = Assert.Single(cluster.Config.Nodes);
        Assert.Equal(("gpu1,gpu2", 10u, "nvlink,fast"), (spec.Nodes, spec.Weight, string.Join(',', spec.Features)));
        Assert.True(cluster.HasGpuModel("a100") && cluster.HasPartition("gpus") && !cluster.HasPartition("debug"));
    }

    [Theory]
    [InlineData("1: 'nodes' is missing", "cluster: lab\n")]
    [InlineData("2: nodes must be a list", "nodes:\n  n1: 4\n")]
    [InlineData("1: there must be at least one node", "nodes: []\n")]
    [InlineData("2: node 'n1' needs cpus", "nodes:\n  - { name: n1, memory: 1G }\n")]
    [InlineData("2: node 'n1' needs memory", "nodes:\n  - { name: n1, cpus: 4 }\n")]
    [InlineData("3: node 'n1' is there twice", "nodes:\n  - { name: n1, cpus: 4, memory: 1G }\n  - { name: \"n[1-2]\", cpus: 4, memory: 1G }\n")]
    [InlineData("2: unknown key 'cores' of a node", "nodes:\n  - { name: n1, cores: 4, memory: 1G }\n")]
    [InlineData("2: expected a size such as 512M or 4G, not '64'", "nodes:\n  - { name: n1, cpus: 4, memory: 64 }\n")]
    [InlineData("2: expected GPUs such as 4 or a100:4", "nodes:\n  - { name: n1, cpus: 4, memory: 1G, gpus: many }\n")]
    [InlineData("2: 10 cpus are no equal 4 sockets", "nodes:\n  - { name: n1, cpus: 10, sockets: 4, memory: 1G }\n")]
    [InlineData("5: unknown key 'colour'", "nodes:\n  - name: n1\n    cpus: 4\n    memory: 1G\ncolour: red\n")]
    [InlineData("1: write each key of the configuration on a line of its own", "{ nodes: [ { name: n1, cpus: 4, memory: 1G } ] }\n")]
    public void A_mistake_is_named_with_its_line(string expected, string text)
    {
        var path = Write(text, "c.yaml");
        var (cluster, error) = ClusterFile.Read(path);
        Assert.Null(cluster);
        Assert.StartsWith($"{path}:{expected}", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_nodes_in_thousandths_of_processors_is_cut_finer()
    {
        var (cluster, error) = ClusterFile.Read(Write("sn,cpu_milli,memory_mib,gpu,model\na,96000,393216,8,G2\nb,8000,32768,0,\n", "nodes.csv"));
        Assert.Null(error);
        Assert.Equal((960u, 10), (cluster!.Nodes[0].Hardware.Cpus, cluster.PartsPerCpu));
        Assert.Equal(new Amount(104, (393216L + 32768L) << 20, 8, 2), cluster.Capacity);
    }

    [Fact]
    public void A_job_goes_to_the_partition_that_its_trace_names_where_the_cluster_has_it()
    {
        var cluster = Read("""
            nodes:
              - { name: "a[1-2]", cpus: 4, memory: 1G }
              - { name: b1, cpus: 4, memory: 1G }
            partitions:
              - { name: wide, nodes: "a[1-2]", default: true }
              - { name: narrow, nodes: b1 }
            """);
        TraceJob[] trace = [Job(1, "narrow"), Job(2, "narrow"), Job(3, "wide"), Job(4, "gone")];
        var starts = ClusterReplay.Run(trace, cluster, new ReplaySettings { Policy = "fcfs" }).Started.OrderBy(s => s.Job.Id).Select(s => s.Start.Milliseconds / 1000);
        Assert.Equal([0, 100, 0, 0], starts);
    }

    private static TraceJob Job(long id, string partition) => new(id, default, 100_000, 100_000, new Amount(4), "u") { Partition = partition };

    private ClusterDescription Read(string text)
    {
        var (cluster, error) = ClusterFile.Read(Write(text, "c.yaml"));
        Assert.True(cluster is not null, error);
        return cluster;
    }

    private string Write(string text, string name)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
