using Stint.Cli.Slurm.Format;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show hostnames | hostlist | hostlistsorted</c>; needs no controller.</summary>
internal static class ShowHosts
{
    public static int Run(CommandContext context, string kind, string? text)
    {
        text ??= kind == "hostnames" ? context.Environment.GetValueOrDefault("SLURM_JOB_NODELIST") : null;
        if (string.IsNullOrEmpty(text))
        {
            context.Error.WriteLine(kind == "hostnames" ? $"{context.Name}: error: host list is empty" : "invalid encode argument");
            return kind == "hostnames" ? 0 : 1;
        }
        if (!Hostlist.TryExpand(text, out var hosts, out string error))
        {
            if (!error.StartsWith("Invalid hostlist", StringComparison.Ordinal)) context.Error.WriteLine($"{context.Name}: error: _parse_single_range: {Printable.Of(error)}");
            context.Error.WriteLine($"Invalid hostlist: {Printable.Of(text)}");
            return 1;
        }
        if (kind == "hostnames")
            foreach (string host in hosts) context.Out.Write(Printable.Of(host) + "\n");
        else context.Out.Write(Printable.Of(kind == "hostlist" ? Hostlist.Fold(hosts) : Hostlist.FoldSorted(hosts)) + "\n");
        return 0;
    }
}
