using System.Globalization;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol create | update | delete reservation</c></summary>
internal static partial class ReservationVerbs
{
    private static readonly string[] Names =
    [
        "reservationname", "reservation", "starttime", "endtime", "duration", "nodes", "nodecnt", "corecnt", "partitionname", "flags", "users", "accounts", "groups", "qos",
        "features", "licenses", "tres", "comment", "skip", "maxstartdelay", "burstbuffer", "allowedpartitions", "trespernode", "watts",
    ];

    public static async Task<int> CreateAsync(CommandContext context, IReadOnlyList<string> words)
    {
        if (words.Count == 0) return Keyword.TooFew(context, "create");
        var given = words.Select(Assignment.Of).ToList();
        if (!given[0].Word.Contains('='))
        {
            switch (Assignment.Full(given[0].Name, "reservation", "reservationname", "partition", "partitionname", "nodename"))
            {
                case "reservation" or "reservationname": given.RemoveAt(0); break;
                case null: return NoEntity(context);
                case "nodename": return InFile(context);
                default:
                    given.RemoveAt(0);
                    return await PartitionVerbs.ChangeAsync(context, given, create: true);
            }
        }
        else if (given.Exists(one => Assignment.Full(one.Name, "partitionname") is not null) && !given.Exists(one => Assignment.Full(one.Name, "reservationname") is not null))
            return await PartitionVerbs.ChangeAsync(context, given, create: true);
        else if (!given.Exists(one => Assignment.Full(one.Name, "reservationname", "reservation") is not null)) return given.Exists(one => Assignment.Full(one.Name, "partitionname", "nodename") is not null) ? InFile(context) : NoEntity(context);
        var (request, code) = Read(context, given);
        if (request is null) return code;
        if (Incomplete(request) is { } missing)
        {
            context.Error.WriteLine($"{missing}  No reservation created.");
            return 1;
        }
        request.StartMs ??= context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        try
        {
            var made = await context.Api.PostAsync("/api/v1/reservations", request, ApiJson.Default.ReservationRequest, ApiJson.Default.ReservationResponse, context.Cancellation);
            context.Out.Write($"Reservation created: {Printable.Of(made.Name)}\n");
            return 0;
        }
        catch (ApiRefusedException e) { return Failed(context, "Error creating the reservation", e); }
    }

    public static async Task<int> UpdateAsync(CommandContext context, List<Assignment> given)
    {
        var (request, code) = Read(context, given);
        if (request is null) return code;
        string name = request.Name ?? "";
        request.Name = null;
        try
        {
            await context.Api.PostAsync($"/api/v1/reservations/{Uri.EscapeDataString(name)}", request, ApiJson.Default.ReservationRequest, ApiJson.Default.ReservationResponse, context.Cancellation);
            context.Out.Write("Reservation updated.\n");
            return 0;
        }
        catch (ApiRefusedException e) { return Failed(context, "Error updating the reservation", e); }
    }

    public static async Task<int> DeleteAsync(CommandContext context, IReadOnlyList<string> words)
    {
        if (words.Count == 0) return Keyword.TooFew(context, "delete");
        var first = Assignment.Of(words[0]);
        string? entity = Assignment.Full(first.Name, "reservationname", "reservation", "partitionname", "partition", "nodename");
        if (entity is "nodename") return InFile(context);
        string? name = first.Word.Contains('=') ? first.Value : words.Count > 1 ? words[1] : null;
        if (entity is null || name is null) return NoEntity(context);
        if (entity is "partitionname" or "partition") return await PartitionVerbs.DeleteAsync(context, name);
        try
        {
            await context.Api.DeleteAsync($"/api/v1/reservations/{Uri.EscapeDataString(name)}", ApiJson.Default.ReservationResponse, context.Cancellation);
            return 0;
        }
        catch (ApiRefusedException e) { return Failed(context, $"delete_reservation {Printable.Of(name)}", e); }
    }

    private static string? Incomplete(ReservationRequest request) =>
        (request.EndMs ?? request.DurationMs) is null ? "An end time or duration must be given."
        : (request.Users ?? request.Accounts ?? request.Groups ?? request.Qos) is null ? "Either Users/Groups and/or Accounts must be specified."
        : request.Nodes is null && request.NodeCount is null && request.CoreCount is null && request.CoresPerNode is null && request.Licenses is null && request.Tres is null && request.Partition is null
            ? "Nodes, NodeCnt, CoreCnt, Licenses, TRES and/or PartitionName must be specified."
        : null;

    private static (ReservationRequest? Request, int Code) Read(CommandContext context, List<Assignment> given)
    {
        var request = new ReservationRequest();
        foreach (var one in given)
        {
            string? name = Assignment.Full(one.Name, Names);
            if (name is null or "maxstartdelay" or "burstbuffer" or "allowedpartitions" or "trespernode" or "watts") return (null, Assignment.NotSupported(context, one.Word));
            if (!Lists(request, name, one) && (one.Operation != '=' || !Simple(context, request, name, one.Value))) return (null, Assignment.Invalid(context, one.Word));
        }
        return (request, 0);
    }

    private static bool Simple(CommandContext context, ReservationRequest request, string name, string value)
    {
        switch (name)
        {
            case "reservationname" or "reservation": request.Name = value; return value.Length > 0;
            case "starttime": request.StartMs = UpdateJob.Date(context, value); return request.StartMs is not null;
            case "endtime": request.EndMs = UpdateJob.Date(context, value); return request.EndMs is not null;
            case "duration":
                if (!SlurmDuration.TryParseLimit(value, out long durationMs, out _)) return false;
                // Without an end: a year, as slurmctld takes INFINITE.
                request.DurationMs = durationMs == 0 ? 365L * 86_400_000 : durationMs;
                return true;
            case "nodecnt": return Count(value, out var nodes) && (request.NodeCount = nodes) > 0;
            case "corecnt": return Cores(request, value);
            case "partitionname": request.Partition = value; return true;
            case "features": request.Features = value; return true;
            case "licenses": request.Licenses = value; return true;
            case "comment": request.Comment = value; return true;
            case "skip": request.Skip = true; return true;
            case "tres": return Tres(request, value);
            default: return false;
        }
    }

    private static bool Cores(ReservationRequest request, string value)
    {
        string[] parts = value.Split(',');
        var counts = new uint[parts.Length];
        for (int i = 0; i < parts.Length; i++)
            if (!Count(parts[i], out counts[i])) return false;
        if (parts.Length == 1) request.CoreCount = counts[0];
        else request.CoresPerNode = counts;
        return true;
    }

    /// <summary><c>cpu=4,node=2,gres/gpu=8,license/matlab=3</c></summary>
    private static bool Tres(ReservationRequest request, string value)
    {
        var tres = new List<TresCount>();
        foreach (string part in value.Split(','))
        {
            int at = part.LastIndexOf('=');
            if (at <= 0 || !Count(part[(at + 1)..], out uint count)) return false;
            if (part[..at] == "node") request.NodeCount = count;
            else tres.Add(new TresCount(part[..at], count));
        }
        if (tres.Count > 0) request.Tres = [.. tres];
        return true;
    }

    private static bool Lists(ReservationRequest request, string name, Assignment one)
    {
        string[] items = one.Value.Split(',', StringSplitOptions.RemoveEmptyEntries);
        switch (name)
        {
            case "nodes":
                if (one.Operation == '+') request.NodesAdded = one.Value;
                else if (one.Operation == '-') request.NodesRemoved = one.Value;
                else request.Nodes = one.Value.Equals("ALL", StringComparison.OrdinalIgnoreCase) ? "ALL" : one.Value;
                return true;
            case "flags":
                foreach (string item in items)
                {
                    if (one.Operation == '-' || item[0] == '-') request.FlagsRemoved = [.. request.FlagsRemoved, item.TrimStart('-').ToUpperInvariant()];
                    else request.FlagsAdded = [.. request.FlagsAdded, item.TrimStart('+').ToUpperInvariant()];
                }
                return items.Length > 0;
            case "users":
                if (one.Operation == '+') request.UsersAdded = items;
                else if (one.Operation == '-') request.UsersRemoved = items;
                else if (!Denied(items, out var users, out bool usersDenied)) return false;
                else (request.Users, request.UsersDenied) = (users, usersDenied);
                return true;
            case "accounts":
                if (one.Operation == '+') request.AccountsAdded = items;
                else if (one.Operation == '-') request.AccountsRemoved = items;
                else if (!Denied(items, out var accounts, out bool accountsDenied)) return false;
                else (request.Accounts, request.AccountsDenied) = (accounts, accountsDenied);
                return true;
            case "groups" when one.Operation == '=': request.Groups = items; return true;
            case "qos" when one.Operation == '=': request.Qos = items; return true;
            default: return false;
        }
    }

    /// <summary><c>-a,-b</c>: all but these; a mixture is an error.</summary>
    private static bool Denied(string[] items, out string[] names, out bool denied)
    {
        denied = items.Length > 0 && items[0][0] == '-';
        bool first = denied;
        names = [.. items.Select(item => item.TrimStart('-'))];
        return Array.TrueForAll(items, item => item.StartsWith('-') == first);
    }

    private static bool Count(string text, out uint count)
    {
        uint factor = text.Length > 0 && text[^1] is 'k' or 'K' ? 1024u : 1u;
        bool ok = uint.TryParse(factor > 1 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is > 0 and <= 1_000_000;
        count *= factor;
        return ok;
    }

    private static int NoEntity(CommandContext context)
    {
        context.Error.WriteLine("No valid entity in create command");
        context.Error.WriteLine("Input line must include \"Reservation\", \"ReservationName\", \"PartitionName\" or \"NodeName\"");
        return 1;
    }

    private static int InFile(CommandContext context)
    {
        context.Error.WriteLine($"{context.Name}: error: nodes are not made so: `stint token` lets a new node join");
        return 1;
    }

    private static int Failed(CommandContext context, string what, ApiRefusedException e)
    {
        context.Error.WriteLine($"{what}: {Printable.Of(SlurmErrors.Sentence(e.Refusal))}");
        if (SlurmErrors.Detail(e.Refusal) is { } detail) context.Error.WriteLine($"{context.Name}: {Printable.Of(InZone(context, detail))}");
        return 1;
    }

    /// <summary>The server writes moments as <c>@seconds</c>: which zone they are read in is the caller's affair.</summary>
    private static string InZone(CommandContext context, string text) => Moment().Replace(text,
        match => long.TryParse(match.ValueSpan[1..], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds < 253_402_300_800
            ? SlurmDate.Format(seconds * 1000, context.Time.LocalTimeZone) : match.Value);

    [System.Text.RegularExpressions.GeneratedRegex(@"@\d{9,12}\b")]
    private static partial System.Text.RegularExpressions.Regex Moment();
}
