using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sinfo;

/// <summary><c>sinfo -T</c>: one line for each reservation; the first column is as wide as the longest name.</summary>
internal static class ReservationLines
{
    private const int NameWidth = 9;

    public static async Task<int> WriteAsync(CommandContext context, bool noHeading)
    {
        var list = await context.Api.GetAsync("/api/v1/reservations", ApiJson.Default.ReservationList, context.Cancellation);
        if (list.Reservations.Length == 0)
        {
            context.Out.Write("No reservations in the system\n");
            return 0;
        }
        int width = Math.Max(NameWidth, list.Reservations.Max(r => r.Name.Length));
        if (!noHeading) Write(context, width, "RESV_NAME", "STATE", "START_TIME", "END_TIME", "DURATION", "NODELIST");
        var clock = new Clock(list.NowMs, context.Time.LocalTimeZone);
        foreach (var one in list.Reservations)
            Write(context, width, one.Name, one.State, clock.At(one.StartMs, "Unknown"), clock.At(one.EndMs, "Unknown"), SlurmDuration.FormatFull(one.EndMs - one.StartMs), one.Nodes);
        return 0;
    }

    private static void Write(CommandContext context, int width, string name, string state, string start, string end, string duration, string nodes) =>
        context.Out.Write($"{Printable.Of(name).PadRight(width)}  {state,8}  {start,19}  {end,19}  {duration,11}  {nodes}\n");
}
