using System.Runtime.InteropServices;

namespace Stint.Server.Auth;

/// <summary>The few calls of the C library that .NET has no name for.</summary>
internal static partial class Libc
{
    private const int OutOfRange = 34;

    public static uint EffectiveUid => geteuid();

    /// <summary>The session of a process (getsid(2)); 0 when it is gone.</summary>
    public static uint SessionOf(int pid) => getsid(pid) is var sid and > 0 ? (uint)sid : 0;

    /// <summary>Ends the process now: no finalizers, no handlers that could wait for the thread that calls this.</summary>
    public static void ExitNow(int code) => _exit(code);

    /// <summary>passwd(5)'s name and home of a uid; null when there is none.</summary>
    public static unsafe string? UserName(uint uid)
    {
        Span<byte> passwd = stackalloc byte[64];
        return Lookup(passwd, (entry, buffer, length, result) => getpwuid_r(uid, entry, buffer, length, result));
    }

    public static unsafe string? GroupName(uint gid)
    {
        Span<byte> group = stackalloc byte[64];
        return Lookup(group, (entry, buffer, length, result) => getgrgid_r(gid, entry, buffer, length, result));
    }

    /// <summary>Uid and primary gid of a login name; null when there is none.</summary>
    public static unsafe (uint Uid, uint Gid)? FindUser(string name)
    {
        Span<byte> passwd = stackalloc byte[64];
        // struct passwd: name, password, uid, gid.
        return Lookup(passwd, (entry, buffer, length, result) => getpwnam_r(name, entry, buffer, length, result)) is null ? null
            : (BitConverter.ToUInt32(passwd[16..]), BitConverter.ToUInt32(passwd[20..]));
    }

    /// <summary>True only when the group database says so itself; one that cannot be read knows nothing.</summary>
    public static unsafe bool IsUnknownGroup(string name)
    {
        Span<byte> group = stackalloc byte[64];
        var buffer = new byte[1 << 20];
        fixed (byte* entry = group, at = buffer)
        {
            void* result = null;
            return getgrnam_r(name, entry, at, (nuint)buffer.Length, &result) is 0 or 2 && result is null;
        }
    }

    /// <summary>Group ids of a user (getgrouplist(3)); at least the one given.</summary>
    public static unsafe uint[] GroupsOf(string user, uint gid)
    {
        for (var size = 64; size <= 65_536; size *= 4)
        {
            var ids = new uint[size];
            var count = size;
            fixed (uint* at = ids)
                if (getgrouplist(user, gid, at, &count) >= 0) return ids[..count];
        }
        return [gid];
    }

    /// <summary>The other end of a stream socket is closed, also while unread data is still there (POLLRDHUP, poll(2)).</summary>
    public static unsafe bool PeerIsGone(SafeHandle socket)
    {
        const short hangUp = 0x2000 | 0x0010 | 0x0008;
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            var descriptor = new PollDescriptor { Descriptor = (int)socket.DangerousGetHandle(), Events = 0x2000 };
            return poll(&descriptor, 1, 0) > 0 && (descriptor.Found & hangUp) != 0;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        finally
        {
            if (held) socket.DangerousRelease();
        }
    }

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Found;
    }

    private unsafe delegate int Call(byte* entry, byte* buffer, nuint length, void** result);

    /// <summary>Both structs begin with the name's pointer; the buffer grows while the call says ERANGE.</summary>
    private static unsafe string? Lookup(Span<byte> entry, Call call)
    {
        for (var size = 1024; size <= 1 << 20; size *= 4)
        {
            var buffer = new byte[size];
            fixed (byte* entryAt = entry, bufferAt = buffer)
            {
                void* result = null;
                var error = call(entryAt, bufferAt, (nuint)size, &result);
                if (error == OutOfRange) continue;
                return error != 0 || result is null ? null : Marshal.PtrToStringUTF8(*(nint*)entryAt);
            }
        }
        return null;
    }

    [LibraryImport("libc")] private static unsafe partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMs);
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)] private static unsafe partial int getgrouplist(string user, uint gid, uint* groups, int* count);
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)] private static unsafe partial int getpwnam_r(string name, byte* entry, byte* buffer, nuint length, void** result);
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)] private static unsafe partial int getgrnam_r(string name, byte* entry, byte* buffer, nuint length, void** result);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int chown(string path, uint uid, uint gid);
    [LibraryImport("libc")] private static partial uint geteuid();
    [LibraryImport("libc")] private static partial int getsid(int pid);
    [LibraryImport("libc")] private static partial void _exit(int code);
    [LibraryImport("libc")] private static unsafe partial int getpwuid_r(uint uid, byte* entry, byte* buffer, nuint length, void** result);
    [LibraryImport("libc")] private static unsafe partial int getgrgid_r(uint gid, byte* entry, byte* buffer, nuint length, void** result);
}
