using System.Buffers.Binary;
using System.Text;

namespace Stint.Agent.Launch;

internal enum StreamKind : uint { Null, File, Pipe, Terminal, Same }
internal enum SignalScope : uint { Group, Tasks, FirstTask }

[Flags]
internal enum ExitFlags : uint { None = 0, OverLimit = 1, Ordered = 2, Killed = 4, NotStarted = 8 }

/// <param name="Same">With <see cref="StreamKind.Same"/>: the stream (task index * 3 + stream) whose descriptor is shared.</param>
internal sealed record StreamPlan(StreamKind Kind, uint Same = 0, string Path = "");

internal sealed record TaskPlan(uint Id, StreamPlan Input, StreamPlan Output, StreamPlan Error, IReadOnlyList<byte[]> Environment)
{
    public TaskBounds Bounds { get; init; } = TaskBounds.None;
}

/// <summary>What a task binds itself to before its program begins, and the lines that say it (a head that is empty says nothing).</summary>
/// <param name="Cpus">Bit i is the kernel's cpu i; empty: not bound.</param>
/// <param name="Policy">Of set_mempolicy(2); 0: none.</param>
internal sealed record TaskBounds(byte[] Cpus, uint Policy, byte[] Nodes, string CpuHead = "", string CpuTail = "", string MemHead = "", string MemTail = "", string GpuLine = "")
{
    public static readonly TaskBounds None = new([], 0, []);
}

/// <summary>A binding as the task read it back from the kernel.</summary>
internal sealed record ReadBounds(byte[] Cpus, uint Policy, byte[] Nodes);

/// <summary>All that a shepherd is told before it starts; durations in milliseconds, 0 where there is none.</summary>
internal sealed record ShepherdRequest
{
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    public IReadOnlyList<uint> Groups { get; init; } = [];
    public uint Umask { get; init; } = 0b000_010_010;
    public bool Append { get; init; }
    public ulong LimitMs { get; init; }
    public ulong GraceMs { get; init; }
    public ulong WarnBeforeMs { get; init; }
    public uint WarnSignal { get; init; }
    public SignalScope WarnScope { get; init; }
    public uint Rows { get; init; }
    public uint Columns { get; init; }
    public string WorkDir { get; init; } = "/";
    public string ExecErrorPrefix { get; init; } = "";
    public string LimitLineHead { get; init; } = "";
    public string LimitLineTail { get; init; } = "";
    public IReadOnlyList<(uint Resource, ulong Soft)> Rlimits { get; init; } = [];
    public IReadOnlyList<string> ProcsFiles { get; init; } = [];
    public required IReadOnlyList<byte[]> Arguments { get; init; }
    public IReadOnlyList<byte[]> Environment { get; init; } = [];
    public required IReadOnlyList<TaskPlan> Tasks { get; init; }
}

internal sealed record TaskRecord(uint Id, uint Pid, int WaitStatus, int ExecErrno, ulong UserUs, ulong SystemUs, ulong MaxRssKiB)
{
    public int Signal => WaitStatus & 0x7f;
    public int ExitCode => Signal == 0 ? (WaitStatus >> 8) & 0xff : 0;
    public bool CoreDumped => (WaitStatus & 0x80) != 0 && Signal != 0;
}

/// <summary>What a shepherd leaves behind. <paramref name="Stage"/>, errno and path are those of a failure to start.</summary>
internal sealed record ExitRecord(ExitFlags Flags, long StartMs, long EndMs, string Stage, int Errno, string Path, IReadOnlyList<TaskRecord> Tasks);

/// <summary>
/// The C side's layouts (native/shepherd/wire.h has the table), both directions in one place. All numbers little endian,
/// strings with their length in front and one NUL behind.
/// </summary>
internal static class ShepherdWire
{
    public const uint RequestMagic = 0x51525453, RecordMagic = 0x52585453, Version = 1, RequestVersion = 3;
    public const uint Started = 1, Streams = 2, Exited = 3, LimitPassed = 4;
    public const int TasksMax = 512, RequestBytesMax = 32 << 20, MessageBytesMax = 160 << 10, DescriptorsMax = 252;

    public static byte[] Encode(ShepherdRequest r)
    {
        var w = new Writer();
        w.U32(RequestMagic).U32(RequestVersion).U32(r.Uid).U32(r.Gid).U32((uint)r.Groups.Count);
        foreach (var group in r.Groups)
            w.U32(group);
        w.U32(r.Umask).U32(r.Append ? 1u : 0).U64(r.LimitMs).U64(r.GraceMs).U64(r.WarnBeforeMs).U32(r.WarnSignal).U32((uint)r.WarnScope).U32(r.Rows).U32(r.Columns);
        w.Text(r.WorkDir).Text(r.ExecErrorPrefix).Text(r.LimitLineHead).Text(r.LimitLineTail).U32((uint)r.Rlimits.Count);
        foreach (var (resource, soft) in r.Rlimits)
            w.U32(resource).U64(soft);
        w.U32((uint)r.ProcsFiles.Count);
        foreach (var file in r.ProcsFiles)
            w.Text(file);
        w.All(r.Arguments).All(r.Environment).U32((uint)r.Tasks.Count);
        foreach (var task in r.Tasks)
        {
            w.U32(task.Id);
            foreach (var stream in (ReadOnlySpan<StreamPlan>)[task.Input, task.Output, task.Error])
                w.U32((uint)stream.Kind).U32(stream.Same).Text(stream.Path);
            var bounds = task.Bounds;
            w.All(task.Environment).Blob(bounds.Cpus).U32(bounds.Policy).Blob(bounds.Nodes).Text(bounds.CpuHead).Text(bounds.CpuTail).Text(bounds.MemHead).Text(bounds.MemTail).Text(bounds.GpuLine);
        }
        return w.Done();
    }

    public static byte[] Signal(int signal, SignalScope scope) => new Writer().U32(16).U32((uint)signal).U32((uint)scope).Done();
    public static byte[] Terminate(ulong graceMs, string line) => new Writer().U32(17).U64(graceMs).Text(line).Done();
    public static byte[] Resize(uint rows, uint columns) => new Writer().U32(18).U32(rows).U32(columns).Done();
    public static byte[] Limit(ulong fromNowMs) => new Writer().U32(19).U64(fromNowMs).Done();
    public static byte[] Write(string line) => new Writer().U32(20).Text(line).Done();
    public static byte[] CloseInput(uint taskIndex) => new Writer().U32(21).U32(taskIndex).Done();
    public static byte[] Acknowledge() => new Writer().U32(22).Done();

    /// <summary>The body of STARTED behind its kind: the first pid, and the binding of each task.</summary>
    public static (uint FirstPid, IReadOnlyList<ReadBounds> Bounds) DecodeStarted(ReadOnlySpan<byte> body)
    {
        var r = new Reader(body);
        var count = Math.Min(r.U32(), TasksMax);
        uint first = 0;
        for (var i = 0; i < count; i++)
            if (r.U32() is var pid && i == 0)
                first = pid;
        var bounds = new List<ReadBounds>();
        for (var i = 0; i < count && !r.Bad; i++)
            if (new ReadBounds(r.Blob(), r.U32(), r.Blob()) is var read && !r.Bad)
                bounds.Add(read);
        return (first, bounds);
    }

    /// <summary>Null when the bytes are not a whole record: a torn file counts as none.</summary>
    public static ExitRecord? DecodeRecord(ReadOnlySpan<byte> bytes)
    {
        var r = new Reader(bytes);
        if (r.U32() != RecordMagic || r.U32() != Version)
            return null;
        var flags = (ExitFlags)r.U32();
        long start = (long)r.U64(), end = (long)r.U64();
        var stage = r.Text();
        var errno = (int)r.U32();
        var path = r.Text();
        var count = r.U32();
        if (r.Bad || count > TasksMax)
            return null;
        var tasks = new TaskRecord[count];
        for (var i = 0; i < tasks.Length; i++)
            tasks[i] = new TaskRecord(r.U32(), r.U32(), (int)r.U32(), (int)r.U32(), r.U64(), r.U64(), r.U64());
        return r.Bad ? null : new ExitRecord(flags, start, end, stage, errno, path, tasks);
    }

    internal sealed class Writer
    {
        readonly MemoryStream _bytes = new();

        public Writer U32(uint value)
        {
            Span<byte> b = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(b, value);
            _bytes.Write(b);
            return this;
        }

        public Writer U64(ulong value)
        {
            Span<byte> b = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(b, value);
            _bytes.Write(b);
            return this;
        }

        public Writer Bytes(ReadOnlySpan<byte> value)
        {
            U32((uint)value.Length);
            _bytes.Write(value);
            _bytes.WriteByte(0);
            return this;
        }

        /// <summary>Length and bytes, without the NUL behind.</summary>
        public Writer Blob(ReadOnlySpan<byte> value)
        {
            U32((uint)value.Length);
            _bytes.Write(value);
            return this;
        }

        public Writer Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

        public Writer All(IReadOnlyList<byte[]> values)
        {
            U32((uint)values.Count);
            foreach (var value in values)
                Bytes(value);
            return this;
        }

        public byte[] Done() => _bytes.ToArray();
    }

    internal ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> _rest = bytes;

        public bool Bad { get; private set; }

        ReadOnlySpan<byte> Take(uint size)
        {
            if (Bad || size > _rest.Length)
            {
                Bad = true;
                return default;
            }
            var taken = _rest[..(int)size];
            _rest = _rest[(int)size..];
            return taken;
        }

        public uint U32() => Take(4) is { Length: 4 } b ? BinaryPrimitives.ReadUInt32LittleEndian(b) : 0;
        public byte[] Blob() => Take(U32()).ToArray();
        public ulong U64() => Take(8) is { Length: 8 } b ? BinaryPrimitives.ReadUInt64LittleEndian(b) : 0;

        public string Text()
        {
            var value = Encoding.UTF8.GetString(Take(U32()));
            Take(1);
            return value;
        }
    }
}
