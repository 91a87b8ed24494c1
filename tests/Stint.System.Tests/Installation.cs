using System.Diagnostics;

namespace Stint.SystemTests;

/// <summary>The built programs. Users must be able to reach them: a clone below a private folder is copied to one that is open, until the tests end.</summary>
internal static class Installation
{
    public static string Bin() => Path.Combine(IsOpen(Root()) ? Root() : Copy(Root()), "bin");

    /// <summary>The clone that these tests are of.</summary>
    public static string Root()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Stint.slnx"))) root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no Stint.slnx above the tests");
        return root;
    }

    private static bool IsOpen(string folder)
    {
        for (var f = folder; f is not null; f = Path.GetDirectoryName(f))
            if ((File.GetUnixFileMode(f) & UnixFileMode.OtherExecute) == 0) return false;
        return true;
    }

    private static string Copy(string root)
    {
        var copy = $"/var/tmp/stint-test-bin-{Environment.ProcessId}";
        Directory.CreateDirectory(copy);
        using var cp = Process.Start("cp", ["-a", Path.Combine(root, "lib"), Path.Combine(root, "bin"), copy]);
        cp.WaitForExit();
        if (cp.ExitCode != 0) throw new InvalidOperationException($"cannot copy the programs from {root} to {copy}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(copy, recursive: true);
        return copy;
    }
}
