using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>Rows of a receipt that no kernel file stands behind.</summary>
internal static class ReceiptRows
{
    /// <summary>What no node limits yet. Every receipt names them: a user must not take silence for a limit.</summary>
    public static readonly (string Resource, string Why)[] NotLimited =
    [
        ("gpu", "device access is not limited on this node: a job can open every device that its user may open"),
        ("disk", "no project quota is set: a job may fill the file systems that its user may write to"),
        ("network", "traffic is not limited"),
    ];

    public static void AddNotLimited(Receipt receipt, Limits limits)
    {
        var filtered = receipt.Rows.Any(r => r.Resource == DeviceRows.Resource);
        foreach (var (resource, why) in NotLimited)
            if (resource != "gpu" || !filtered) receipt.Rows.Add(NotEnforced(resource, resource == "gpu" ? limits.GresRequested : "", "", why));
    }

    public static ReceiptRow NotEnforced(string resource, string requested, string allocated, string why) =>
        new() { Resource = resource, Requested = requested, Allocated = allocated, Enforced = false, WhyNot = why };

    /// <summary>Binary units as Slurm prints them: 64M, 1.50G; a byte count that is no round number keeps two digits.</summary>
    public static string Bytes(ulong bytes)
    {
        string[] units = ["B", "K", "M", "G", "T", "P"];
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1) { value /= 1024; unit++; }
        var number = value == Math.Floor(value) ? value.ToString("0", System.Globalization.CultureInfo.InvariantCulture) : value.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
        return unit == 0 ? bytes.ToString(System.Globalization.CultureInfo.InvariantCulture) : number + units[unit];
    }
}
