using System.Globalization;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Cli.Systemd;
using Stint.Protocol.Api;

namespace Stint.Cli.Admin;

/// <param name="IsLive">This host's systemd reads them.</param>
internal sealed record SlicesPlan(bool IsLive, IReadOnlyList<SliceLimits> Wanted, IReadOnlyList<PlannedFile> Files);

/// <summary>The drop-ins of this host's users, from the limits that the server says are theirs.</summary>
internal static class UserSlicesWork
{
    private const uint FirstPerson = 1000, LastPerson = 59_999;      // UID_MIN and UID_MAX of login.defs(5)

    /// <summary>
    /// <c>stint systemd user-slices</c>: plans, shows, and unless <paramref name="dryRun"/> writes and has systemd read them. All or nothing, as
    /// <see cref="WhyNot"/> says. The exit code.
    /// </summary>
    /// <param name="names">Null: <see cref="Everybody"/>, and who is not there any more loses the drop-in.</param>
    public static async Task<int> RunAsync(CommandContext context, string folder, IReadOnlyCollection<string>? names, bool dryRun)
    {
        var views = new List<LimitsView>();
        var slices = new UserSlices(folder);
        foreach (var name in names ?? Everybody(slices))
            views.Add(await context.Api.GetAsync(new Query("/api/v1/limits").Add("user", name).ToString(), ApiJson.Default.LimitsView, context.Cancellation));
        return Carry(context, Plan(slices, views, isAll: names is null), dryRun, context.Out);
    }

    /// <summary>An administrator who had them written wants them kept up to date.</summary>
    public static bool AreInUse(string folder) => new UserSlices(folder).Plan([]).Count > 0;

    /// <summary>Everybody of this host's password file who can log in, and whoever has a drop-in and still exists.</summary>
    public static string[] Everybody(UserSlices slices) => [.. People().Union(slices.Present().Select(UserLookup.NameOf).OfType<string>())];

    /// <summary>The files that the users' limits make, beside what is there.</summary>
    /// <param name="isAll">Whoever is not among them has no drop-in.</param>
    public static SlicesPlan Plan(UserSlices slices, IEnumerable<LimitsView> views, bool isAll)
    {
        var wanted = views.Select(Of).ToList();
        var files = slices.Plan(wanted);
        return new SlicesPlan(slices.IsLive, wanted, isAll ? files : [.. files.Where(p => p.Kind != FileChangeKind.Remove || wanted.Exists(w => slices.PathOf(w.Uid) == p.Path))]);
    }

    /// <summary>A file of somebody else in the way, or a memory limit below what a user's logins hold now; null: nothing.</summary>
    public static string? WhyNot(SlicesPlan plan) => UserSlices.Refuse(plan.Files) ?? (plan.IsLive ? TooSmall(plan.Wanted) : null);

    /// <summary>Shows the difference, and unless <paramref name="dryRun"/> writes it and has systemd read it. The exit code.</summary>
    public static int Carry(CommandContext context, SlicesPlan plan, bool dryRun, TextWriter to)
    {
        if (WhyNot(plan) is { } why)
        {
            context.Error.WriteLine($"stint: drop-ins of user slices: {Printable.Of(why)}. Nothing was written.");
            return 1;
        }
        var changes = plan.Files.Where(p => p.Kind != FileChangeKind.Same).ToList();
        foreach (var line in changes.SelectMany(MarkedFile.Difference)) to.WriteLine(line);
        if (!dryRun && changes.Count > 0)
        {
            UserSlices.Apply(plan.Files);
            if (plan.IsLive) Systemctl.Run("daemon-reload");
        }
        to.WriteLine($"{plan.Files.Count} user slices with drop-ins of Stint, {changes.Count} {(dryRun ? "would change" : "changed")}{(!dryRun && changes.Count > 0 && !plan.IsLive ? "; systemd has not been told (systemctl daemon-reload)" : "")}");
        return 0;
    }

    private static string? TooSmall(IEnumerable<SliceLimits> wanted)
    {
        foreach (var limits in wanted)
            if (limits.MemoryBytes > 0 && Systemctl.MemoryOfUser(limits.Uid) is { } used && used > limits.MemoryBytes)
                return string.Create(CultureInfo.InvariantCulture, $"the logins of user {limits.Uid} hold {used} bytes of memory, more than the {limits.MemoryBytes} of tier {limits.Tier}: the kernel would kill");
        return null;
    }

    private static SliceLimits Of(LimitsView view)
    {
        ulong Limit(string resource) => view.Limits.FirstOrDefault(l => l.Resource == resource)?.Limit is > 0 and var value ? (ulong)value : 0;
        var memory = Limit("memory");
        return new SliceLimits(view.Uid, view.Tier)
        {
            MemoryBytes = memory, MemorySoftBytes = view.Limits.FirstOrDefault(l => l.Resource == "memory")?.Soft is > 0 and var soft ? (ulong)soft : 0,
            SwapBytes = memory > 0 ? 0 : null, CpuMilli = Limit("cpus") * 1000, PidsMax = Limit("pids"),
        };
    }

    private static IEnumerable<string> People()
    {
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields.Length < 7 || !uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var uid) || uid is < FirstPerson or > LastPerson) continue;
            if (!fields[6].EndsWith("/nologin", StringComparison.Ordinal) && !fields[6].EndsWith("/false", StringComparison.Ordinal)) yield return fields[0];
        }
    }
}
