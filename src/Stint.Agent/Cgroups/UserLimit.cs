using System.Globalization;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>
/// The second layer in the kernel: what all jobs of a user on this node may use together, on the level u&lt;uid&gt; that holds them. The server keeps the
/// sum of the jobs below it by reservation, so this is a safety net: when it does act, the kernel names it and the cause is this level and no job.
/// Swap needs no row of its own: each job's is limited on the job, and there is no other process in a user's level.
/// </summary>
internal sealed class UserLimit(CgroupLayout layout, LimitFile limit, IGroupFiles files)
{
    private const ulong PeriodUs = 100_000, UnlimitedV1 = 1UL << 60;
    private bool IsV1 => layout.Version == CgroupVersion.V1;

    /// <summary>A launch that was on its way when tiers changed brings what held before: the newer of the two holds.</summary>
    public static UserLimits Newer(UserLimits? known, UserLimits brought) => known is not null && known.Version > brought.Version ? known : brought;

    /// <summary>Throws <see cref="CgroupException"/>; also when memory would be cut below what is in use, because on v2 that kills at once.</summary>
    public void Write(string group, UserLimits user, Receipt receipt)
    {
        Memory(group, user, receipt);
        if (!IsV1) Put("user memory, soft", user, "memory", group, "memory.high", user.MemorySoftBytes == 0 ? "max" : Number(user.MemorySoftBytes), ReceiptRows.Bytes(user.MemorySoftBytes), receipt, LimitFile.SamePages);
        else if (user.MemorySoftBytes > 0) receipt.Rows.Add(ReceiptRows.NotEnforced("user memory, soft", $"tier {user.Tier}", ReceiptRows.Bytes(user.MemorySoftBytes), "cgroup v1 has no memory.high"));
        Put("user pids", user, "pids", group, "pids.max", user.PidsMax == 0 ? "max" : Number(user.PidsMax), Number(user.PidsMax), receipt);
        Cpu(group, user, receipt);
    }

    /// <summary>Why these limits cannot be written now, with the numbers; empty: nothing is in use that they would cut off.</summary>
    public string Obstacle(string group, UserLimits user)
    {
        var (name, usage) = MemoryFiles;
        if (user.MemoryBytes > 0 && Used("memory", group, usage) is { } bytes && bytes > user.MemoryBytes)
            return $"{layout.File("memory", group, name)}: {ReceiptRows.Bytes(user.MemoryBytes)} for the user is less than the {ReceiptRows.Bytes(bytes)} that are in use";
        if (user.PidsMax > 0 && Used("pids", group, "pids.current") is { } pids && pids > user.PidsMax)
            return $"{layout.File("pids", group, "pids.max")}: {Number(user.PidsMax)} processes for the user are less than the {Number(pids)} that run";
        return "";
    }

    private (string Limit, string Usage) MemoryFiles => IsV1 ? ("memory.limit_in_bytes", "memory.usage_in_bytes") : ("memory.max", "memory.current");

    private ulong? Used(string controller, string group, string file) =>
        layout.File(controller, group, file) is { } counter && files.Read(counter, out var text) == 0 && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var used) ? used : null;

    private void Memory(string group, UserLimits user, Receipt receipt)
    {
        var (name, usage) = MemoryFiles;
        if (user.MemoryBytes > 0 && Used("memory", group, usage) is { } used && used > user.MemoryBytes)
            throw new CgroupException($"{layout.File("memory", group, name)}: {ReceiptRows.Bytes(user.MemoryBytes)} for the user is less than the {ReceiptRows.Bytes(used)} that are in use", layout.File("memory", group, usage)!, Errno.Busy);
        Put("user memory", user, "memory", group, name, user.MemoryBytes == 0 ? IsV1 ? "-1" : "max" : Number(user.MemoryBytes), ReceiptRows.Bytes(user.MemoryBytes), receipt, LimitFile.SamePages);
    }

    private void Cpu(string group, UserLimits user, Receipt receipt)
    {
        var quota = user.CpuMilli * PeriodUs / 1000;
        var allocated = (user.CpuMilli / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);
        if (IsV1)
        {
            if (user.CpuMilli > 0 && layout.File("cpu", group, "cpu.cfs_period_us") is { } period) limit.Write(period, Number(PeriodUs));
            Put("user cpu", user, "cpu", group, "cpu.cfs_quota_us", user.CpuMilli == 0 ? "-1" : Number(quota), allocated, receipt);
            return;
        }
        if (user.CpuMilli > 0) HandDownCpu(group);
        Put("user cpu", user, "cpu", group, "cpu.max", $"{(user.CpuMilli == 0 ? "max" : Number(quota))} {Number(PeriodUs)}", allocated, receipt);
    }

    /// <summary>The cpu controller is handed down to the users' level only where a quota needs it: each level of it costs at every context switch.</summary>
    private void HandDownCpu(string group)
    {
        var mount = layout.Hierarchies[0].Mount;
        if (files.Exists($"{mount}/{group}/cpu.max")) return;
        foreach (var level in (ReadOnlySpan<string>)["", $"/{layout.Root}", $"/{layout.Base}"])
        {
            var file = $"{mount}{level}/cgroup.subtree_control";
            var errno = files.Write(file, "+cpu");
            if (errno != 0) throw new CgroupException($"cannot write +cpu to {file}: {Errno.Describe(errno)}", file, errno);
        }
    }

    /// <summary>A value that is there already is only read: a user's next job finds what the one before wrote.</summary>
    private void Put(string resource, UserLimits user, string controller, string group, string name, string value, string allocated, Receipt receipt, Func<string, string, bool>? same = null)
    {
        var isUnlimited = value is "max" or "-1" || value.StartsWith("max ", StringComparison.Ordinal);
        if (layout.File(controller, group, name) is not { } file || !files.Exists(file))
        {
            if (isUnlimited) return;
            throw new CgroupException($"cannot limit {resource} on this node: {(layout.File(controller, group, name) is { } missing ? $"{missing} does not exist" : $"controller {controller} is not there")}", group, Errno.NoEntry);
        }
        var there = limit.Read(file);
        var holds = isUnlimited ? IsUnlimited(there) : (same ?? string.Equals)(value, there);
        var back = holds ? there : limit.Write(file, value, isUnlimited ? (_, read) => IsUnlimited(read) : same);
        if (isUnlimited) return;
        receipt.Rows.Add(new ReceiptRow { Resource = resource, Requested = user.Tier.Length > 0 ? $"tier {user.Tier}" : "", Allocated = allocated, File = file, Written = value, ReadBack = back, Enforced = true });
    }

    private static bool IsUnlimited(string value) =>
        value is "max" or "-1" || value.StartsWith("max ", StringComparison.Ordinal) || (ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes >= UnlimitedV1);

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
