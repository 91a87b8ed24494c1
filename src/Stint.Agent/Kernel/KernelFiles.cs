using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Stint.Agent.Kernel;

/// <summary>Raw system calls on kernel files.</summary>
internal sealed unsafe class KernelFiles : IGroupFiles
{
    private const int PathBytesMax = 1024, FirstReadBytes = 1024, ValueBytesMax = 4096;

    public static readonly KernelFiles Instance = new();

    public int MakeGroup(string path)
    {
        var buffer = stackalloc byte[PathBytesMax];
        return Native.MakeDirectory(Terminate(path, buffer), 0x1ED /* 0755 */) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    public int RemoveGroup(string path)
    {
        var buffer = stackalloc byte[PathBytesMax];
        return Native.RemoveDirectory(Terminate(path, buffer)) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    public bool Exists(string path)
    {
        var buffer = stackalloc byte[PathBytesMax];
        return Native.Access(Terminate(path, buffer), 0) == 0;
    }

    public int Signal(int pid, int signal) => Native.Kill(pid, signal) == 0 ? 0 : Marshal.GetLastPInvokeError();

    public int Write(string file, string value)
    {
        var path = stackalloc byte[PathBytesMax];
        var bytes = stackalloc byte[ValueBytesMax];
        var length = Encoding.UTF8.GetBytes(value, new Span<byte>(bytes, ValueBytesMax));
        var descriptor = Native.Open(Terminate(file, path), Native.WriteOnly | Native.CloseOnExec, 0);
        if (descriptor < 0) return Marshal.GetLastPInvokeError();
        int errno;
        do
        {
            var written = Native.Write(descriptor, bytes, (nuint)length);
            errno = written == length ? 0 : written < 0 ? Marshal.GetLastPInvokeError() : Errno.Invalid;
        }
        while (errno == Errno.Interrupted);
        _ = Native.Close(descriptor);
        return errno;
    }

    public int Read(string file, out string text)
    {
        text = "";
        var path = stackalloc byte[PathBytesMax];
        var descriptor = Native.Open(Terminate(file, path), Native.ReadOnly | Native.CloseOnExec, 0);
        if (descriptor < 0) return Marshal.GetLastPInvokeError();
        var pooled = ArrayPool<byte>.Shared.Rent(FirstReadBytes);
        var filled = 0;
        var errno = 0;
        while (true)
        {
            if (filled == pooled.Length) pooled = Grow(pooled);
            nint taken;
            fixed (byte* at = &pooled[filled]) taken = Native.Read(descriptor, at, (nuint)(pooled.Length - filled));
            if (taken > 0) { filled += (int)taken; continue; }
            if (taken == 0) break;
            errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted) break;
            errno = 0;
        }
        _ = Native.Close(descriptor);
        if (errno == 0) text = Encoding.UTF8.GetString(pooled, 0, filled).TrimEnd('\n');
        ArrayPool<byte>.Shared.Return(pooled);
        return errno;
    }

    public IReadOnlyList<string> Children(string path)
    {
        try { return [.. Directory.EnumerateDirectories(path).Select(Path.GetFileName).OfType<string>()]; }
        catch (IOException) { return []; }                    // the group went away while it was listed
        catch (UnauthorizedAccessException) { return []; }
    }

    private static byte[] Grow(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 4);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }

    private static byte* Terminate(string path, byte* buffer)
    {
        var length = Encoding.UTF8.GetBytes(path, new Span<byte>(buffer, PathBytesMax - 1));
        buffer[length] = 0;
        return buffer;
    }
}
