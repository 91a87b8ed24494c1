using System.Runtime.InteropServices;
using System.Text;
using Stint.Cli.Native;

namespace Stint.Cli.Resident;

/// <summary>What a front says of its process. It says nothing of who it is: that is the kernel's word. Lengths are checked against what arrived.</summary>
internal sealed record FrontRequest(string Name, IReadOnlyList<byte[]> RawArguments, ReadOnlyMemory<byte> EnvironmentBlock, string WorkingDirectory, string Socket,
    uint Umask, bool InIsTerminal, bool OutIsTerminal, int WindowColumns, IReadOnlyDictionary<string, ulong> Limits)
{
    public IReadOnlyList<string> Arguments { get; } = [.. RawArguments.Select(Encoding.UTF8.GetString)];

    /// <summary>null: not a request that our front makes.</summary>
    public static FrontRequest? TryParse(byte[] bytes)
    {
        int headSize = Marshal.SizeOf<FrontWire.Request>();
        if (bytes.Length < headSize) return null;
        var head = MemoryMarshal.Read<FrontWire.Request>(bytes);
        if ((ulong)headSize + head.Socket + head.WorkingDirectory + head.Arguments + head.Environment != (ulong)bytes.Length) return null;
        int at = headSize;
        ReadOnlyMemory<byte> Take(uint length)
        {
            var part = bytes.AsMemory(at, (int)length);
            at += (int)length;
            return part;
        }
        var (socket, directory, words, environment) = (Take(head.Socket), Take(head.WorkingDirectory), Take(head.Arguments), Take(head.Environment));
        if (directory.Length == 0 || directory.Span[0] != '/' || Words(words.Span) is not [var name, .. var arguments] || head.ArgumentCount != arguments.Count + 1) return null;
        return new FrontRequest(Encoding.UTF8.GetString(name), arguments, environment, Encoding.UTF8.GetString(directory.Span), Encoding.UTF8.GetString(socket.Span),
            head.Umask & 0x1FF, (head.Terminals & 1) != 0, (head.Terminals & 2) != 0, (int)Math.Min(head.Columns, ushort.MaxValue), SoftLimits(ref head));
    }

    /// <summary>Each ends with a NUL.</summary>
    private static List<byte[]>? Words(ReadOnlySpan<byte> text)
    {
        var words = new List<byte[]>();
        while (text.Length > 0)
        {
            int end = text.IndexOf((byte)0);
            if (end < 0) return null;
            words.Add(text[..end].ToArray());
            text = text[(end + 1)..];
        }
        return words;
    }

    private static unsafe Dictionary<string, ulong> SoftLimits(ref FrontWire.Request head)
    {
        var limits = new Dictionary<string, ulong>(FrontWire.Limits, StringComparer.Ordinal);
        for (int i = 0; i < FrontWire.Limits; i++)
            if ((head.LimitsKnown & (1u << i)) != 0) limits[ResourceLimits.Name(i)] = head.Soft[i];
        return limits;
    }
}
