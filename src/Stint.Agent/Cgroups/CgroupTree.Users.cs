using System.Globalization;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

internal sealed partial class CgroupTree
{
    public UserLimitsReport SetUserLimits(uint uid, UserLimits limits, bool checkOnly)
    {
        var group = $"{_layout.Base}/u{uid.ToString(CultureInfo.InvariantCulture)}";
        var report = new UserLimitsReport { Uid = uid };
        lock (_gate)
        {
            report.HasGroup = Exists(group);
            if (checkOnly)
            {
                if (report.HasGroup) report.WhyNot = _user.Obstacle(group, limits);
                return report;
            }
            var before = _userLimits.GetValueOrDefault(uid);
            limits = UserLimit.Newer(before, limits);
            if (!report.HasGroup)
            {
                // Nothing to write to, and no jobs: the next launch brings what holds then.
                return report;
            }
            report.WhyNot = Change(group, uid, before, limits, report);
        }
        return report;
    }

    /// <summary>Empty: it holds.</summary>
    private string Change(string group, uint uid, UserLimits? before, UserLimits limits, UserLimitsReport report)
    {
        try
        {
            var receipt = new Receipt();
            _user.Write(group, limits, receipt);
            report.Rows.AddRange(receipt.Rows);
            _userLimits[uid] = limits;
            return "";
        }
        catch (CgroupException refused)
        {
            if (before is null) return refused.Message;
            try { _user.Write(group, before, new Receipt()); }
            catch (CgroupException lost) { return $"{refused.Message}; and what was there before could not be put back: {lost.Message}"; }
            return refused.Message;
        }
    }

    public IReadOnlyList<UserUse> UserUses()
    {
        var uses = new List<UserUse>();
        lock (_gate)
        {
            foreach (var uid in _table.Users)
                if (_layout.File("pids", $"{_layout.Base}/u{uid.ToString(CultureInfo.InvariantCulture)}", "pids.current") is { } file && _files.Read(file, out var text) == 0
                    && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pids)) uses.Add(new UserUse { Uid = uid, Pids = pids });
        }
        return uses;
    }

    private UserLimits Newest(uint uid, UserLimits brought) => _userLimits[uid] = UserLimit.Newer(_userLimits.GetValueOrDefault(uid), brought);
}
