using System.Globalization;
using Stint.Agent.Cgroups.V2;
using Stint.Agent.Kernel;
using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>
/// Huge pages are a pool of their own that no memory limit counts (cgroup-v2.rst, "HugeTLB"). Jobs get none of it: 0 for each size, once, on this
/// node's own group, which is above all jobs. Without the controller, and with a pool, every receipt says that nothing holds.
/// </summary>
internal sealed class HugePages
{
    public const string Resource = "huge pages";
    private const string PoolDirectory = "/sys/kernel/mm/hugepages";
    private readonly List<string> _files = [];
    private string _why = "";

    /// <param name="poolDirectory">A folder for each page size, with nr_hugepages in it.</param>
    public static HugePages Close(CgroupLayout layout, IGroupFiles files, string poolDirectory = PoolDirectory)
    {
        var huge = new HugePages();
        var sizes = files.Children(poolDirectory).Select(SizeOf).OfType<(string Folder, string Name)>().ToList();
        var pages = sizes.Sum(s => files.Read($"{poolDirectory}/{s.Folder}/nr_hugepages", out var text) == 0 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0);
        var mount = layout.Version == CgroupVersion.V2 ? layout.Hierarchies[0].Mount : layout.Of("hugetlb")?.Mount;
        if (layout.Version == CgroupVersion.V2 && sizes.Count > 0) SubtreeControl.FromTheTop($"{mount}/{layout.Root}", "hugetlb", files);
        foreach (var (_, name) in sizes)
            foreach (var limit in layout.Version == CgroupVersion.V2 ? (ReadOnlySpan<string>)["max", "rsvd.max"] : ["limit_in_bytes", "rsvd.limit_in_bytes"])
            {
                var file = $"{mount}/{layout.Base}/hugetlb.{name}.{limit}";
                if (mount is null || !files.Exists(file)) continue;
                var errno = files.Write(file, "0");
                if (errno == 0) huge._files.Add(file);
                else huge._why = $"cannot write 0 to {file}: {Errno.Describe(errno)}";
            }
        if (huge._files.Count == 0 && huge._why.Length == 0 && pages > 0) huge._why = $"this node has a pool of {pages} huge pages and no hugetlb controller: a job may take them";
        return huge;
    }

    /// <summary>Read again for each step: the receipt says what is there at its start.</summary>
    public void Add(Receipt receipt, IGroupFiles files)
    {
        foreach (var file in _files)
        {
            var errno = files.Read(file, out var back);
            receipt.Rows.Add(errno == 0 && back == "0" ? new ReceiptRow { Resource = Resource, Allocated = "0", File = file, Written = "0", ReadBack = back, Enforced = true }
                : throw new CgroupException(errno == 0 ? $"{file} reads back {back} after 0 was written: the limit does not hold" : $"cannot read {file}: {Errno.Describe(errno)}", file, errno));
        }
        if (_why.Length > 0) receipt.Rows.Add(ReceiptRows.NotEnforced(Resource, "", "", _why));
    }

    /// <summary>hugepages-2048kB → 2MB, as the controller calls its files (mm/hugetlb_cgroup.c).</summary>
    private static (string Folder, string Name)? SizeOf(string folder)
    {
        const string Head = "hugepages-", Tail = "kB";
        if (!folder.StartsWith(Head, StringComparison.Ordinal) || !folder.EndsWith(Tail, StringComparison.Ordinal)
            || !ulong.TryParse(folder.AsSpan(Head.Length, folder.Length - Head.Length - Tail.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var kib)) return null;
        var name = kib >= 1 << 20 ? $"{kib >> 20}GB" : kib >= 1 << 10 ? $"{kib >> 10}MB" : $"{kib}KB";
        return (folder, name);
    }
}
