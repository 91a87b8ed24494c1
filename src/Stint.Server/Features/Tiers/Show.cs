using System.Globalization;
using Stint.Core;
using Stint.Protocol.Api;
using Stint.Server.Agents;
using Stint.Server.Auth;
using Stint.Server.Greetings;

namespace Stint.Server.Features.Tiers;

/// <summary>GET /api/v1/limits: the caller's own; ?user=NAME: another's, for operators. POST /api/v1/limits/seen: the caller has read the notices.</summary>
internal static class Show
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, AgentDirectory agents, Users users, NoticeBook notices, GreetingFiles greetings)
    {
        routes.MapGet($"{Endpoints.Root}/limits", context => HandleAsync(context, engine, agents, users, notices))
            .Describe("showLimits", "What a user may hold, holds and waits for").Gives<LimitsView>();
        routes.MapPost($"{Endpoints.Root}/limits/seen", context => SeenAsync(context, notices, greetings))
            .Describe("noticesSeen", "The caller has seen what happened to his jobs").Takes<NoticesSeenRequest>().Gives<SelectionResult>();
    }

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, AgentDirectory agents, Users users, NoticeBook notices)
    {
        var caller = context.User();
        if (await WhoAsync(context, users, caller) is not var (uid, name, groups)) return;
        var (ok, view) = await context.AskOrRefuseAsync(engine, batch => LimitViews.Of(batch.Cluster, uid, name, groups,
            batch.Cluster.HoldingsOf(new HashSet<uint> { uid }).GetValueOrDefault(uid), agents.UseOf(uid), notices.Of(uid), batch.Now));
        if (ok) await Reply.JsonAsync(context, view!, ApiJson.Default.LimitsView);
    }

    private static async Task<(uint Uid, string Name, IReadOnlyList<string> Groups)?> WhoAsync(HttpContext context, Users users, Caller.Local caller)
    {
        string? asked = context.Request.Query["user"];
        if (string.IsNullOrEmpty(asked) || asked == caller.User) return (caller.Peer.Uid, caller.User, users.Groups(caller.User, caller.Peer.Gid));
        if (TextRules.Error("the user", asked, 256) is { } error)
        {
            await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, error);
            return null;
        }
        if (!caller.IsOperator)
        {
            await Reply.RefuseAsync(context, 403, RefusalCodes.AccessDenied, "only operators see the limits of others", "Without --user you see your own");
            return null;
        }
        var name = uint.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? users.User(number) : asked;
        if (Users.Find(name) is { } found) return (found.Uid, name, users.Groups(name, found.Gid));
        await Reply.RefuseAsync(context, 404, "not_found", $"there is no user '{name}' on this machine");
        return null;
    }

    private static async Task SeenAsync(HttpContext context, NoticeBook notices, GreetingFiles greetings)
    {
        if (await Body.ReadAsync(context, Wire.Strict.NoticesSeenRequest) is not { } request) return;
        var uid = context.User().Peer.Uid;
        if (notices.Seen(uid, request.UpToMs)) greetings.Touch(uid);
        await Reply.JsonAsync(context, new SelectionResult([]), ApiJson.Default.SelectionResult);
    }
}
