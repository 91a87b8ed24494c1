using Stint.Core;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Licenses;

/// <summary>GET /api/v1/licenses: the cluster's, and what running jobs hold of them.</summary>
internal static class List
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapGet($"{Endpoints.Root}/licenses", context => HandleAsync(context, engine)).Describe("listLicenses", "Licences of the cluster").Gives<LicenseList>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine)
    {
        var (ok, list) = await context.AskOrRefuseAsync(engine, batch => View(batch.Cluster, batch.Now));
        if (ok) await Reply.JsonAsync(context, list!, ApiJson.Default.LicenseList);
    }

    private static LicenseList View(Cluster cluster, Instant now)
    {
        if (cluster.Config.Licenses.Length == 0 || !LicenseSpec.TryParse(cluster.Config.Licenses, out var all, out _)) return new LicenseList(now.Milliseconds, []);
        var used = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var job in cluster.Jobs.Values)
        {
            if (job.Licenses.Length == 0 || job.Shares.Count == 0 || job.IsOver || !LicenseSpec.TryParse(job.Licenses, out var held, out _)) continue;
            foreach (var (name, count) in held!.Terms) used[name] = used.GetValueOrDefault(name) + count;
        }
        return new LicenseList(now.Milliseconds, [.. all!.Terms.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => new LicenseView(t.Key, t.Value, used.GetValueOrDefault(t.Key), 0))]);
    }
}
