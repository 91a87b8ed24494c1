using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>What each job may hold of this node's RDMA devices, where its administrator says so; where not, the receipt says that nothing holds.</summary>
internal sealed class RdmaLimit(CgroupLayout layout, LimitFile limit)
{
    public const string Resource = "rdma";

    public void Write(string group, Receipt receipt)
    {
        foreach (var device in layout.Rdma)
            receipt.Rows.Add(limit.Enforce(Resource, "--rdma of the node", device.ToString(), layout.File(Resource, group, "rdma.max") ?? throw Missing.Controller(layout, Resource), device.Line, LimitFile.HasLine));
    }

    /// <summary>Of devices that are there and that no option names.</summary>
    public static void AddNotLimited(CgroupLayout layout, Receipt receipt)
    {
        if (layout.RdmaUnlimited.Count > 0)
            receipt.Rows.Add(ReceiptRows.NotEnforced(Resource, "", "", $"{string.Join(", ", layout.RdmaUnlimited)}: no limit; stint-agent --rdma {layout.RdmaUnlimited[0]}:handles=N,objects=N sets one"));
    }
}
