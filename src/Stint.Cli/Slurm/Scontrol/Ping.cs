using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol ping</c>: harnesses look for "is UP".</summary>
internal static class Ping
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        try
        {
            var ping = await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation);
            context.Out.Write($"Slurmctld(primary) at {Printable.Of(ping.Host)} is UP\n");
            return 0;
        }
        catch (ApiUnreachableException e)
        {
            context.Out.Write($"Slurmctld(primary) at {Native.Libc.HostName()} is DOWN\n");
            context.Out.Flush();
            context.Error.WriteLine($"{context.Name}: {Printable.Of(e.Message)}");
            return 1;
        }
    }
}
