using System.Globalization;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>
/// What each job may read and write in a second, where the administrator of a node says so. On v2 on the job's group; on v1, where throttling knows no
/// hierarchy (block/blk-throttle.c, throtl_pd_init), a job's processes are in the job's own group of this one controller, so that its steps share.
/// </summary>
internal sealed class DiskRateLimit(CgroupLayout layout, LimitFile limit)
{
    public const string Resource = "disk rate";
    private const string Requested = "--disk-rate of the node";

    public static string Controller(CgroupVersion version) => version == CgroupVersion.V1 ? "blkio" : "io";

    public void Write(string group, Receipt receipt)
    {
        foreach (var rate in layout.DiskRates)
        {
            if (layout.Version == CgroupVersion.V2) receipt.Rows.Add(limit.Enforce(Resource, Requested, rate.ToString(), File(group, "io.max"), rate.LineV2, LimitFile.HasLine));
            else foreach (var (file, value) in rate.FilesV1)
                receipt.Rows.Add(limit.Enforce(Resource, Requested, rate.ToString(), File(group, file), $"{rate.Number} {value.ToString(CultureInfo.InvariantCulture)}", LimitFile.HasLine));
        }
        if (layout.DiskRates.Count > 0 && layout.Version == CgroupVersion.V1)
            receipt.Notes.Add("cgroup v1 holds reads and direct writes to the disk rate; what the kernel writes back later from its page cache is not counted");
    }

    private string File(string group, string name) => layout.File(Controller(layout.Version), group, name) ?? throw Missing.Controller(layout, Resource);
}
