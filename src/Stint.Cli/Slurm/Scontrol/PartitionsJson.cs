using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary>Partitions in the shape of data_parser v0.0.45: <c>scontrol show partition --json</c>, and inside <c>sinfo --json</c>.</summary>
internal static class PartitionsJson
{
    public static void Write(CommandContext context, IEnumerable<PartitionView> partitions, string cluster)
    {
        var json = new SlurmJson();
        json.Document(context, cluster, "partitions", () =>
        {
            foreach (var partition in partitions)
            {
                json.Writer.WriteStartObject();
                WriteMembers(json, partition);
                json.Writer.WriteEndObject();
            }
        });
    }

    public static void WriteMembers(SlurmJson json, PartitionView partition)
    {
        var writer = json.Writer;
        json.Text("name", partition.Name);
        Object("nodes", () => { json.Texts("", "allowed_allocation"); json.Text("configured", partition.NodeList); writer.WriteNumber("total", partition.TotalNodes); });
        Object("accounts", () => json.Texts("", "allowed", "deny"));
        Object("groups", () => json.Texts("", "allowed"));
        Object("qos", () => json.Texts("", "allowed", "deny", "assigned"));
        json.Texts("", "alternate", "cluster", "node_sets", "topology");
        Object("tres", () => { json.Text("billing_weights", ""); json.Text("configured", Tres.Text(partition.TotalCpus, partition.TotalMemoryBytes, partition.TotalNodes, partition.TotalCpus)); });
        json.Strings("select_type", "NONE");
        Object("cpus", () => { json.Strings("task_binding"); writer.WriteNumber("total", partition.TotalCpus); });
        Object("defaults", () =>
        {
            writer.WriteNumber("memory_per_cpu", 0);
            json.Number("time", partition.DefaultTimeMs == 0 ? null : partition.DefaultTimeMs / 60_000);
            json.Text("job", "");
        });
        json.Strings("flags", partition.IsDefault ? ["DEFAULT"] : []);
        Object("partition", () => { json.Text("exclusive", "NO"); json.Text("oversubscribe", "NO"); json.Strings("state", partition.State); });
        writer.WriteNumber("grace_time", 0);
        Object("maximums", () =>
        {
            json.Infinite("cpus_per_node");
            json.Infinite("cpus_per_socket");
            writer.WriteNumber("memory_per_cpu", 0);
            json.Infinite("nodes");
            if (partition.MaxTimeMs == 0) json.Infinite("time"); else json.Number("time", partition.MaxTimeMs / 60_000);
        });
        Object("minimums", () => writer.WriteNumber("nodes", 0));
        json.Strings("preempt_mode", "CLUSTER_GLOBAL");
        Object("priority", () => { writer.WriteNumber("job_factor", 1); writer.WriteNumber("tier", 1); });
        return;

        void Object(string name, Action members) { writer.WriteStartObject(name); members(); writer.WriteEndObject(); }
    }
}
