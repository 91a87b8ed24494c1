using System.Text;
using Stint.Protocol.Api;

namespace Stint.Cli.Client;

/// <summary>
/// The one request whose speed is a promise, written and read without System.Text.Json: that costs 45 ms of just-in-time compilation in
/// a process that lives for 40. A test compares the text with the serializer's, property by property.
/// </summary>
internal static class SubmitJson
{
    public static byte[] Write(SubmitRequest request)
    {
        var json = new JsonText(request.Script.Length * 4 / 3 + request.Environment.Length * 4 / 3 + 4096);
        Append(json, request);
        return json.ToArray();
    }

    private static void Append(JsonText json, SubmitRequest r)
    {
        json.Open();
        json.Text("name", r.Name).Text("partition", r.Partition).Text("account", r.Account);
        json.Number("nodesMin", r.NodesMin).Number("nodesMax", r.NodesMax);
        if (r.Tasks is { } tasks) json.Number("tasks", tasks);
        if (r.TasksPerNode is { } perNode) json.Number("tasksPerNode", perNode);
        json.Number("cpusPerTask", r.CpusPerTask);
        if (r.MemoryPerNodeBytes is { } node) json.Number("memoryPerNodeBytes", node);
        if (r.MemoryPerCpuBytes is { } cpu) json.Number("memoryPerCpuBytes", cpu);
        if (r.TimeLimitMs is { } limit) json.Signed("timeLimitMs", limit);
        json.Signed("beginMs", r.BeginMs).Flag("held", r.Held).Flag("isBatch", r.IsBatch);
        json.Text("array", r.Array).Text("dependency", r.Dependency);
        if (r.Requeue is { } requeue) json.Flag("requeue", requeue);
        json.Signed("nice", r.Nice).Text("workDir", r.WorkDir).Text("stdOut", r.StdOut).Text("stdErr", r.StdErr).Text("stdIn", r.StdIn);
        json.Flag("appendOutput", r.AppendOutput).Text("command", r.Command).Text("submitLine", r.SubmitLine).Text("submitHost", r.SubmitHost);
        json.Text("comment", r.Comment).Flag("exclusive", r.Exclusive).Text("nodeList", r.NodeList).Text("excludeList", r.ExcludeList);
        json.Text("clientToken", r.ClientToken).Text("signal", r.Signal);
        json.Bytes("script", r.Script).ByteArrays("arguments", r.Arguments).Bytes("environment", r.Environment).Number("umask", r.Umask);
        if (r.Rlimits is { } limits)
        {
            json.Name("rlimits").Open();
            foreach (var (name, soft) in limits) json.Number(name, soft);
            json.Close();
        }
        json.Flag("testOnly", r.TestOnly);
        AppendResources(json, r);
        AppendPolicy(json, r);
        if (r.Components is { } components)
        {
            json.Name("components").OpenList();
            for (int i = 0; i < components.Length; i++)
            {
                if (i > 0) json.NextItem();
                Append(json, components[i]);
            }
            json.CloseList();
        }
        json.Close();
    }

    private static void AppendResources(JsonText json, SubmitRequest r)
    {
        json.Flag("nodesAsked", r.NodesAsked).Text("constraint", r.Constraint).Text("prefer", r.Prefer).Text("gres", r.Gres);
        json.Text("gpus", r.Gpus).Text("gpusPerNode", r.GpusPerNode).Text("gpusPerTask", r.GpusPerTask).Text("gpusPerSocket", r.GpusPerSocket);
        json.Text("gpuBind", r.GpuBind).Text("gresFlags", r.GresFlags);
        if (r.MemoryPerGpuBytes is { } perGpu) json.Number("memoryPerGpuBytes", perGpu);
        json.Number("cpusPerGpu", r.CpusPerGpu).Number("cpuMilli", r.CpuMilli).Number("tasksPerGpu", r.TasksPerGpu).Number("diskBytes", r.DiskBytes);
        json.Number("threadsPerCore", r.ThreadsPerCore).Number("socketsPerNode", r.SocketsPerNode).Number("coresPerSocket", r.CoresPerSocket);
        json.Number("tasksPerCore", r.TasksPerCore).Number("tasksPerSocket", r.TasksPerSocket).Flag("oneThreadPerTask", r.OneThreadPerTask);
        if (r.CoreSpec is { } cores) json.Number("coreSpec", cores);
        if (r.ThreadSpec is { } threads) json.Number("threadSpec", threads);
        json.Number("cpusPerNodeMin", r.CpusPerNodeMin).Text("sharing", r.Sharing).Flag("contiguous", r.Contiguous).Flag("spread", r.Spread).Flag("useMinNodes", r.UseMinNodes);
        json.Number("switchesMax", r.SwitchesMax).Signed("switchesWaitMs", r.SwitchesWaitMs).Number("segment", r.Segment).Text("distribution", r.Distribution);
        json.Text("limitPolicy", r.LimitPolicy);
        if (r.Ranges is { } ranges) AppendRanges(json, ranges);
    }

    private static void AppendPolicy(JsonText json, SubmitRequest r)
    {
        json.Text("qos", r.Qos).Text("reservation", r.Reservation).Text("wckey", r.Wckey).Text("licenses", r.Licenses);
        json.Signed("deadlineMs", r.DeadlineMs).Signed("timeMinMs", r.TimeMinMs);
        if (r.Priority is { } priority) json.Number("priority", priority);
        json.Flag("noKill", r.NoKill).Flag("reboot", r.Reboot);
        if (r.KillOnInvalidDependency is { } kill) json.Flag("killOnInvalidDependency", kill);
        json.Text("mailType", r.MailType).Text("mailUser", r.MailUser);
    }

    private static void AppendRanges(JsonText json, ResourceRangesRequest r)
    {
        json.Name("ranges").Open();
        json.Number("cpusMin", r.CpusMin).Number("cpusMax", r.CpusMax).Number("memoryMinBytes", r.MemoryMinBytes).Number("memoryMaxBytes", r.MemoryMaxBytes);
        json.Number("diskMinBytes", r.DiskMinBytes).Number("diskMaxBytes", r.DiskMaxBytes).Text("gpuVendor", r.GpuVendor).Texts("gpuNames", r.GpuNames);
        json.Number("gpusMin", r.GpusMin).Number("gpusMax", r.GpusMax).Number("gpuMemoryMinBytes", r.GpuMemoryMinBytes).Number("gpuMemoryMaxBytes", r.GpuMemoryMaxBytes);
        json.Number("gpuTotalMemoryMinBytes", r.GpuTotalMemoryMinBytes).Number("gpuTotalMemoryMaxBytes", r.GpuTotalMemoryMaxBytes);
        json.Close();
    }

    /// <summary>Reads what our server writes for an accepted job; anything else is left to the serializer.</summary>
    public static SubmitResponse? TryRead(ReadOnlySpan<byte> text)
    {
        var head = "{\"jobId\":"u8;
        if (!text.StartsWith(head)) return null;
        text = text[head.Length..];
        uint id = 0;
        int digits = 0;
        for (; digits < text.Length && digits < 9 && text[digits] is >= (byte)'0' and <= (byte)'9'; digits++) id = id * 10 + (uint)(text[digits] - '0');
        return digits > 0 && text[digits..].SequenceEqual(",\"message\":\"\"}"u8) ? new SubmitResponse(id) : null;
    }

    /// <summary>Appends JSON to a growing buffer.</summary>
    private sealed class JsonText(int capacity)
    {
        private byte[] _buffer = new byte[capacity];
        private int _length;
        private bool _first = true;

        public JsonText Open() { Byte('{'); _first = true; return this; }
        public JsonText Close() { Byte('}'); _first = false; return this; }
        public byte[] ToArray() => _buffer[.._length];
        public void OpenList() => Byte('[');
        public void CloseList() { Byte(']'); _first = false; }
        public void NextItem() => Byte(',');

        public JsonText Name(string name)
        {
            if (!_first) Byte(',');
            _first = false;
            Quoted(name);
            Byte(':');
            return this;
        }

        public JsonText Text(string name, string? value)
        {
            if (value is null) return this;
            Name(name);
            Quoted(value);
            return this;
        }

        public JsonText Number(string name, ulong value) { Name(name); Ascii(value.ToString()); return this; }
        public JsonText Signed(string name, long value) { Name(name); Ascii(value.ToString(System.Globalization.CultureInfo.InvariantCulture)); return this; }
        public JsonText Flag(string name, bool value) { Name(name); Ascii(value ? "true" : "false"); return this; }
        public JsonText Bytes(string name, byte[] value) { Name(name); Base64(value); return this; }

        public JsonText ByteArrays(string name, byte[][] values)
        {
            Name(name);
            Byte('[');
            for (int i = 0; i < values.Length; i++)
            {
                if (i > 0) Byte(',');
                Base64(values[i]);
            }
            Byte(']');
            return this;
        }

        public void Texts(string name, string[] values)
        {
            Name(name);
            OpenList();
            for (int i = 0; i < values.Length; i++)
            {
                if (i > 0) NextItem();
                Quoted(values[i]);
            }
            CloseList();
        }

        private void Base64(byte[] value) { Byte('"'); Ascii(Convert.ToBase64String(value)); Byte('"'); }

        private void Quoted(string value)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(value);
            Reserve(utf8.Length * 6 + 2);
            Byte('"');
            foreach (byte b in utf8)
            {
                if (b is (byte)'"' or (byte)'\\') { Byte('\\'); Byte((char)b); }
                else if (b < 0x20) { Ascii("\\u00"); Byte(Hex(b >> 4)); Byte(Hex(b & 15)); }
                else Byte((char)b);
            }
            Byte('"');
        }

        private static char Hex(int digit) => (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);

        private void Ascii(string text)
        {
            Reserve(text.Length);
            _length += Encoding.ASCII.GetBytes(text, 0, text.Length, _buffer, _length);
        }

        private void Byte(char c)
        {
            Reserve(1);
            _buffer[_length++] = (byte)c;
        }

        private void Reserve(int more)
        {
            if (_buffer.Length - _length < more) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
        }
    }
}
