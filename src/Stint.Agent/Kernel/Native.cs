using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// All calls of this assembly pass plain numbers and pointers: so said, their stubs are compiled ahead of time and not at the first call.
[assembly: DisableRuntimeMarshalling]

namespace Stint.Agent.Kernel;

/// <summary>The system calls the agent makes itself: FileStream costs several times as much per kernel file and hides errno.</summary>
internal static unsafe partial class Native
{
    internal const int ReadOnly = 0, WriteOnly = 1, CloseOnExec = 0x80000;
    internal const int SigKill = 9, SigCont = 18, SigStop = 19;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    internal static partial int MakeDirectory(byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true)]
    internal static partial int RemoveDirectory(byte* path);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true)]
    internal static partial int Access(byte* path, int mode);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUid();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    internal static partial int GetAffinity(int pid, nuint size, byte* mask);

    /// <summary>struct statfs begins with f_type (long); 256 bytes are more than any version of it.</summary>
    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true)]
    internal static partial int FileSystemStatus(byte* path, byte* buffer);
}
