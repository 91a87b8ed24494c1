using System.Diagnostics;
using System.Globalization;

namespace Stint.SystemTests;

/// <summary>
/// A mount namespace of its own, kept by a process that sleeps in it: file systems of a few megabytes, real ENOSPC, and nothing that the machine sees.
/// Gone with that process and those that were started in it.
/// </summary>
internal sealed class PrivateMounts : IDisposable
{
    private readonly Process _keeper;

    private PrivateMounts(Process keeper) => _keeper = keeper;

    /// <summary>The namespace's own root, from outside.</summary>
    public string Root => string.Create(CultureInfo.InvariantCulture, $"/proc/{_keeper.Id}/root");

    public static PrivateMounts Make(string script, string home)
    {
        var start = new ProcessStartInfo("unshare", ["-m", "--propagation", "private", "sh", "-euc", script + "\necho ready; exec sleep 1000000", "sh", home]) { RedirectStandardOutput = true };
        var keeper = Process.Start(start)!;
        var line = keeper.StandardOutput.ReadLine();
        if (line == "ready") return new PrivateMounts(keeper);
        keeper.Kill(entireProcessTree: true);
        throw new InvalidOperationException($"the namespace was not made: {line}");
    }

    public string[] Enter(string directory) => ["nsenter", "-t", _keeper.Id.ToString(CultureInfo.InvariantCulture), "-m", "-W", directory];

    public void Dispose()
    {
        if (!_keeper.HasExited) _keeper.Kill(entireProcessTree: true);
        _keeper.WaitForExit();
        _keeper.Dispose();
    }
}
