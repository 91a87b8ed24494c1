using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show ENTITY [ID]</c>; entities may be shortened and are taken in any case, as in Slurm.</summary>
internal static class Show
{
    private static readonly string[] Entities =
    [
        "job", "jobs", "node", "nodes", "partition", "partitions", "step", "steps", "config", "hostnames", "hostlistsorted", "hostlist", "daemons", "reservation", "reservations",
        "licenses", "topology", "aliases", "assoc_mgr", "bbstat", "burstbuffer", "dwstat", "federation", "frontend", "jobarray", "slurmd",
    ];

    public static async Task<int> RunAsync(CommandContext context, ShowStyle style, IReadOnlyList<string> words)
    {
        if (words.Count == 0) return Keyword.TooFew(context, "show");
        string asked = words[0].ToLowerInvariant();
        string? entity = asked.Length == 0 ? null : Array.Find(Entities, name => name == asked) ?? Array.Find(Entities, name => name.StartsWith(asked, StringComparison.Ordinal));
        // "show job=12" and "show JobId=12" name the record in one word.
        string? id = words.Count > 1 ? words[1] : null;
        if (entity is null && asked.IndexOf('=') is var at and > 0)
        {
            entity = asked[..at] switch { "job" or "jobid" => "job", "node" or "nodename" => "node", "partition" or "partitionname" => "partition", "step" or "stepid" => "step", "reservation" or "reservationname" => "reservation", _ => null };
            id = words[0][(at + 1)..];
        }
        if (words.Count > 2) return Keyword.TooMany(context, "show");
        switch (entity)
        {
            case "job" or "jobs": return await ShowJob.RunAsync(context, style, id);
            case "node" or "nodes": return await ShowNode.RunAsync(context, style, id);
            case "partition" or "partitions": return await ShowPartition.RunAsync(context, style, id);
            case "step" or "steps": return await ShowStep.RunAsync(context, style, id);
            case "config": return await ShowConfig.RunAsync(context);
            case "hostnames" or "hostlist" or "hostlistsorted": return ShowHosts.Run(context, entity, id);
            case "daemons": context.Out.Write("slurmctld slurmd\n"); return 0;
            case "reservation" or "reservations": return await ShowReservation.RunAsync(context, style, id);
            case "licenses": return await ShowLicenses.RunAsync(context, style, id);
            case "topology": return await ShowTopology.RunAsync(context, id);
            case null: context.Error.WriteLine($"invalid entity:{Printable.Of(words[0])} for keyword:show "); return 1;
            default: context.Error.WriteLine($"{context.Name}: error: show {entity} is not supported yet by this version of Stint"); return 1;
        }
    }
}
