using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Reservations;

/// <summary>POST /api/v1/reservations, POST and DELETE /api/v1/reservations/{name}: makes, changes and removes reservations.</summary>
internal static class Change
{
    private const int TextMax = 65_536, NamesMax = 10_000;

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine)
    {
        routes.MapPost($"{Endpoints.Root}/reservations", context => HandleAsync(context, engine, name: null))
            .Describe("makeReservation", "Makes a reservation").Takes<ReservationRequest>().Gives<ReservationResponse>();
        routes.MapPost($"{Endpoints.Root}/reservations/{{name}}", context => HandleAsync(context, engine, Name(context)))
            .Describe("updateReservation", "Changes a reservation").Takes<ReservationRequest>().Gives<ReservationResponse>();
        routes.MapDelete($"{Endpoints.Root}/reservations/{{name}}", context => AnswerAsync(context, engine, new DeleteReservation(Name(context), context.User().Actor), Name(context)))
            .Describe("deleteReservation", "Removes a reservation").Gives<ReservationResponse>();
    }

    private static string Name(HttpContext context) => context.Request.RouteValues["name"] as string ?? "";

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, string? name)
    {
        if (await Body.ReadAsync(context, Wire.Strict.ReservationRequest) is not { } request) return;
        if (Check(request) is { } error)
        {
            await Reply.RefuseAsync(context, new Refusal(RefusalCodes.InvalidRequest, error));
            return;
        }
        if (Unknown(request) is { } user)
        {
            await Reply.RefuseAsync(context, new Refusal(RefusalCodes.InvalidUser, $"there is no user '{user}' on this machine", "Change one list with users+=NAME and users-=NAME"));
            return;
        }
        var actor = context.User().Actor;
        Command command = name is null ? new MakeReservation(Spec(request), actor, request.CoresPerNode)
            : request.Skip ? new SkipReservation(name, actor) : new UpdateReservation(name, Changed(request), actor);
        await AnswerAsync(context, engine, command, name ?? request.Name ?? "");
    }

    private static async Task AnswerAsync(HttpContext context, Engine.Engine engine, Command command, string name)
    {
        var (ok, decision) = await context.AskOrRefuseAsync(engine, batch => batch.Decide(command));
        if (!ok) return;
        if (decision.Refusal is { } refusal)
        {
            await Reply.RefuseAsync(context, refusal);
            return;
        }
        foreach (var record in decision.Records)
            if (record.BodyCase == Record.BodyOneofCase.ReservationMade) name = record.ReservationMade.Spec.Name;
        await Reply.JsonAsync(context, new ReservationResponse(name), ApiJson.Default.ReservationResponse);
    }

    private static string? Check(ReservationRequest r)
    {
        foreach (var (what, text) in (IEnumerable<(string, string?)>)[("the name", r.Name), ("the nodes", r.Nodes), ("the nodes", r.NodesAdded), ("the nodes", r.NodesRemoved), ("the partition", r.Partition),
            ("the features", r.Features), ("the licenses", r.Licenses), ("the comment", r.Comment)])
            if (TextRules.Error(what, text, TextMax) is { } error) return error;
        foreach (var (what, list) in (IEnumerable<(string, string[]?)>)[("users", r.Users), ("users", r.UsersAdded), ("users", r.UsersRemoved), ("accounts", r.Accounts), ("accounts", r.AccountsAdded),
            ("accounts", r.AccountsRemoved), ("groups", r.Groups), ("QOS", r.Qos), ("flags", r.FlagsAdded), ("flags", r.FlagsRemoved)])
        {
            if (list?.Length > NamesMax) return $"{list.Length} {what} are named, more than {NamesMax}";
            foreach (var name in list ?? [])
                if (name is null || TextRules.Error($"a name in {what}", name, 256) is not null) return $"a name in {what} is empty, too long, or holds control characters";
        }
        foreach (var nodes in (IEnumerable<string?>)[r.Nodes, r.NodesAdded, r.NodesRemoved])
            if (nodes is { Length: > 0 } and not "ALL" && !Hostlist.TryExpand(nodes, out _, out var wrong)) return wrong;
        if (r.Licenses is { Length: > 0 } licenses && !LicenseSpec.TryParse(licenses, out _, out var license)) return license;
        if (r.StartMs < 0 || r.EndMs < 0 || r.DurationMs < 0 || r.PurgeAfterMs < 0) return "a time is negative";
        return r.StartMs > r.EndMs ? "the end is before the start" : null;
    }

    /// <summary>The first that no directory knows; a number stands for itself.</summary>
    private static string? Unknown(ReservationRequest r)
    {
        foreach (var names in (string[]?[])[r.Users, r.UsersAdded])
            foreach (var name in names ?? [])
                if (!Auth.Users.IsKnown(name)) return name;
        return null;
    }

    private static ReservationSpec Spec(ReservationRequest r)
    {
        var spec = new ReservationSpec
        {
            Name = r.Name ?? "", StartMs = r.StartMs ?? 0, EndMs = r.EndMs ?? (r.StartMs ?? 0) + (r.DurationMs ?? 0), Nodes = r.Nodes ?? "", NodeCount = r.NodeCount ?? 0,
            CoreCount = r.CoreCount ?? 0, Partition = r.Partition ?? "", Features = r.Features ?? "", UsersDenied = r.UsersDenied ?? false,
            AccountsDenied = r.AccountsDenied ?? false, Licenses = r.Licenses ?? "", Comment = r.Comment ?? "", PurgeAfterMs = r.PurgeAfterMs ?? 0,
        };
        spec.Users.Add(r.Users ?? []);
        spec.Accounts.Add(r.Accounts ?? []);
        spec.Groups.Add(r.Groups ?? []);
        spec.Qos.Add(r.Qos ?? []);
        spec.Flags.Add(r.FlagsAdded);
        foreach (var tres in r.Tres ?? []) spec.Tres.Add(new TresValue { Tres = tres.Tres, Value = tres.Count });
        return spec;
    }

    private static ReservationChange Changed(ReservationRequest r) => new()
    {
        StartMs = r.StartMs, EndMs = r.EndMs, DurationMs = r.DurationMs, Nodes = r.Nodes, NodesAdded = r.NodesAdded, NodesRemoved = r.NodesRemoved, NodeCount = r.NodeCount,
        Partition = r.Partition, Features = r.Features, Users = r.Users, UsersAdded = r.UsersAdded, UsersRemoved = r.UsersRemoved, UsersDenied = r.UsersDenied,
        Accounts = r.Accounts, AccountsAdded = r.AccountsAdded, AccountsRemoved = r.AccountsRemoved, AccountsDenied = r.AccountsDenied, Groups = r.Groups, Qos = r.Qos,
        FlagsAdded = r.FlagsAdded, FlagsRemoved = r.FlagsRemoved, Licenses = r.Licenses, Comment = r.Comment, PurgeAfterMs = r.PurgeAfterMs,
    };
}
