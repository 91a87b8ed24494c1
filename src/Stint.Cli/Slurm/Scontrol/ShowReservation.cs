using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show reservation [name]</c>.</summary>
internal static class ShowReservation
{
    public static async Task<int> RunAsync(CommandContext context, ShowStyle style, string? name)
    {
        var list = await context.Api.GetAsync("/api/v1/reservations", ApiJson.Default.ReservationList, context.Cancellation);
        var chosen = list.Reservations.Where(one => name is null || one.Name == name).ToList();
        if (chosen.Count == 0)
        {
            if (name is null) { context.Out.Write("No reservations in the system\n"); return 0; }
            context.Out.Write($"Reservation {Printable.Of(name)} not found\n");
            return 1;
        }
        var clock = new Clock(list.NowMs, context.Time.LocalTimeZone);
        foreach (var one in chosen) Record(one, clock).Write(context.Out, style.OneLine);
        return 0;
    }

    private static RecordText Record(ReservationView one, Clock clock)
    {
        var record = new RecordText().Line($"ReservationName={one.Name} StartTime={clock.At(one.StartMs, "Unknown")} EndTime={clock.At(one.EndMs, "Unknown")} Duration={SlurmDuration.FormatFull(one.EndMs - one.StartMs)}")
            .Line($"Nodes={OrNull(one.Nodes)} NodeCnt={one.NodeCount} CoreCnt={one.CoreCount} Features={OrNull(one.Features)} PartitionName={OrNull(one.Partition)} Flags={string.Join(',', one.Flags)}");
        foreach (var share in one.Shares) record.Inner($"NodeName={share.Node} CoreIDs={CpuRanges.Print(share.Cpus)}{(share.Gres.Length > 0 ? $" GRES={share.Gres}" : "")}");
        record.Line($"TRES={(one.Tres.Length == 0 ? "(null)" : string.Join(',', one.Tres.Select(tres => $"{tres.Tres}={tres.Count}")))}")
            .Line($"Users={Names(one.Users, one.UsersDenied)} Groups={Names(one.Groups, false)} Accounts={Names(one.Accounts, one.AccountsDenied)} Licenses={OrNull(one.Licenses)} State={one.State} BurstBuffer=(null) Watts=n/a")
            .Line("MaxStartDelay=(null)");
        if (one.Qos.Length > 0) record.Line($"QOS={string.Join(',', one.Qos)}");
        if (one.Comment is { Length: > 0 } comment) record.Line($"Comment={comment}");
        return record;
    }

    private static string Names(string[] names, bool denied) => names.Length == 0 ? "(null)" : string.Join(',', denied ? names.Select(name => "-" + name) : names);
    private static string OrNull(string? text) => string.IsNullOrEmpty(text) ? "(null)" : text;
}
