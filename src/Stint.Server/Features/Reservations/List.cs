using Stint.Core;
using Stint.Core.Journal;
using Stint.Core.Reservations;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Agents;
using Stint.Server.Features.Jobs;

namespace Stint.Server.Features.Reservations;

/// <summary>GET /api/v1/reservations</summary>
internal static class List
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapGet($"{Endpoints.Root}/reservations", context => HandleAsync(context, engine)).Describe("listReservations", "All reservations").Gives<ReservationList>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine)
    {
        var (ok, list) = await context.AskOrRefuseAsync(engine, batch =>
            new ReservationList(batch.Now.Milliseconds, [.. batch.Cluster.Reservations.Values.OrderBy(r => r.Spec.StartMs).Select(r => View(batch.Cluster, r, batch.Now))]));
        if (ok) await Reply.JsonAsync(context, list!, ApiJson.Default.ReservationList);
    }

    private static ReservationView View(Cluster cluster, Reservation reservation, Instant now)
    {
        var spec = reservation.Spec;
        uint cores = 0;
        var names = new List<string>();
        foreach (var (name, part) in reservation.Holds)
        {
            names.Add(name);
            if (!cluster.Nodes.TryGetValue(name, out var node)) continue;
            cores += part is null ? (uint)node.Kind.Cores : (uint)(Bitmaps.Count(part.Cpus.Span) / node.Kind.Threads);
        }
        return new ReservationView
        {
            Name = reservation.Name, StartMs = reservation.StartAt(now).Milliseconds, EndMs = reservation.EndAt(now).Milliseconds, Nodes = Hostlist.FoldSorted(names),
            NodeCount = (uint)names.Count, CoreCount = cores, Partition = OrNull(spec.Partition), Features = OrNull(spec.Features), Users = [.. spec.Users],
            UsersDenied = spec.UsersDenied, Accounts = [.. spec.Accounts], AccountsDenied = spec.AccountsDenied, Groups = [.. spec.Groups], Qos = [.. spec.Qos],
            Flags = [.. spec.Flags], Licenses = OrNull(spec.Licenses), Comment = OrNull(spec.Comment), State = reservation.IsActiveAt(now) ? "ACTIVE" : "INACTIVE",
            Tres = Tres(cluster, reservation), Shares = JobViews.Shares(spec.Shares),
        };
    }

    /// <summary>What it keeps: the CPUs of its nodes, and what it names of devices and licences.</summary>
    private static TresCount[] Tres(Cluster cluster, Reservation reservation)
    {
        ulong cpus = 0;
        var all = new List<TresCount>();
        foreach (var (name, part) in reservation.Holds)
            if (cluster.Nodes.TryGetValue(name, out var node)) cpus += (ulong)(part is null ? node.AllCpus.Count : Bitmaps.Count(part.Cpus.Span));
        if (cpus > 0) all.Add(new TresCount("cpu", cpus));
        foreach (var tres in reservation.Spec.Tres)
            if (tres.Tres != "cpu") all.Add(new TresCount(tres.Tres, (ulong)tres.Value));
        return [.. all];
    }

    private static string? OrNull(string text) => text.Length > 0 ? text : null;
}
