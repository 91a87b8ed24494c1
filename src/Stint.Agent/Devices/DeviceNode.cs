using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Stint.Agent.Kernel;

namespace Stint.Agent.Devices;

/// <summary>Type and numbers of a device node, from statx(2): its structure is the same on every architecture.</summary>
internal static unsafe partial class DeviceNode
{
    private const int CurrentDirectory = -100, StatxBytes = 256, TypeMask = 1, ModeAt = 28, MajorAt = 128, MinorAt = 132;
    private const int TypeBits = 0xF000, CharacterType = 0x2000, BlockType = 0x6000;
    private const int NoBlockOrCharacter = 15;                 // ENOTBLK

    /// <summary>0 and the rule for opening this node (read and write, not mknod), or an errno; ENOTBLK for what is no device.</summary>
    public static int Look(string path, out DeviceRule rule)
    {
        rule = default;
        var status = stackalloc byte[StatxBytes];
        var name = Encoding.UTF8.GetBytes(path + "\0");
        fixed (byte* at = name)
        {
            // Symbolic links are followed: /dev/dri/by-path names are links.
            if (Statx(CurrentDirectory, at, 0, TypeMask, status) != 0) return Marshal.GetLastPInvokeError();
        }
        var fields = new ReadOnlySpan<byte>(status, StatxBytes);
        var type = BinaryPrimitives.ReadUInt16LittleEndian(fields[ModeAt..]) & TypeBits;
        if (type is not (CharacterType or BlockType)) return NoBlockOrCharacter;
        rule = new DeviceRule(type == CharacterType ? 'c' : 'b', BinaryPrimitives.ReadUInt32LittleEndian(fields[MajorAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(fields[MinorAt..]), DeviceAccess.ReadWrite);
        return 0;
    }

    public static string Describe(int errno) => errno == NoBlockOrCharacter ? "it is no device node" : Errno.Describe(errno);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int Statx(int directory, byte* path, int flags, uint mask, byte* status);
}
