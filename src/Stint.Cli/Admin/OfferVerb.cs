using System.Globalization;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Admin;

/// <summary><c>stint offer</c>: where and when a request would start, with which limits, and which nodes could be part of it.</summary>
internal static class OfferVerb
{
    private const int NodesShown = 20;

    /// <summary>For completion; sbatch's own table says what each takes.</summary>
    private static readonly string[] ResourceOptions =
    [
        "array", "begin", "constraint", "contiguous", "cores-per-socket", "cpus-per-gpu", "cpus-per-task", "deadline", "dependency", "exclude", "exclusive", "gpus",
        "gpus-per-node", "gpus-per-task", "gres", "licenses", "mem", "mem-per-cpu", "mem-per-gpu", "mincpus", "nodelist", "nodes", "ntasks", "ntasks-per-node",
        "oversubscribe", "partition", "qos", "reservation", "sockets-per-node", "switches", "threads-per-core", "time", "time-min", "tmp", "account",
    ];

    public static readonly VerbOption[] Options =
    [
        VerbOption.Json,
        .. LaunchOptionTable.For(LaunchCommand.Sbatch).Where(spec => ResourceOptions.Contains(spec.Name))
            .Select(spec => new VerbOption(spec.Name, spec.Short, spec.Argument == OptionArgument.Required ? "VALUE" : "", "")),
    ];

    public static async Task<int> RunAsync(CommandContext context, ParsedLine none)
    {
        bool json = context.Arguments.Contains("--json");
        context = context with { Name = "stint offer", Arguments = [.. context.Arguments.Where(word => word != "--json")], RawArguments = null };
        var line = LaunchLine.Parse(context, LaunchCommand.Sbatch);
        if (line.ExitCode is { } code) return code;
        if (line.Operands.Count > 0)
        {
            context.Error.WriteLine($"stint offer: '{Printable.Of(context.Arguments[line.Operands[0]])}' is one word too many: a request is options only");
            return LaunchLine.BadUsage;
        }
        var request = SubmitRequests.From(context, line.Options, "offer", "") with { TestOnly = true, Script = "#!/bin/sh\n"u8.ToArray(), Environment = [] };
        var answer = await context.Api.SubmitAsync(request, context.Cancellation);
        if (answer.Offer is not { } offer) throw new InvalidOperationException("the server's answer holds no offer");
        if (json) return JsonAnswer.Write(context, offer);
        Write(context, offer);
        return 0;
    }

    private static void Write(CommandContext context, OfferView offer)
    {
        var palette = Palette.Of(context);
        var zone = context.Time.LocalTimeZone;
        context.Out.Write(Printable.Of(Headline(offer, zone)) + "\n");
        if (offer.ReasonDetail.Length > 0) context.Out.Write($"  {Printable.Of(offer.ReasonDetail)}\n");
        if (offer.Preempts.Length > 0) context.Out.Write($"  jobs {string.Join(", ", offer.Preempts)} would give way to it\n");
        if (offer.QueueWasCut) context.Out.Write("  the queue is long: jobs far behind in it were not looked at\n");
        if (offer.Shares.Length > 0)
        {
            context.Out.Write($"\nIt gets, and is limited to {(offer.LimitPolicy == "capacity" ? "(all that the offer holds)" : "(what was asked for)")}:\n");
            var shares = new TextTable(("NODE", false), ("TASKS", true), ("CPUS", true), ("MEMORY", true), ("CPU IDS", false));
            foreach (var share in offer.Shares.Take(NodesShown))
                shares.Add(share.Node, Number(share.Tasks), Number(share.Cpus.Length), Quantity.Bytes(share.MemoryBytes), CpuRanges.Print(share.Cpus));
            shares.Write(context.Out, palette, indent: 2);
            More(context, offer.Shares.Length);
        }
        WriteNodes(context, offer, palette, zone);
    }

    private static void WriteNodes(CommandContext context, OfferView offer, Palette palette, TimeZoneInfo zone)
    {
        if (offer.Nodes.Length == 0) return;
        context.Out.Write($"\nNodes of partition {Printable.Of(offer.Partition)} that can be part of it:\n");
        var groups = offer.Nodes.GroupBy(node => (node.TasksNow, node.TasksMax, node.FromMs))
            .OrderBy(group => group.Key.FromMs == 0 ? long.MaxValue : group.Key.FromMs).ToList();
        var table = new TextTable(("NODES", false), ("COUNT", true), ("TASKS NOW", true), ("TASKS AT MOST", true), ("FREE FROM", false));
        foreach (var group in groups.Take(NodesShown))
            table.Add(Hostlist.Fold(group.Select(node => node.Node)), Number(group.Count()), Number(group.Key.TasksNow), Number(group.Key.TasksMax),
                group.Key.FromMs == 0 ? "later" : group.Key.FromMs <= offer.NowMs ? "now" : SlurmDate.Format(group.Key.FromMs, zone));
        table.Write(context.Out, palette, indent: 2);
        More(context, groups.Count);
    }

    private static string Headline(OfferView offer, TimeZoneInfo zone) =>
        offer.StartMs == 0 ? $"It would wait in partition {offer.Partition} ({offer.Reason}); when it starts cannot be said"
        : offer.StartMs <= offer.NowMs ? $"It would start now in partition {offer.Partition} on {offer.NodeList}"
        : $"It would start at {SlurmDate.Format(offer.StartMs, zone)} in partition {offer.Partition} on {offer.NodeList}; until then it waits ({offer.Reason})";

    private static void More(CommandContext context, int rows)
    {
        if (rows > NodesShown) context.Out.Write($"  … and {rows - NodesShown} more: --json shows all\n");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
