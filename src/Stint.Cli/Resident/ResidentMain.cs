using System.Globalization;
using System.Runtime.InteropServices;
using Stint.Cli.Client;

namespace Stint.Cli.Resident;

/// <summary>
/// <c>stint-resident --home DIR</c>, started by <c>stint up</c>: runs the Slurm commands of all users of this machine for their fronts
/// (native/front), so that none of them waits for a runtime to start. It is never needed: without it each command is a process of its own.
/// </summary>
internal static class ResidentMain
{
    public const string Name = "stint-resident";
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    public static int Run(CommandContext context)
    {
        if (context.Arguments is not ["--home", var path])
        {
            context.Error.WriteLine($"usage: {Name} --home DIR (it is started by `stint up`)");
            return 2;
        }
        var home = new Host.Home(path);
        // Times are shown in each caller's zone; without one, in the machine's: never in that of whoever ran `stint up`.
        Environment.SetEnvironmentVariable("TZ", null);
        TimeZoneInfo.ClearCachedData();
        if (FrontWire.Build.Of(context.BinaryFolder) is not { } build)
        {
            context.Error.WriteLine($"{Name}: {context.BinaryFolder} is not an installation");
            return 1;
        }
        using var connections = new KeptConnections();
        var cluster = new Cluster(home.Socket, context.BinaryFolder, build, connections);
        try
        {
            WarmUp.Run(cluster);
            using var server = new FrontServer(FrontSocket.Listen(home.FrontSocket), cluster, context.Error);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, home, server));
            server.Run(() => IsOurs(home));
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Error.WriteLine($"{Name}: {e.Message}");
            return 1;
        }
    }

    private static void Stop(PosixSignalContext signal, Host.Home home, FrontServer server)
    {
        signal.Cancel = true;
        if (IsOurs(home)) File.Delete(home.FrontSocket);
        server.Stop(StopPatience);
        Environment.Exit(0);
    }

    /// <summary>The pid file names this process: no other took over, and the home is still there.</summary>
    private static bool IsOurs(Host.Home home)
    {
        TimeZoneInfo.ClearCachedData();
        try
        {
            return File.ReadAllText(home.ResidentPid).Trim() == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
