using System.Collections.Concurrent;
using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Disk;

/// <summary>
/// The second layer on local disk: what all files of a user on the file system of jobs' folders may take, from the user's tier, as a user quota. Whom it
/// limits it writes down first (<c>root/.users/uid</c>): a quota that somebody else set is never changed. Any thread.
/// </summary>
/// <param name="root">Of jobs' local disk; null: this node has none.</param>
internal sealed class UserDisk(string? root)
{
    public const string Resource = "user disk";
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly ConcurrentDictionary<uint, UserLimits> _newest = new();
    private readonly Lock _gate = new();

    /// <summary>The row of the limit, null without one. Throws <see cref="CgroupException"/> when a quota that should hold does not.</summary>
    public ReceiptRow? Write(uint uid, UserLimits brought)
    {
        var user = _newest.AddOrUpdate(uid, brought, (_, known) => UserLimit.Newer(known, brought));
        lock (_gate)
        {
            if (user.DiskBytes == 0) { Release(uid); return null; }
            var (tier, allocated) = ($"tier {user.Tier}", ReceiptRows.Bytes(user.DiskBytes));
            if (WhyNot(uid) is { } why) return ReceiptRows.NotEnforced(Resource, tier, allocated, why);
            DiskQuota.Must(DiskQuota.Get(root!, QuotaKind.User, uid, out var before), $"cannot read the quota of user {uid} on", root!);
            var isOurs = File.Exists(Mark(uid));
            if (!isOurs && before.LimitBytes > 0)
                return ReceiptRows.NotEnforced(Resource, tier, allocated, $"user {uid} has a quota of {ReceiptRows.Bytes(before.LimitBytes)} on {root} that was not set by Stint and stays (setquota -u {uid} 0 0 0 0 takes it away)");
            return Limit(uid, tier, allocated, DiskQuota.Rounded(user.DiskBytes), before, isOurs);
        }
    }

    /// <summary>Why these limits cannot be written now, with the numbers; empty: nothing is in use that they would cut off.</summary>
    public string Obstacle(uint uid, UserLimits user) =>
        user.DiskBytes > 0 && WhyNot(uid) is null && DiskQuota.Get(root!, QuotaKind.User, uid, out var quota) == 0 && quota.UsedBytes > user.DiskBytes
            ? $"{root} (user quota): {ReceiptRows.Bytes(user.DiskBytes)} for the user is less than the {ReceiptRows.Bytes(quota.UsedBytes)} that are in use" : "";

    /// <summary>Bytes; 0 for who has no limit.</summary>
    public ulong UsedBytes(uint uid) =>
        _newest.GetValueOrDefault(uid) is { DiskBytes: > 0 } && root is not null && DiskQuota.Get(root, QuotaKind.User, uid, out var quota) == 0 ? quota.UsedBytes : 0;

    /// <summary>Quotas of users with jobs here that are not what was written: written again, as <see cref="CgroupTree.Audit"/> does with kernel files.</summary>
    public IReadOnlyList<Drift> Audit()
    {
        var drifts = new List<Drift>();
        foreach (var (uid, user) in _newest)
        {
            if (user.DiskBytes == 0 || !File.Exists(Mark(uid)) || DiskQuota.Get(root!, QuotaKind.User, uid, out var quota) != 0 || quota.LimitBytes == DiskQuota.Rounded(user.DiskBytes)) continue;
            var was = $"{root} (user quota of user {uid}) was {quota.LimitBytes} and not {DiskQuota.Rounded(user.DiskBytes)}";
            try
            {
                var why = Write(uid, user)?.WhyNot ?? "";
                drifts.Add(new Drift(0, uid, $"{was}: {(why.Length == 0 ? "written again" : why)}", why.Length == 0));
            }
            catch (Exception e) when (e is CgroupException or IOException or UnauthorizedAccessException) { drifts.Add(new Drift(0, uid, $"{was}: {e.Message}", false)); }
        }
        return drifts;
    }

    private string? WhyNot(uint uid)
    {
        // CAP_SYS_RESOURCE is above quotas, and on XFS the limits of user 0 are the default of all users (xfs_qm_scall_setqlim).
        if (uid == 0) return "no quota holds root";
        if (root is null) return "this node has no folder for local disk (stint-agent --scratch)";
        var errno = DiskQuota.Enforced(root, QuotaKind.User);
        return errno == 0 ? null : $"{root} has no user quotas (mount XFS with uquota, or ext4 made with -O quota with usrquota){(errno == Errno.NoProcess ? "" : $": {Errno.Describe(errno)}")}";
    }

    private ReceiptRow Limit(uint uid, string tier, string allocated, ulong bytes, DiskQuota.Quota before, bool isOurs)
    {
        var back = before;
        if (!isOurs || before.LimitBytes != bytes)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Mark(uid))!, Own);
            File.WriteAllText(Mark(uid), "");
            DiskQuota.Must(DiskQuota.Set(root!, QuotaKind.User, uid, bytes), $"cannot set a quota of {bytes} bytes for user {uid} on", root!);
            DiskQuota.Must(DiskQuota.Get(root!, QuotaKind.User, uid, out back), $"cannot read the quota of user {uid} on", root!);
        }
        if (back.LimitBytes != bytes) throw new CgroupException($"{root} reads back a quota of {back.LimitBytes} bytes for user {uid} after {bytes} was written: the limit does not hold", root!, 0);
        string Text(ulong limit) => string.Create(CultureInfo.InvariantCulture, $"user {uid}, {limit}");
        return new ReceiptRow { Resource = Resource, Requested = tier, Allocated = allocated, File = $"{root} (user quota)", Written = Text(bytes), ReadBack = Text(back.LimitBytes), Enforced = true };
    }

    private void Release(uint uid)
    {
        if (root is null || !File.Exists(Mark(uid))) return;
        DiskQuota.Must(DiskQuota.Set(root, QuotaKind.User, uid, 0), $"cannot take away the quota of user {uid} on", root!);
        File.Delete(Mark(uid));
    }

    private string Mark(uint uid) => string.Create(CultureInfo.InvariantCulture, $"{root}/.users/{uid}");
}
