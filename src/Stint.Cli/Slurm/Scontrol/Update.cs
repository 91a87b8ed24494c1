using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol update NodeName=… State=… Reason=…</c>; what else Slurm can update is refused in its words.</summary>
internal static class Update
{
    private static readonly string[] States = ["DOWN", "DRAIN", "IDLE", "RESUME", "UNDRAIN"];

    public static async Task<int> RunAsync(CommandContext context, IReadOnlyList<string> words)
    {
        string? nodes = null, state = null, reason = null;
        string? entity = words.Select(word => Key(word)).FirstOrDefault(key => key is "nodename" or "node" or "jobid" or "job" or "partitionname" or "partition" or "reservation" or "reservationname" or "stepid" or "slurmctlddebug");
        if (entity is null)
        {
            context.Error.WriteLine("No valid entity in update command");
            context.Error.WriteLine("Input line must include \"NodeName\", \"PartitionName\", \"Reservation\", \"JobId\", or \"SlurmctldDebug\"");
            return 1;
        }
        foreach (string word in words)
        {
            string value = word[(word.IndexOf('=') + 1)..];
            bool known = entity is "nodename" or "node";
            switch (known ? Key(word) : "")
            {
                case "nodename" or "node": nodes = value; break;
                case "state": state = value; break;
                case "reason": reason = value.Trim('"', '\''); break;
                default:
                    if (!known && Key(word) == entity) continue;
                    context.Error.WriteLine($"Update of this parameter is not supported: {Printable.Of(word)}");
                    context.Error.WriteLine("Request aborted");
                    return 1;
            }
        }
        if (nodes is not null) return await NodesAsync(context, nodes, state, reason ?? "");
        context.Error.WriteLine("No changes specified");
        return 1;
    }

    private static async Task<int> NodesAsync(CommandContext context, string names, string? state, string reason)
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
        if (full is "DOWN" or "DRAIN" && reason.Length == 0)
        {
            context.Error.WriteLine("You must specify a reason when DOWNING or DRAINING a node. Request denied");
            return 1;
        }
        if (!Hostlist.TryExpand(names, out var nodes, out _) || nodes.Count == 0) nodes = [names];
        foreach (string node in nodes)
        {
            try
            {
                await context.Api.PostAsync($"/api/v1/nodes/{Uri.EscapeDataString(node)}/state", new NodeStateRequest(full is "IDLE" or "UNDRAIN" ? "RESUME" : full, reason),
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

    private static string Key(string word) => word.IndexOf('=') is var at and > 0 ? word[..at].ToLowerInvariant() : word.ToLowerInvariant();
}
