using System.Text;
using System.Text.Json;
using Stint.Server.Simulate.Clusters;

namespace Stint.Server.Simulate.Reports;

/// <summary>Outcomes for programs. Names and meanings stay; new ones may come.</summary>
public static class JsonReport
{
    private static readonly JsonWriterOptions Layout = new() { Indented = true, NewLine = "\n" };

    public static void Write(SimulateOptions options, ClusterDescription cluster, IReadOnlyList<Outcome> outcomes, TextWriter output) =>
        Document(options, cluster, output, json =>
        {
            foreach (var outcome in outcomes) Policy(json, outcome);
        });

    public static void Write(SimulateOptions options, ClusterDescription cluster, IReadOnlyList<FillOutcome> outcomes, TextWriter output) =>
        Document(options, cluster, output, json =>
        {
            foreach (var (policy, result, seconds) in outcomes)
            {
                json.WriteStartObject();
                json.WriteString("policy", policy);
                json.WriteNumber("gpus_arrived", result.ArrivedMilli / 1000.0);
                json.WriteNumber("gpus_allocated", result.AllocatedMilli / 1000.0);
                json.WriteNumber("gpu_allocation", result.Allocation);
                json.WriteNumber("placed", result.Placed);
                json.WriteNumber("dropped", result.Dropped);
                json.WriteNumber("replay_s", seconds);
                json.WriteEndObject();
            }
        });

    private static void Document(SimulateOptions options, ClusterDescription cluster, TextWriter output, Action<Utf8JsonWriter> policies)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Layout))
        {
            var capacity = cluster.Capacity;
            json.WriteStartObject();
            json.WriteString("trace", options.Trace);
            json.WriteString("mode", options.Fill ? "fill" : "replay");
            json.WriteString("estimates", options.ExactEstimates ? "exact" : "requested");
            json.WriteBoolean("predict", options.Predict);
            json.WriteNumber("arrivals", options.Arrivals);
            json.WriteNumber("seed", options.Seed);
            json.WriteStartObject("cluster");
            json.WriteString("name", cluster.Name);
            json.WriteNumber("nodes", cluster.Nodes.Count);
            json.WriteNumber("cpus", capacity.Cpus);
            json.WriteNumber("gpus", capacity.Gpus);
            json.WriteEndObject();
            json.WriteStartArray("policies");
            policies(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private static void Policy(Utf8JsonWriter json, Outcome outcome)
    {
        var m = outcome.Metrics;
        json.WriteStartObject();
        json.WriteString("policy", outcome.Policy);
        json.WriteNumber("jobs", m.Jobs);
        json.WriteNumber("refused", m.Refused);
        json.WriteNumber("restarts", outcome.Result.Restarts);
        json.WriteNumber("average_wait_s", m.AverageWaitS);
        json.WriteNumber("max_wait_s", m.MaxWaitS);
        json.WriteNumber("average_bounded_slowdown", m.AverageBoundedSlowdown);
        json.WriteNumber("utilisation", m.Utilisation);
        json.WriteNumber("gpu_allocation", m.GpuAllocation);
        json.WriteNumber("fairness_jain", m.Fairness);
        json.WriteNumber("users", m.Users);
        json.WriteNumber("makespan_s", m.MakespanS);
        json.WriteNumber("rounds", outcome.Result.Rounds);
        json.WriteNumber("replay_s", outcome.ReplayS);
        json.WriteEndObject();
    }
}
