using System.Runtime.InteropServices;
using System.Text;

namespace Stint.Agent.Kernel;

/// <summary>Extended attributes of a kernel directory, in the "trusted" space that only root reads and writes; cgroup v2 keeps them as long as the group.</summary>
internal static unsafe partial class Attributes
{
    private const int ValueBytesMax = 16 << 10;

    public static int Set(string path, string name, string value)
    {
        var (at, called) = (Encoding.UTF8.GetBytes(path + "\0"), Encoding.UTF8.GetBytes(name + "\0"));
        var bytes = Encoding.UTF8.GetBytes(value);
        fixed (byte* where = at, what = called, content = bytes) return SetAttribute(where, what, content, (nuint)bytes.Length, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    public static int Get(string path, string name, out string value)
    {
        var (at, called) = (Encoding.UTF8.GetBytes(path + "\0"), Encoding.UTF8.GetBytes(name + "\0"));
        var buffer = new byte[ValueBytesMax];
        nint length;
        fixed (byte* where = at, what = called, content = buffer) length = GetAttribute(where, what, content, ValueBytesMax);
        value = length > 0 ? Encoding.UTF8.GetString(buffer, 0, (int)length) : "";
        return length >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true)]
    private static partial int SetAttribute(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true)]
    private static partial nint GetAttribute(byte* path, byte* name, byte* value, nuint size);
}
