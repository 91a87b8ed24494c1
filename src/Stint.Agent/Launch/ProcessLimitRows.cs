using System.Globalization;
using System.Runtime.InteropServices;
using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// The rows of a receipt for what the shepherd holds and no group: limits of each process (setrlimit(2)), which it sets and compares before the task's
/// first instruction, and the wall time. A task that does not get them does not start.
/// </summary>
internal static unsafe partial class ProcessLimitRows
{
    private const ulong Unlimited = ulong.MaxValue;

    // Number, name, unit of getrlimit(2). RSS has had no effect since Linux 2.4.30.
    private static readonly Dictionary<string, (int Number, string Resource, bool IsBytes)> Known = new(StringComparer.Ordinal)
    {
        ["CPU"] = (0, "cpu time", false), ["FSIZE"] = (1, "file size", true), ["DATA"] = (2, "data", true), ["STACK"] = (3, "stack", true), ["CORE"] = (4, "core", true),
        ["NPROC"] = (6, "user processes", false), ["NOFILE"] = (7, "open files", false), ["MEMLOCK"] = (8, "locked memory", true), ["AS"] = (9, "address space", true),
    };

    /// <param name="wallLimitMs">0: unlimited.</param>
    public static void Add(Receipt receipt, LaunchSpec spec, long wallLimitMs)
    {
        foreach (var asked in spec.Payload.Rlimits)
        {
            if (!Known.TryGetValue(asked.Name, out var known)) continue;
            var soft = Math.Min(asked.Soft, Hard(known.Number));
            if (soft == Unlimited) continue;
            var value = Number(soft);
            receipt.Rows.Add(new ReceiptRow
            {
                Resource = known.Resource, Requested = $"--propagate={asked.Name}" + (asked.Soft == soft ? "" : asked.Soft == Unlimited ? " (unlimited)" : $" ({Number(asked.Soft)})"),
                Allocated = known.IsBytes ? ReceiptRows.Bytes(soft) : asked.Name == "CPU" ? $"{value} s a process" : value,
                File = $"RLIMIT_{asked.Name}", Written = value, ReadBack = value, Enforced = true,
            });
        }
        if (wallLimitMs <= 0)
        {
            receipt.Rows.Add(ReceiptRows.NotEnforced("time", "", "unlimited", "no limit was asked for"));
            return;
        }
        var time = wallLimitMs.ToString(CultureInfo.InvariantCulture) + " ms";
        receipt.Rows.Add(new ReceiptRow { Resource = "time", Requested = "--time", Allocated = Span(wallLimitMs), File = "timer of the shepherd (CLOCK_BOOTTIME)", Written = time, ReadBack = time, Enforced = true });
    }

    /// <summary>This process's own, which shepherds and tasks inherit: nobody gets more.</summary>
    private static ulong Hard(int resource)
    {
        var limit = stackalloc ulong[2];
        return GetLimit(resource, limit) == 0 ? limit[1] : Unlimited;
    }

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Span(long ms)
    {
        var span = TimeSpan.FromMilliseconds(ms);
        return (span.Days > 0 ? $"{span.Days}-" : "") + span.ToString(span.Milliseconds == 0 ? @"hh\:mm\:ss" : @"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ulong* limit);
}
