using System.Runtime.InteropServices;

namespace Stint.Agent.Kernel;

/// <summary>Linux error numbers, as people look for them: <c>EBUSY (16): Device or resource busy</c>. Numbers of x86-64 and arm64 (asm-generic/errno).</summary>
public static class Errno
{
    public const int NotPermitted = 1, NoEntry = 2, NoProcess = 3, Interrupted = 4, AccessDenied = 13, Busy = 16, Exists = 17, NoDevice = 19,
        Invalid = 22, NoSpace = 28, ReadOnlyFileSystem = 30, NotEmpty = 39;

    private static readonly Dictionary<int, string> Names = new()
    {
        [1] = "EPERM", [2] = "ENOENT", [3] = "ESRCH", [4] = "EINTR", [5] = "EIO", [9] = "EBADF", [11] = "EAGAIN", [12] = "ENOMEM", [13] = "EACCES",
        [14] = "EFAULT", [16] = "EBUSY", [17] = "EEXIST", [19] = "ENODEV", [20] = "ENOTDIR", [21] = "EISDIR", [22] = "EINVAL", [23] = "ENFILE",
        [24] = "EMFILE", [26] = "ETXTBSY", [27] = "EFBIG", [28] = "ENOSPC", [30] = "EROFS", [34] = "ERANGE", [36] = "ENAMETOOLONG", [38] = "ENOSYS",
        [39] = "ENOTEMPTY", [61] = "ENODATA", [75] = "EOVERFLOW", [95] = "EOPNOTSUPP", [110] = "ETIMEDOUT", [122] = "EDQUOT",
    };

    public static string Name(int errno) => Names.TryGetValue(errno, out var name) ? name : "errno";

    public static string Describe(int errno) => $"{Name(errno)} ({errno}): {Marshal.GetPInvokeErrorMessage(errno)}";
}
