using System.Globalization;
using System.Text;

namespace Stint.Cli.Systemd;

/// <summary>What one user's logins may use together on this host: the numbers of the user's tier. 0: nothing is said of it.</summary>
internal sealed record SliceLimits(uint Uid, string Tier)
{
    public ulong MemoryBytes { get; init; }
    /// <summary>Above it the kernel reclaims and slows down.</summary>
    public ulong MemorySoftBytes { get; init; }
    /// <summary>Null: nothing is said of swap. 0: none.</summary>
    public ulong? SwapBytes { get; init; }
    /// <summary>Thousandths of a CPU.</summary>
    public ulong CpuMilli { get; init; }
    public ulong PidsMax { get; init; }
}

/// <summary>
/// Drop-ins <c>user-UID.slice.d/50-stint.conf</c>, so that what a user does outside jobs on a systemd host is limited as well. Plan first, show, then
/// apply: the same wishes twice change nothing, files of others stay, and a wish that is gone takes its file away.
/// </summary>
/// <param name="folder">Where units of the administrator are.</param>
internal sealed class UserSlices(string folder = UserSlices.Units)
{
    public const string Units = "/etc/systemd/system", FileName = "50-stint.conf";

    public bool IsLive => folder == Units && Systemctl.IsSystemdHere;

    /// <summary>Every file that is to be written or removed, those of others that are in the way, and those that stay as they are.</summary>
    public IReadOnlyList<PlannedFile> Plan(IReadOnlyCollection<SliceLimits> wanted)
    {
        var bodies = new SortedDictionary<uint, string?>();
        foreach (var uid in Present()) bodies[uid] = null;
        foreach (var limits in wanted) bodies[limits.Uid] = Body(limits);
        return [.. bodies.Select(pair => MarkedFile.Plan(PathOf(pair.Key), pair.Value)).Where(p => p.Kind != FileChangeKind.Foreign || p.After is not null)];
    }

    /// <summary>Refuses the whole plan (a sentence) when a file of somebody else is in the way; nothing is written then.</summary>
    public static string? Refuse(IReadOnlyList<PlannedFile> plan) =>
        plan.FirstOrDefault(p => p.Kind == FileChangeKind.Foreign) is { } foreign ? $"{foreign.Path} was not written by Stint: move it away, or name it otherwise" : null;

    public static void Apply(IReadOnlyList<PlannedFile> plan)
    {
        foreach (var file in plan) MarkedFile.Apply(file);
    }

    /// <summary>Null when nothing at all is limited: then there is no file either.</summary>
    internal static string? Body(SliceLimits limits)
    {
        var text = new StringBuilder();
        void Line(string name, string value) => text.Append(name).Append('=').Append(value).Append('\n');
        if (limits.MemorySoftBytes > 0) Line("MemoryHigh", Number(limits.MemorySoftBytes));
        if (limits.MemoryBytes > 0) Line("MemoryMax", Number(limits.MemoryBytes));
        if (limits.SwapBytes is { } swap) Line("MemorySwapMax", Number(swap));
        if (limits.CpuMilli > 0) Line("CPUQuota", $"{Number(Math.Max(1, limits.CpuMilli / 10))}%");
        if (limits.PidsMax > 0) Line("TasksMax", Number(limits.PidsMax));
        if (text.Length == 0) return null;
        return $"# tier {(limits.Tier.Length == 0 ? "-" : limits.Tier)}\n[Slice]\n{text}";
    }

    internal string PathOf(uint uid) => string.Create(CultureInfo.InvariantCulture, $"{folder}/user-{uid}.slice.d/{FileName}");

    /// <summary>Users who have such a file now, ours or not.</summary>
    public IEnumerable<uint> Present()
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (var path in Directory.EnumerateDirectories(folder, "user-*.slice.d"))
        {
            var name = Path.GetFileName(path)["user-".Length..^".slice.d".Length];
            if (File.Exists($"{path}/{FileName}") && uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var uid)) yield return uid;
        }
    }

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
