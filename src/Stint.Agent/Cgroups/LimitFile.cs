using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>One limit, one kernel file: written with one write(2), read back, compared. Anything else than a match is a <see cref="CgroupException"/>.</summary>
internal sealed class LimitFile(IGroupFiles files)
{
    private static readonly ulong PageBytes = (ulong)Environment.SystemPageSize;

    /// <summary>Writes and returns what reads back. <paramref name="same"/> compares (written, read).</summary>
    public string Write(string file, string value, Func<string, string, bool>? same = null)
    {
        var errno = files.Write(file, value);
        if (errno != 0) throw new CgroupException($"cannot write {Shown(value)} to {file}: {Errno.Describe(errno)}", file, errno);
        var back = Read(file);
        if (!(same ?? Equal)(value, back)) throw new CgroupException($"{file} reads back {Shown(back)} after {Shown(value)} was written: the limit does not hold", file, 0);
        return back;
    }

    public string Read(string file)
    {
        var errno = files.Read(file, out var text);
        return errno == 0 ? text : throw new CgroupException($"cannot read {file}: {Errno.Describe(errno)}", file, errno);
    }

    /// <summary>The row of a limit that was written and read back.</summary>
    public ReceiptRow Enforce(string resource, string requested, string allocated, string file, string value, Func<string, string, bool>? same = null)
    {
        var back = Write(file, value, same);
        return new ReceiptRow { Resource = resource, Requested = requested, Allocated = allocated, File = file, Written = value, ReadBack = back, Enforced = true };
    }

    /// <summary>The kernel counts memory in pages and rounds a limit down to them (mm/page_counter.c); "max" stands for no limit on v2.</summary>
    public static bool SamePages(string written, string back) =>
        written == back || (ulong.TryParse(written, out var w) && ulong.TryParse(back, out var b) && w / PageBytes * PageBytes == b);

    /// <summary>The same set of cpus, however it is written.</summary>
    public static bool SameCpus(string written, string back)
    {
        if (written == back) return true;
        try { return CpuList.Parse(written).AsSpan().SequenceEqual(CpuList.Parse(back)); }
        catch (FormatException) { return false; }
    }

    /// <summary>A file that has a line for each device; those of rdma.max end in a blank (kernel/cgroup/rdma.c, print_rpool_values).</summary>
    public static bool HasLine(string written, string back) => back.Split('\n').Any(line => line.AsSpan().TrimEnd().SequenceEqual(written));

    private static bool Equal(string written, string back) => written == back;

    private static string Shown(string value) => value.Length == 0 ? "''" : value;
}
