using System.Runtime.InteropServices;
using System.Text;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;

namespace Stint.Agent.Disk;

/// <summary>USRQUOTA and PRJQUOTA of linux/quota.h.</summary>
internal enum QuotaKind : uint { User = 0, Project = 2 }

/// <summary>
/// Quotas of XFS and ext4 by quotactl_fd(2) (Linux 5.14): a hard limit for all files of a user, or of a project. A directory is put into a project by
/// ioctl_xfs_fsgetxattr(2), and what is made below it is in the same project. Everything returns 0 or an errno.
/// </summary>
internal static unsafe partial class DiskQuota
{
    private const long QuotactlFd = 443;                                                     // asm-generic and x86-64
    private const uint GetQuota = unchecked(0x800007u << 8), SetQuota = unchecked(0x800008u << 8), GetState = 0x5805u << 8;
    private const uint BlockLimits = 1, ProjectInherit = 0x200;                             // QIF_BLIMITS, FS_XFLAG_PROJINHERIT
    private const ulong GetAttributes = 0x801C581F, SetAttributes = 0x401C5820;
    private const ushort UserLimitsHold = 1 << 1, ProjectLimitsHold = 1 << 5;               // FS_QUOTA_UDQ_ENFD, FS_QUOTA_PDQ_ENFD: accounting alone is not enough
    private const int BlockBytes = 1024, StateBytes = 256, StateFlags = 2, DirectoryOnly = 0x10000;

    /// <param name="LimitBytes">0: none.</param>
    public readonly record struct Quota(ulong LimitBytes, ulong UsedBytes);

    /// <summary>0: limits of that kind hold on this file system. ESRCH: they do not.</summary>
    public static int Enforced(string folder, QuotaKind kind)
    {
        var flags = (ushort)0;
        var errno = Opened(folder, descriptor =>
        {
            var state = stackalloc byte[StateBytes];                                         // struct fs_quota_stat of linux/dqblk_xfs.h is shorter
            new Span<byte>(state, StateBytes).Clear();
            if (SystemCall(QuotactlFd, (uint)descriptor, GetState | (uint)kind, 0, state) != 0) return Marshal.GetLastPInvokeError();
            flags = *(ushort*)(state + StateFlags);
            return 0;
        });
        return errno != 0 ? errno : (flags & (kind == QuotaKind.User ? UserLimitsHold : ProjectLimitsHold)) != 0 ? 0 : Errno.NoProcess;
    }

    public static int Get(string folder, QuotaKind kind, uint id, out Quota quota)
    {
        var block = default(Block);
        var errno = Call(folder, GetQuota | (uint)kind, id, ref block);
        quota = new Quota(block.HardLimit * BlockBytes, block.Space);
        if (errno != Errno.NoEntry) return errno;
        quota = default;                                                                     // XFS knows nothing of who never had anything
        return 0;
    }

    /// <summary>What a limit reads back as: the kernel counts in KiB.</summary>
    public static ulong Rounded(ulong bytes) => (bytes + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <summary>Throws <see cref="CgroupException"/> unless it went well.</summary>
    public static void Must(int errno, string what, string folder)
    {
        if (errno != 0) throw new CgroupException($"{what} {folder}: {Errno.Describe(errno)}", folder, errno);
    }

    /// <param name="bytes">Rounded up to KiB; 0 takes the limit away.</param>
    public static int Set(string folder, QuotaKind kind, uint id, ulong bytes)
    {
        var blocks = Rounded(bytes) / BlockBytes;
        var block = new Block { HardLimit = blocks, SoftLimit = blocks, Valid = BlockLimits };
        return Call(folder, SetQuota | (uint)kind, id, ref block);
    }

    /// <summary>Puts an empty directory into a project; what is made in it will be, too.</summary>
    public static int Join(string folder, uint project) => Opened(folder, descriptor =>
    {
        FileAttributes attributes;
        if (Control(descriptor, GetAttributes, &attributes) != 0) return Marshal.GetLastPInvokeError();
        attributes.Project = project;
        attributes.Flags |= ProjectInherit;
        return Control(descriptor, SetAttributes, &attributes) == 0 ? 0 : Marshal.GetLastPInvokeError();
    });

    public static int ProjectOf(string folder, out uint project, out bool inherits)
    {
        var (id, handsDown) = (0u, false);
        var errno = Opened(folder, descriptor =>
        {
            FileAttributes attributes;
            if (Control(descriptor, GetAttributes, &attributes) != 0) return Marshal.GetLastPInvokeError();
            (id, handsDown) = (attributes.Project, (attributes.Flags & ProjectInherit) != 0);
            return 0;
        });
        (project, inherits) = (id, handsDown);
        return errno;
    }

    private static int Call(string folder, uint command, uint id, ref Block block)
    {
        fixed (Block* at = &block)
        {
            var where = (nint)at;
            return Opened(folder, descriptor => SystemCall(QuotactlFd, (uint)descriptor, command, id, (void*)where) == 0 ? 0 : Marshal.GetLastPInvokeError());
        }
    }

    private static int Opened(string folder, Func<int, int> use)
    {
        var path = Encoding.UTF8.GetBytes(folder + "\0");
        int descriptor;
        fixed (byte* at = path) descriptor = Native.Open(at, Native.ReadOnly | Native.CloseOnExec | DirectoryOnly, 0);
        if (descriptor < 0) return Marshal.GetLastPInvokeError();
        try { return use(descriptor); }
        finally { _ = Native.Close(descriptor); }
    }

    /// <summary>struct if_dqblk of linux/quota.h: limits in KiB, space in bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Block
    {
        public ulong HardLimit, SoftLimit, Space, FilesHard, FilesSoft, Files, BlockTime, FileTime;
        public uint Valid;
    }

    /// <summary>struct fsxattr of linux/fs.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileAttributes
    {
        public uint Flags, ExtentSize, Extents, Project, CopyExtentSize, PadLow, PadHigh;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, uint descriptor, uint command, uint id, void* address);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, ulong request, void* argument);
}
