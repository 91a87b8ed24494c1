using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Stint.Cli.Slurm.Format;

/// <summary>User names to numbers and back, through the name service of the machine.</summary>
public static unsafe partial class UserLookup
{
    [LibraryImport("libc")] private static partial int getpwnam_r(byte* name, Passwd* entry, byte* buffer, nuint size, Passwd** result);
    [LibraryImport("libc")] private static partial int getpwuid_r(uint uid, Passwd* entry, byte* buffer, nuint size, Passwd** result);

    /// <summary>A name or a number that the machine knows.</summary>
    public static bool TryParse(string text, out uint uid)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uid)) return NameOf(uid) is not null;
        byte[] name = Encoding.UTF8.GetBytes(text + '\0');
        byte* buffer = stackalloc byte[8192];
        Passwd entry;
        Passwd* result = null;
        fixed (byte* start = name)
            if (getpwnam_r(start, &entry, buffer, 8192, &result) != 0 || result == null) return false;
        uid = entry.Uid;
        return true;
    }

    public static string? NameOf(uint uid)
    {
        byte* buffer = stackalloc byte[8192];
        Passwd entry;
        Passwd* result = null;
        return getpwuid_r(uid, &entry, buffer, 8192, &result) == 0 && result != null ? Marshal.PtrToStringUTF8((nint)entry.Name) : null;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Passwd
    {
        public byte* Name, Password;
        public uint Uid, Gid;
        public byte* Gecos, Home, Shell;
    }
}
