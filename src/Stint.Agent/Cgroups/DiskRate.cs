using System.Globalization;

namespace Stint.Agent.Cgroups;

/// <summary>The most that each job may read from and write to one disk of this node in a second. 0: no limit.</summary>
/// <param name="Disk">As the administrator named it.</param>
/// <param name="Number">"major:minor" of the whole disk: the kernel limits no partition (block/blk-cgroup.c, blkg_conf_prep).</param>
internal sealed record DiskRate(string Disk, string Number, ulong ReadBytes, ulong WriteBytes, ulong ReadOps, ulong WriteOps)
{
    /// <summary>"/dev/sda:read=100M,write=50M,read-ops=1000,write-ops=500"; sizes in bytes or with K, M, G, T (1024). Throws <see cref="FormatException"/>.</summary>
    /// <param name="root">In front of /dev and /sys; empty but in tests.</param>
    public static DiskRate Parse(string text, string root = "")
    {
        var (disk, parts) = NodeOption.Split("--disk-rate", text, "/dev/DISK:read=100M,write=50M,read-ops=N,write-ops=N, at least one of the four", ["read", "write", "read-ops", "write-ops"]);
        var values = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var (key, value) in parts)
            values[key] = Amount(value, isBytes: key is "read" or "write") is > 0 and var amount ? amount
                : throw new FormatException($"--disk-rate {text}: {key}={value}: {(key is "read" or "write" ? "bytes in a second, as 100M" : "operations in a second, a number")}, above 0");
        return new DiskRate(disk, WholeDisk(disk, root), values.GetValueOrDefault("read"), values.GetValueOrDefault("write"), values.GetValueOrDefault("read-ops"), values.GetValueOrDefault("write-ops"));
    }

    /// <summary>The line of io.max (cgroup-v2.rst, "IO Interface Files").</summary>
    public string LineV2 => $"{Number} rbps={Or(ReadBytes)} wbps={Or(WriteBytes)} riops={Or(ReadOps)} wiops={Or(WriteOps)}";

    /// <summary>The files of cgroup v1 with their values (blkio-controller.rst, "Throttling/Upper limit policy files").</summary>
    public IEnumerable<(string File, ulong Value)> FilesV1 => new[]
    {
        ("blkio.throttle.read_bps_device", ReadBytes), ("blkio.throttle.write_bps_device", WriteBytes),
        ("blkio.throttle.read_iops_device", ReadOps), ("blkio.throttle.write_iops_device", WriteOps),
    }.Where(static f => f.Item2 > 0);

    /// <summary>"/dev/sda: read 100M, write 50M a second".</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (ReadBytes > 0) parts.Add($"read {ReceiptRows.Bytes(ReadBytes)}");
        if (WriteBytes > 0) parts.Add($"write {ReceiptRows.Bytes(WriteBytes)}");
        if (ReadOps > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{ReadOps} reads"));
        if (WriteOps > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{WriteOps} writes"));
        return $"{Disk}: {string.Join(", ", parts)} a second";
    }

    private static string Or(ulong value) => value == 0 ? "max" : value.ToString(CultureInfo.InvariantCulture);

    private static ulong? Amount(string text, bool isBytes)
    {
        var shift = isBytes && text.Length > 1 ? char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 } : 0;
        return ulong.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= ulong.MaxValue >> (shift + 1) ? number << shift : null;
    }

    private static string WholeDisk(string disk, string root)
    {
        if (!disk.StartsWith("/dev/", StringComparison.Ordinal) || !File.Exists(root + disk)) throw NoDisk(disk);
        var name = Path.GetFileName(File.ResolveLinkTarget(root + disk, returnFinalTarget: true)?.FullName ?? disk);
        var place = new DirectoryInfo($"{root}/sys/class/block/{name}");
        if (!place.Exists) throw NoDisk(disk);
        if (File.Exists($"{place.FullName}/partition"))
        {
            var whole = Path.GetFileName(Path.GetDirectoryName(place.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? place.FullName)!);
            throw new FormatException($"--disk-rate {disk}: this is a partition, and the kernel limits whole disks only: name /dev/{whole}");
        }
        return File.ReadAllText($"{place.FullName}/dev").Trim();
    }

    private static FormatException NoDisk(string disk) => new($"--disk-rate {disk}: no such disk here (lsblk lists them)");
}
