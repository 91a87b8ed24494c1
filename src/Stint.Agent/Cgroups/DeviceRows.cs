using Stint.Agent.Devices;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>The device rows of a receipt: one for the filter as a whole and one for each granted unit, which claims only what was read back.</summary>
internal static class DeviceRows
{
    public const string Resource = "devices";

    /// <param name="file">Where the filter is: a file, or the group that the program is attached to.</param>
    /// <param name="written">The whole filter, as it was given to the kernel.</param>
    /// <param name="back">The whole filter, as the kernel showed it.</param>
    /// <param name="readBack">The rules that the kernel showed.</param>
    public static void Add(Receipt receipt, Limits limits, DeviceAllowance allowance, string file, string written, string back, IReadOnlyList<DeviceRule> readBack)
    {
        receipt.Rows.Add(new ReceiptRow
        {
            Resource = Resource, Requested = "", Allocated = allowance.Grants.Count(g => g.Rules.Count > 0) is > 0 and var units ? $"standard nodes and {units} unit{(units == 1 ? "" : "s")}" : "standard nodes",
            File = file, Written = written, ReadBack = back, Enforced = true,
        });
        foreach (var grant in allowance.Grants) receipt.Rows.Add(Unit(limits, grant, file, readBack));
    }

    public static void AddNotEnforced(Receipt receipt, Limits limits, DeviceAllowance allowance, string why)
    {
        receipt.Rows.Add(ReceiptRows.NotEnforced(Resource, "", "every device that the user may open", why));
        foreach (var grant in allowance.Grants) receipt.Rows.Add(ReceiptRows.NotEnforced(grant.Resource, limits.GresRequested, grant.Allocated, grant.Why.Length > 0 ? grant.Why : why));
    }

    private static ReceiptRow Unit(Limits limits, GrantedUnit grant, string file, IReadOnlyList<DeviceRule> readBack)
    {
        if (grant.Rules.Count == 0) return ReceiptRows.NotEnforced(grant.Resource, limits.GresRequested, grant.Allocated, grant.Why);
        var seen = grant.Rules.Where(wanted => readBack.Any(back => back.Key == wanted.Key && back.Access.HasFlag(wanted.Access))).ToList();
        var row = new ReceiptRow
        {
            Resource = grant.Resource, Requested = limits.GresRequested, Allocated = grant.Allocated, File = file,
            Written = string.Join(", ", grant.Rules), ReadBack = string.Join(", ", seen), Enforced = seen.Count == grant.Rules.Count,
        };
        if (!row.Enforced) row.WhyNot = "not every node of this unit reads back as allowed";
        return row;
    }
}
