using System.Globalization;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol create | update | delete</c> of partitions: Slurm's keys become those of stint.yaml. As in Slurm the file stays as it is, and holds
/// again after the server's next start.</summary>
internal static class PartitionVerbs
{
    private static readonly string[] Names =
    [
        "partitionname", "partition", "state", "maxtime", "defaulttime", "nodes", "default", "maxnodes", "minnodes", "prioritytier", "priorityjobfactor", "allowaccounts", "denyaccounts",
        "allowqos", "denyqos", "allowgroups", "qos", "alternate", "hidden", "rootonly", "reqresv", "disablerootjobs", "lln", "oversubscribe", "gracetime", "preemptmode", "exclusiveuser", "exclusivetopo",
        "defmempercpu", "defmempernode", "maxmempercpu", "maxmempernode", "maxcpuspernode", "maxcpuspersocket",
    ];

    public static async Task<int> ChangeAsync(CommandContext context, List<Assignment> given, bool create)
    {
        var set = new Dictionary<string, string>(StringComparer.Ordinal);
        string? name = null;
        foreach (var one in given)
        {
            string? key = Assignment.Full(one.Name, Names);
            if (key is null) return Assignment.NotSupported(context, one.Word);
            if (key is "partitionname" or "partition") { name = one.Value; continue; }
            if (one.Operation != '=') return Assignment.NotSupported(context, one.Word);
            if (Ours(key, one.Value) is not var (ours, value)) return Assignment.Invalid(context, one.Word);
            set[ours] = value;
        }
        if (string.IsNullOrEmpty(name) || set.Count == 0 && !create)
        {
            context.Error.WriteLine("No changes specified");
            return 1;
        }
        try
        {
            await context.Api.PostAsync($"/api/v1/partitions/{Uri.EscapeDataString(name)}", new PartitionChangeRequest(set) { Create = create }, ApiJson.Default.PartitionChangeRequest, ApiJson.Default.SelectionResult, context.Cancellation);
            return 0;
        }
        catch (ApiRefusedException e) { return Failed(context, create ? "scontrol_create_part error" : "slurm_update error", e); }
    }

    public static async Task<int> DeleteAsync(CommandContext context, string name)
    {
        try
        {
            await context.Api.DeleteAsync($"/api/v1/partitions/{Uri.EscapeDataString(name)}", ApiJson.Default.SelectionResult, context.Cancellation);
            return 0;
        }
        catch (ApiRefusedException e) { return Failed(context, "delete_partition error", e); }
    }

    private static (string Key, string Value)? Ours(string key, string value)
    {
        bool none = value.Length == 0 || value.Equals("NONE", StringComparison.OrdinalIgnoreCase) || value.Equals("(null)", StringComparison.OrdinalIgnoreCase);
        bool all = value.Equals("ALL", StringComparison.OrdinalIgnoreCase), unlimited = value.Equals("UNLIMITED", StringComparison.OrdinalIgnoreCase) || value.Equals("INFINITE", StringComparison.OrdinalIgnoreCase) || value == "-1";
        switch (key)
        {
            case "state": return ("state", value);
            case "nodes": return ("nodes", value);
            case "maxtime" or "defaulttime":
                string time = key == "maxtime" ? "max_time" : "default_time";
                if (none || unlimited) return (time, "");
                return SlurmDuration.TryParseLimit(value, out long ms, out _) ? (time, ms == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{ms / 1000}s")) : null;
            case "gracetime":
                return uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint seconds) ? ("grace", string.Create(CultureInfo.InvariantCulture, $"{seconds}s")) : null;
            case "default" or "hidden" or "rootonly" or "reqresv" or "disablerootjobs" or "lln" or "exclusiveuser" or "exclusivetopo": return YesNo(key, value);
            case "maxnodes": return ("max_nodes", unlimited ? "" : value);
            case "minnodes": return ("min_nodes", value);
            case "maxcpuspernode" or "maxcpuspersocket": return (key == "maxcpuspernode" ? "max_cpus_per_node" : "max_cpus_per_socket", unlimited ? "" : value);
            case "prioritytier": return ("priority_tier", value);
            case "priorityjobfactor": return ("priority_job_factor", value);
            case "allowaccounts" or "denyaccounts" or "allowqos" or "denyqos" or "allowgroups": return ($"{(key[0] == 'a' ? "allow" : "deny")}_{key[(key[0] == 'a' ? 5 : 4)..]}", all || none ? "" : value);
            case "qos" or "alternate": return (key, none || value == "N/A" ? "" : value);
            case "oversubscribe": return ("over_subscribe", value);
            case "preemptmode": return ("preempt_mode", value.ToLowerInvariant());
            case "defmempercpu" or "defmempernode" or "maxmempercpu" or "maxmempernode":
                string memory = $"{(key[0] == 'd' ? "default" : "max")}_memory_per_{key[9..]}";
                if (unlimited || none) return (memory, "");
                return MemorySize.TryParse(value, out ulong bytes, out _) ? (memory, string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10}K")) : null;
            default: return null;
        }
    }

    private static (string, string)? YesNo(string key, string value)
    {
        string ours = key switch { "rootonly" => "root_only", "reqresv" => "requires_reservation", "disablerootjobs" => "disable_root_jobs", "lln" => "least_loaded", "exclusiveuser" => "exclusive_user", "exclusivetopo" => "exclusive_topo", _ => key };
        return value.ToUpperInvariant() switch { "YES" or "TRUE" or "1" => (ours, "true"), "NO" or "FALSE" or "0" => (ours, "false"), _ => null };
    }

    /// <summary>A change of what operators configure was refused: Slurm's words, then what it was about.</summary>
    internal static int Failed(CommandContext context, string what, ApiRefusedException e)
    {
        context.Error.WriteLine($"{what}: {(e.Refusal.Code == "access_denied" ? "Invalid user id" : Printable.Of(SlurmErrors.Sentence(e.Refusal)))}");
        if (SlurmErrors.Detail(e.Refusal) is { } detail && e.Refusal.Code != "access_denied") context.Error.WriteLine($"{context.Name}: {Printable.Of(detail)}");
        return 1;
    }
}
