using System.Globalization;
using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Sinfo;

/// <summary><c>sinfo</c>.</summary>
public static class SinfoCommand
{
    /// <summary>A node's name is never cut: the column is as wide as the longest.</summary>
    private const int NodeNameWidth = 9;

    public static async Task<int> RunAsync(CommandContext context)
    {
        var line = OptionParser.Parse(SinfoOptions.Table, context.Arguments, stopAtOperand: false);
        if (line.Error is not null)
        {
            context.Error.WriteLine($"{context.Name}: {line.Error}\nTry \"{context.Name} --help\" for more information");
            return 1;
        }
        if (Information(context, line) is { } done) return done;
        int pauseSeconds = 0;
        if (line.Value("iterate") is { } pause && (!int.TryParse(pause, NumberStyles.None, CultureInfo.InvariantCulture, out pauseSeconds) || pauseSeconds == 0))
        {
            context.Error.WriteLine($"{context.Name}: error: Error: invalid entry for --iterate={Printable.Of(pause)}");
            return 1;
        }
        if (line.Has("yaml"))
        {
            context.Error.WriteLine($"{context.Name}: error: YAML output is not supported yet by this version of Stint; use --json");
            return 1;
        }
        if (!NodeSelector.TryRead(context, line, out var selector)) return 1;
        while (true)
        {
            int code;
            try
            {
                code = await OnceAsync(context, line, selector, pauseSeconds > 0);
            }
            catch (ApiUnreachableException e) { code = Unreachable.Report(context, "slurm_load_partitions", e); }
            catch (ApiRefusedException e) { code = Unreachable.Report(context, "slurm_load_partitions", e); }
            if (pauseSeconds == 0) return code;
            context.Out.Write('\n');
            context.Out.Flush();
            await Task.Delay(TimeSpan.FromSeconds(pauseSeconds), context.Time, context.Cancellation);
        }
    }

    private static int? Information(CommandContext context, ParsedLine line)
    {
        if (line.Has("help")) { context.Out.Write(SinfoOptions.Help); return 0; }
        if (line.Has("usage")) { context.Out.Write(SinfoOptions.Usage); return 0; }
        if (line.Has("version")) { context.Out.Write(SlurmVersion.Line + "\n"); return 0; }
        if (!line.Has("helpFormat")) return null;
        NameColumns.Write(context.Out, NodeFields.Table.All.Select(field => field.Names[0]));
        return 0;
    }

    private static async Task<int> OnceAsync(CommandContext context, ParsedLine line, NodeSelector selector, bool again)
    {
        if (line.Has("reservation")) return await ReservationLines.WriteAsync(context, line.Has("noheader"));
        var partitions = await context.Api.GetAsync("/api/v1/partitions", ApiJson.Default.PartitionList, context.Cancellation);
        var nodes = await context.Api.GetAsync("/api/v1/nodes", ApiJson.Default.NodeList, context.Cancellation);
        var zone = context.Time.LocalTimeZone;
        if (line.Has("json"))
        {
            var ping = await context.Api.GetAsync("/api/v1/ping", ApiJson.Default.PingView, context.Cancellation);
            NodesJson.Write(context, NodeGroups.Of(partitions, nodes, selector, NodesJson.Separating, exact: true, line.Has("Node"), zone), ping.Cluster);
            return 0;
        }
        if (again || (line.Has("long") && !line.Has("noheader"))) context.Out.Write(new Clock(nodes.NowMs, zone).Banner() + "\n");
        var format = Format(context, line, nodes);
        bool byNode = line.Has("Node");
        var fields = format.Fields().Select(NodeFields.Rule).ToList();
        bool exact = line.Has("exact") || byNode;
        var groups = NodeGroups.Of(partitions, nodes, selector, fields, exact, byNode, zone);
        if (line.Has("list-reasons")) groups.RemoveAll(group => group.Nodes.Count == 0);
        if (!line.Has("noheader")) format.WriteHeading(context.Out);
        string order = line.Value("sort") ?? context.Environment.GetValueOrDefault("SINFO_SORT") ?? (byNode ? "N,#P" : line.Has("list-reasons") ? "N" : "#P,-t,N");
        if (!SortOrder.TrySort(groups, order, NodeFields.Table, out char unknown))
        {
            context.Out.Flush();
            context.Error.WriteLine($"{context.Name}: error: Invalid sort specification: {unknown}");
            return 1;
        }
        format.Write(context.Out, groups);
        return 0;
    }

    private static LineFormat<NodeGroup> Format(CommandContext context, ParsedLine line, NodeList nodes)
    {
        string? letters = line.Value("format");
        string? names = line.Value("Format");
        if (letters is null && names is null && !line.Has("long") && !line.Has("summarize") && !line.Has("list-reasons") && !line.Has("Node"))
            letters = context.Environment.GetValueOrDefault("SINFO_FORMAT");
        if (names is not null && letters is null)
            return NameFormat.Parse(names, NodeFields.Table, bad => context.Error.WriteLine($"{context.Name}: error: Invalid node format specification: {Printable.Of(bad)}"));
        letters ??= Default(line, Math.Max(NodeNameWidth, nodes.Nodes.Select(node => node.Name.Length).DefaultIfEmpty(0).Max()));
        return PercentFormat.Parse(letters, NodeFields.Table, bad => context.Error.WriteLine($"Invalid node format specification: {bad}"), " |", allEndsWithSuffix: true);
    }

    private static string Default(ParsedLine line, int width) =>
        line.Has("summarize") ? "%9P %.5a %.10l %.16F %N"
        : line.Has("list-reasons") ? line.Has("long") ? "%20E %12U %19H %6t %N" : "%20E %9u %19H %N"
        : line.Has("Node") ? line.Has("long") ? $"%{width}N %.6D %.9P %.11T %4c %.8z %.6m %.8d %.6w %.8f %20E" : $"%{width}N %.6D %.9P %6t"
        : line.Has("long") ? "%9P %.5a %.10l %.10s %.4r %.8h %.10g %.6D %.11T %.11i %N"
        : "%9P %.5a %.10l %.6D %.6t %N";
}
