using System.Diagnostics;

namespace Stint.Testing;

/// <summary>The disk that tests write to, for the test projects that limit its rate.</summary>
internal static class TestDisk
{
    /// <summary>"/dev/vda": the whole disk below /var/tmp; null: it is on none of /sys/class/block, as an overlay is not.</summary>
    public static string? Whole()
    {
        using var findmnt = Process.Start(new ProcessStartInfo("findmnt", ["-n", "-o", "SOURCE", "-T", "/var/tmp"]) { RedirectStandardOutput = true })!;
        var source = findmnt.StandardOutput.ReadToEnd().Trim();
        var place = new DirectoryInfo($"/sys/class/block/{Path.GetFileName(source)}");
        if (!source.StartsWith("/dev/", StringComparison.Ordinal) || !place.Exists) return null;
        return File.Exists($"{place.FullName}/partition") ? $"/dev/{Path.GetFileName(Path.GetDirectoryName(place.ResolveLinkTarget(true)!.FullName))}" : source;
    }
}
