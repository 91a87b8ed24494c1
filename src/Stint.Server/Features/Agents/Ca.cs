using Stint.Server.Auth;

namespace Stint.Server.Features.Agents;

/// <summary>GET /api/v1/ca: the authority's certificate (DER), public; a joining node believes it only if its hash is the one it was told.</summary>
internal static class Ca
{
    public static void Map(IEndpointRouteBuilder routes, Authority authority) =>
        routes.MapGet($"{Endpoints.Root}/ca", async context =>
        {
            context.Response.ContentType = "application/pkix-cert";
            await context.Response.Body.WriteAsync(authority.Ca.RawData, context.RequestAborted);
        }).Describe("showCa", "The cluster's certificate authority").Open(Audience.Local | Audience.Anyone);
}
