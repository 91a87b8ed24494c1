using Stint.Core;
using Stint.Protocol.Api;
using Stint.Server.Auth;

namespace Stint.Server.Features.Tokens;

/// <summary>POST /api/v1/tokens: a one-time token for a node (operators). The token itself is told once and stored nowhere.</summary>
internal static class Issue
{
    private const int ValidSecondsMax = 30 * 86_400;

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, Authority authority, Func<string> serverAddress) =>
        routes.MapPost($"{Endpoints.Root}/tokens", context => HandleAsync(context, engine, authority, serverAddress))
            .Describe("issueToken", "A one-time token that lets a node join").Takes<TokenRequest>().Gives<TokenResponse>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, Authority authority, Func<string> serverAddress)
    {
        if (await Body.ReadAsync(context, Wire.Strict.TokenRequest) is not { } request) return;
        if (request.ValidForSeconds is < 1 or > ValidSecondsMax)
        {
            await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, $"validForSeconds is {request.ValidForSeconds}; it can be 1 to {ValidSecondsMax}");
            return;
        }
        var node = string.IsNullOrEmpty(request.Node) ? "" : request.Node;
        if (node.Length > 0 && Agents.Join.NodeNameError(node) is { } error)
        {
            await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, error);
            return;
        }
        var actor = context.User().Actor;
        var token = JoinTokens.Create();
        var hash = JoinTokens.Hash(token);
        var (ok, answer) = await context.AskOrRefuseAsync(engine, batch =>
        {
            var expires = batch.Now.Milliseconds + request.ValidForSeconds * 1000L;
            return (Decision: batch.Decide(new IssueToken(hash, expires, actor, node, "node")), Expires: expires);
        });
        if (!ok) return;
        await (answer.Decision.Refusal is { } refusal
            ? Reply.RefuseAsync(context, refusal)
            : Reply.JsonAsync(context, new TokenResponse(token, answer.Expires, authority.Fingerprint, serverAddress()), ApiJson.Default.TokenResponse));
    }
}
