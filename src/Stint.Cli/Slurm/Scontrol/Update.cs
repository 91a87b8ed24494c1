using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol update</c> of nodes, jobs and reservations. What the configuration file owns is refused with where to change it.</summary>
internal static class Update
{
    private static readonly string[] States = ["DOWN", "DRAIN", "FAIL", "FUTURE", "IDLE", "NO_RESPOND", "RESUME", "UNDRAIN"];
    private static readonly string[] Entities =
        ["nodename", "node", "jobid", "job", "partitionname", "partition", "reservationname", "reservation", "stepid", "slurmctlddebug"];

    public static async Task<int> RunAsync(CommandContext context, IReadOnlyList<string> words)
    {
        var given = words.Select(Assignment.Of).ToList();
        string? entity = given.Select(one => Array.Find(Entities, name => name == one.Name)).FirstOrDefault(name => name is not null)
            ?? given.Select(one => one.Word.Contains('=') ? Assignment.Full(one.Name, Entities) : null).FirstOrDefault(name => name is not null);
        switch (entity)
        {
            case "jobid" or "job": return await UpdateJob.RunAsync(context, given);
            case "reservation" or "reservationname": return await ReservationVerbs.UpdateAsync(context, given);
            case "nodename" or "node": return await NodesAsync(context, given);
            case "partition" or "partitionname": return await PartitionVerbs.ChangeAsync(context, given, create: false);
            case null:
                context.Error.WriteLine("No valid entity in update command");
                context.Error.WriteLine("Input line must include \"NodeName\", \"PartitionName\", \"Reservation\", \"JobId\", or \"SlurmctldDebug\"");
                return 1;
            default: return Assignment.NotSupported(context, words[0]);
        }
    }

    private static async Task<int> NodesAsync(CommandContext context, List<Assignment> given)
    {
        string? nodes = null, state = null, reason = null;
        string[]? features = null;
        uint? weight = null;
        foreach (var one in given)
        {
            switch (Assignment.Full(one.Name, "nodename", "node", "state", "reason", "weight", "features", "activefeatures", "availablefeatures", "gres", "comment", "cpubind", "extra"))
            {
                case "nodename" or "node": nodes = one.Value; break;
                case "state": state = one.Value; break;
                case "reason": reason = one.Value.Trim('"', '\''); break;
                case "weight" when uint.TryParse(one.Value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out uint number): weight = number; break;
                case "features" or "activefeatures" or "availablefeatures" when one.Operation == '=' && one.Value.Length > 0: features = one.Value.Split(',', StringSplitOptions.RemoveEmptyEntries); break;
                case "weight" or "features" or "activefeatures" or "availablefeatures" or "gres":
                    context.Error.WriteLine("slurm_update error: Requested operation is presently disabled");
                    context.Error.WriteLine($"{context.Name}: {one.Name} of nodes is in stint.yaml, under nodes: change it there and start the server again");
                    return 1;
                default: return Assignment.NotSupported(context, one.Word);
            }
        }
        if (nodes is not null && (features is not null || weight is not null))
        {
            if (await SettingsAsync(context, nodes, new NodeSettingsRequest { Features = features, Weight = weight }) is not 0 and var code) return code;
            if (state is null && reason is null) return 0;
        }
        if (nodes is not null) return await StatesAsync(context, nodes, state, reason ?? "");
        context.Error.WriteLine("No changes specified");
        return 1;
    }

    private static async Task<int> SettingsAsync(CommandContext context, string nodes, NodeSettingsRequest settings)
    {
        try
        {
            await context.Api.PostAsync($"/api/v1/nodes/{Uri.EscapeDataString(nodes)}/settings", settings, ApiJson.Default.NodeSettingsRequest, ApiJson.Default.SelectionResult, context.Cancellation);
            return 0;
        }
        catch (ApiRefusedException e) { return PartitionVerbs.Failed(context, "slurm_update error", e); }
    }

    private static async Task<int> StatesAsync(CommandContext context, string names, string? state, string reason)
    {
        if (state is null)
        {
            context.Error.WriteLine(reason.Length == 0 ? "No changes specified" : "Update of this parameter is not supported: reason without state");
            return 1;
        }
        string? full = state.Length >= 2 ? Array.Find(States, name => name.StartsWith(state, StringComparison.OrdinalIgnoreCase)) : null;
        if (full is null)
        {
            context.Error.WriteLine($"Invalid input: state={Printable.Of(state)}");
            context.Error.WriteLine("Request aborted");
            context.Error.WriteLine($"Valid states are: {string.Join(' ', States)}");
            context.Error.WriteLine("Not all states are valid given a node's prior state");
            return 1;
        }
        if (full is "DOWN" or "DRAIN" or "FAIL" && reason.Length == 0)
        {
            context.Error.WriteLine("You must specify a reason when DOWNING or DRAINING a node. Request denied");
            return 1;
        }
        if (!Hostlist.TryExpand(names, out var nodes, out _) || nodes.Count == 0) nodes = [names];
        foreach (string node in nodes)
        {
            try
            {
                await context.Api.PostAsync($"/api/v1/nodes/{Uri.EscapeDataString(node)}/state", new NodeStateRequest(full, reason),
                    ApiJson.Default.NodeStateRequest, ApiJson.Default.SelectionResult, context.Cancellation);
            }
            catch (ApiRefusedException e)
            {
                // Slurm names the user, not the permission, when somebody who may not changes a node.
                context.Error.WriteLine($"slurm_update error: {(e.Refusal.Code == "access_denied" ? "Invalid user id" : Printable.Of(SlurmErrors.Sentence(e.Refusal)))}");
                return 1;
            }
        }
        return 0;
    }
}
