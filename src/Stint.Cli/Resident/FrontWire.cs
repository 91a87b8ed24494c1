using System.Runtime.InteropServices;

namespace Stint.Cli.Resident;

/// <summary>native/front/wire.h in C#: what the front and the resident say to each other, in native byte order.</summary>
internal static class FrontWire
{
    public const uint Magic = 0x52465453, Version = 1;
    public const int RequestMax = 1 << 20, PayloadMax = 65536, Limits = 10;
    public const byte StandardInput = 0, StandardOutput = 1, StandardError = 2, File = 3;

    public enum What : byte
    {
        Accepted = (byte)'A', NotHere = (byte)'N', Write = (byte)'W', Read = (byte)'R', IsFile = (byte)'S', OpenRead = (byte)'O', OpenWrite = (byte)'C', Close = (byte)'D', Exit = (byte)'X',
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Hello
    {
        public uint Magic, Version, Length, Reserved;
        public Build Programs;
    }

    /// <summary>Modification time (100 ns) and size of stint.dll and Stint.Protocol.dll.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public record struct Build(ulong CommandsTime, ulong CommandsSize, ulong ProtocolTime, ulong ProtocolSize)
    {
        /// <summary>null: this is not an installation.</summary>
        public static Build? Of(string folder)
        {
            var commands = new FileInfo(Path.Combine(folder, "stint.dll"));
            var protocol = new FileInfo(Path.Combine(folder, "Stint.Protocol.dll"));
            return commands.Exists && protocol.Exists ? new Build(Time(commands), (ulong)commands.Length, Time(protocol), (ulong)protocol.Length) : null;
        }

        private static ulong Time(FileInfo file) => (ulong)(file.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks;
    }

    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct Request
    {
        public uint Umask, Terminals, Columns, ArgumentCount;
        public fixed ulong Soft[Limits];
        public uint LimitsKnown, Socket, WorkingDirectory, Arguments, Environment, Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Frame
    {
        public What What;
        public byte Handle;
        public ushort Reserved;
        public uint Length;
    }
}
