using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show config</c>: Slurm's keys first, then ours in a block of their own.</summary>
internal static class ShowConfig
{
    private const int KeyWidth = 23;

    public static async Task<int> RunAsync(CommandContext context)
    {
        var config = await context.Api.GetAsync("/api/v1/config", ApiJson.Default.ConfigView, context.Cancellation);
        context.Out.Write($"Configuration data as of {new Clock(config.NowMs, context.Time.LocalTimeZone).At(config.NowMs, "Unknown")}\n");
        Write(context.Out, config.Slurm);
        if (config.Stint.Count > 0)
        {
            context.Out.Write("\nStint Configuration:\n");
            Write(context.Out, config.Stint);
        }
        context.Out.Write($"\nSlurmctld(primary) at {config.Host} is UP\n");
        return 0;
    }

    private static void Write(TextWriter output, SortedDictionary<string, string> values)
    {
        foreach (var (key, value) in values.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
            output.Write($"{Printable.Of(key).PadRight(KeyWidth)} = {(value.Length > 0 ? Printable.Of(value) : "(null)")}\n");
    }
}
