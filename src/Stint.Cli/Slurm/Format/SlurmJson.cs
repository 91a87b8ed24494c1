using System.Buffers;
using System.Text;
using System.Text.Json;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Format;

/// <summary>JSON as Slurm's data_parser v0.0.45 shapes it: numbers that can be absent or endless, exit codes, and the frame around a list.</summary>
public sealed class SlurmJson
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    public Utf8JsonWriter Writer { get; }

    public SlurmJson() => Writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public void Document(CommandContext context, string cluster, string list, Action rows, Action? after = null)
    {
        Writer.WriteStartObject();
        Writer.WriteStartArray(list);
        rows();
        Writer.WriteEndArray();
        after?.Invoke();
        Meta(context, cluster);
        Writer.WriteStartArray("errors");
        Writer.WriteEndArray();
        Writer.WriteStartArray("warnings");
        Writer.WriteEndArray();
        Writer.WriteEndObject();
        Writer.Flush();
        context.Out.Write(Encoding.UTF8.GetString(_buffer.WrittenSpan));
        context.Out.Write('\n');
    }

    private void Meta(CommandContext context, string cluster)
    {
        string[] release = Options.SlurmVersion.Imitated.Split('.');
        Writer.WriteStartObject("meta");
        Writer.WriteStartObject("plugin");
        Texts("", "type", "name");
        Text("data_parser", "data_parser/v0.0.45");
        Text("accounting_storage", "");
        Writer.WriteEndObject();
        Writer.WriteStartObject("client");
        Text("source", "");
        Text("user", UserLookup.NameOf(context.Uid) ?? context.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Text("group", context.Gid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Writer.WriteEndObject();
        Strings("command", [context.Name, .. context.Arguments]);
        Writer.WriteStartObject("slurm");
        Writer.WriteStartObject("version");
        Text("major", release[0]);
        Text("micro", release[2]);
        Text("minor", release[1]);
        Writer.WriteEndObject();
        Text("release", Options.SlurmVersion.Imitated);
        Text("cluster", cluster);
        Writer.WriteEndObject();
        Writer.WriteEndObject();
    }

    public void Text(string name, string value) => Writer.WriteString(name, value);
    public void Texts(string value, params ReadOnlySpan<string> names) { foreach (string name in names) Writer.WriteString(name, value); }
    public void Infinite(string name) => Number(name, false, true, 0);
    public void Number(string name, long? value) => Number(name, value.HasValue, false, value ?? 0);

    private void Number(string name, bool set, bool infinite, long number)
    {
        Writer.WriteStartObject(name);
        Writer.WriteBoolean("set", set);
        Writer.WriteBoolean("infinite", infinite);
        Writer.WriteNumber("number", number);
        Writer.WriteEndObject();
    }

    public void Strings(string name, params ReadOnlySpan<string> values)
    {
        Writer.WriteStartArray(name);
        foreach (string value in values) Writer.WriteStringValue(value);
        Writer.WriteEndArray();
    }

    public void Range(string name, long minimum, long maximum)
    {
        Writer.WriteStartObject(name);
        Writer.WriteNumber("minimum", minimum);
        Writer.WriteNumber("maximum", maximum);
        Writer.WriteEndObject();
    }

    public void ExitCode(string name, int code, int signal)
    {
        Writer.WriteStartObject(name);
        Strings("status", signal != 0 ? "SIGNALED" : code == 0 ? "SUCCESS" : "ERROR");
        Number("return_code", code);
        Writer.WriteStartObject("signal");
        Number("id", signal == 0 ? null : signal);
        Text("name", signal == 0 ? "" : SignalName.Print(signal));
        Writer.WriteEndObject();
        Writer.WriteEndObject();
    }

    /// <summary>job_resources: what was given on each node; an empty object for a job without an allocation.</summary>
    public void Resources(JobView job)
    {
        Writer.WriteStartObject("job_resources");
        if (job.Shares.Length > 0)
        {
            Strings("select_type", "CR_CORE_MEMORY");
            Writer.WriteStartObject("nodes");
            Writer.WriteNumber("count", job.Shares.Length);
            Strings("select_type", "ONE_ROW");
            Text("list", job.NodeList);
            Writer.WriteBoolean("whole", job.Exclusive);
            Writer.WriteStartArray("allocation");
            for (int i = 0; i < job.Shares.Length; i++) Share(job.Shares[i], i);
            Writer.WriteEndArray();
            Writer.WriteEndObject();
            Writer.WriteNumber("cpus", job.Cpus);
            Number("threads_per_core", null);
        }
        Writer.WriteEndObject();
    }

    private void Share(NodeShareView share, int index)
    {
        Writer.WriteStartObject();
        Writer.WriteNumber("index", index);
        Text("name", share.Node);
        Writer.WriteStartObject("cpus");
        Writer.WriteNumber("count", share.Cpus.Length);
        Writer.WriteNumber("used", share.Cpus.Length);
        Writer.WriteEndObject();
        Writer.WriteStartObject("memory");
        Writer.WriteNumber("used", share.MemoryBytes >> 20);
        Writer.WriteNumber("allocated", share.MemoryBytes >> 20);
        Writer.WriteEndObject();
        Writer.WriteEndObject();
    }
}
