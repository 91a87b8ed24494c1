using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show node --json</c> in the shape of data_parser v0.0.45.</summary>
internal static class NodesJson
{
    public static void Write(CommandContext context, IEnumerable<NodeView> nodes, string cluster)
    {
        var json = new SlurmJson();
        json.Document(context, cluster, "nodes", () =>
        {
            foreach (var node in nodes) Write(json, node);
        });
    }

    private static void Write(SlurmJson json, NodeView node)
    {
        var writer = json.Writer;
        writer.WriteStartObject();
        json.Text("name", node.Name);
        json.Strings("state", NodeRecord.State(node).Split('+'));
        json.Text("hostname", node.Hostname);
        json.Text("address", node.Address);
        json.Text("architecture", node.Version.Length > 0 ? "x86_64" : "");
        json.Text("operating_system", node.Os);
        json.Text("version", node.Version);
        json.Strings("partitions", node.Partitions);
        writer.WriteNumber("cpus", node.Cpus);
        writer.WriteNumber("effective_cpus", node.Cpus);
        writer.WriteNumber("alloc_cpus", node.CpusAllocated);
        writer.WriteNumber("alloc_idle_cpus", (long)node.Cpus - node.CpusAllocated);
        writer.WriteNumber("boards", 1);
        writer.WriteNumber("sockets", node.Sockets);
        writer.WriteNumber("cores", node.CoresPerSocket);
        writer.WriteNumber("threads", node.ThreadsPerCore);
        writer.WriteNumber("cpu_load", (long)(node.Load * 100));
        writer.WriteNumber("real_memory", node.MemoryBytes >> 20);
        writer.WriteNumber("alloc_memory", node.MemoryAllocatedBytes >> 20);
        json.Number("free_mem", node.MemoryFreeBytes == 0 ? null : (long)(node.MemoryFreeBytes >> 20));
        writer.WriteNumber("temporary_disk", node.DiskBytes >> 20);
        writer.WriteNumber("weight", node.Weight);
        writer.WriteNumber("port", 0);
        json.Text("gres", node.Gres.Length > 0 ? node.Gres : node.Gpus > 0 ? $"gpu:{node.Gpus}" : "");
        json.Text("gres_used", node.GresUsed);
        json.Text("gres_drained", "N/A");
        json.Text("tres", $"cpu={node.Cpus},mem={node.MemoryBytes >> 20}M,billing={node.Cpus}");
        json.Text("tres_used", node.CpusAllocated == 0 ? "" : $"cpu={node.CpusAllocated},mem={node.MemoryAllocatedBytes >> 20}M");
        json.Text("reason", node.Reason);
        json.Number("reason_changed_at", node.ReasonAtMs / 1000);
        json.Text("reason_set_by_user", node.Reason.Length > 0 ? UserLookup.NameOf(node.ReasonUid) ?? "" : "");
        json.Number("boot_time", node.BootMs / 1000);
        json.Number("slurmd_start_time", node.AgentStartMs / 1000);
        json.Number("last_busy", node.LastBusyMs / 1000);
        json.Strings("features");
        json.Strings("active_features");
        json.Texts("", "burstbuffer_network_address", "cluster_name", "comment", "extra", "gpu_spec", "gres_used", "instance_id", "instance_type", "mcs_label", "owner", "reservation", "specialized_cpus", "topology");
        writer.WriteEndObject();
    }
}
