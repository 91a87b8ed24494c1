using System.Globalization;
using System.Text.Json;

namespace Stint.Simulation;

/// <summary>Prints outcomes for people and for programs.</summary>
public static class Report
{
    public static void Table(IReadOnlyList<Outcome> outcomes, TextWriter output)
    {
        output.WriteLine(Line("POLICY", "JOBS", "REFUSED", "AVG_WAIT_S", "MAX_WAIT_S", "SLOWDOWN", "UTIL", "JAIN", "REPLAY_S"));
        foreach (var (policy, m, _, seconds) in outcomes)
        {
            output.WriteLine(Line(policy, Text(m.Jobs, "F0"), Text(m.Refused, "F0"), Text(m.AverageWaitS, "F1"), Text(m.MaxWaitS, "F0"),
                Text(m.AverageBoundedSlowdown, "F2"), Text(m.Utilisation, "F3"), Text(m.Fairness, "F3"), Text(seconds, "F2")));
        }
    }

    public static void Json(IReadOnlyList<Outcome> outcomes, TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (var outcome in outcomes) Write(json, outcome);
            json.WriteEndArray();
        }
        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private static void Write(Utf8JsonWriter json, Outcome outcome)
    {
        var m = outcome.Metrics;
        json.WriteStartObject();
        json.WriteString("policy", outcome.Policy);
        json.WriteNumber("jobs", m.Jobs);
        json.WriteNumber("refused", m.Refused);
        json.WriteNumber("average_wait_s", m.AverageWaitS);
        json.WriteNumber("max_wait_s", m.MaxWaitS);
        json.WriteNumber("average_bounded_slowdown", m.AverageBoundedSlowdown);
        json.WriteNumber("utilisation", m.Utilisation);
        json.WriteNumber("fairness_jain", m.Fairness);
        json.WriteNumber("users", m.Users);
        json.WriteNumber("makespan_s", m.MakespanS);
        json.WriteNumber("rounds", outcome.Result.Rounds);
        json.WriteNumber("replay_s", outcome.ReplayS);
        json.WriteEndObject();
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Line(string policy, params ReadOnlySpan<string> columns)
    {
        var line = policy.PadRight(13);
        foreach (var column in columns) line += column.PadLeft(12);
        return line;
    }
}
