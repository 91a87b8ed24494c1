using Stint.Core;
using Stint.Protocol.Api;
using Stint.Server.Auth;

namespace Stint.Server.Features.Agents;

/// <summary>
/// POST /api/v1/join (TLS port): a one-time token and a key's certificate request against a certificate for that node name.
/// The token is used up in the same decision that records the certificate; nothing is handed out before the commit.
/// </summary>
internal static partial class Join
{
    private const int CsrMaxBytes = 16 << 10;

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, Authority authority, string cluster, ILogger log) =>
        routes.MapPost($"{Endpoints.Root}/join", context => HandleAsync(context, engine, authority, cluster, log))
            .Describe("joinNode", "Joins a node with a one-time token").Takes<JoinRequest>().Gives<JoinResponse>().Open(Audience.Anyone);

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, Authority authority, string cluster, ILogger log)
    {
        if (await Body.ReadAsync(context, Wire.Strict.JoinRequest) is not { } request) return;
        if (NodeNameError(request.Node) is { } error)
        {
            await Reply.RefuseAsync(context, new Refusal(RefusalCodes.InvalidRequest, error));
            return;
        }
        if (request.Token.Length is 0 or > JoinTokens.TextLengthMax || request.Csr.Length > CsrMaxBytes
            || authority.IssueNode(request.Node, request.Csr) is not { } certificate)
        {
            await Reply.RefuseAsync(context, new Refusal(RefusalCodes.InvalidRequest, "the token or the certificate request is malformed"));
            return;
        }
        using (certificate)
        {
            var command = new UseToken(JoinTokens.Hash(request.Token), request.Node, Authority.Thumbprint(certificate));
            var (ok, decision) = await context.AskOrRefuseAsync(engine, batch => batch.Decide(command));
            if (!ok) return;
            if (decision.Refusal is { } refusal)
            {
                Log.Refused(log, request.Node, refusal.Code, context.Connection.RemoteIpAddress?.ToString() ?? "");
                await Reply.RefuseAsync(context, refusal);
                return;
            }
            Log.Joined(log, request.Node, context.Connection.RemoteIpAddress?.ToString() ?? "");
            await Reply.JsonAsync(context, new JoinResponse(cluster, certificate.RawData, authority.Ca.RawData), ApiJson.Default.JoinResponse);
        }
    }

    /// <summary>A node name goes into paths, kernel groups and certificates.</summary>
    internal static string? NodeNameError(string name)
    {
        if (name.Length is 0 or > 64) return $"a node name has 1 to 64 characters, not {name.Length}";
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return "a node name holds letters, digits, - _ . only";
        return char.IsAsciiLetterOrDigit(name[0]) ? null : "a node name begins with a letter or a digit";
    }

    private static partial class Log
    {
        [LoggerMessage(2401, LogLevel.Information, "Node {Node} joined from {Address}")]
        public static partial void Joined(ILogger logger, string node, string address);
        [LoggerMessage(2402, LogLevel.Warning, "Joining as node {Node} from {Address} was refused: {Code}")]
        public static partial void Refused(ILogger logger, string node, string code, string address);
    }
}
