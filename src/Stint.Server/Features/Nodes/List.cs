using Stint.Core;
using Stint.Core.Nodes;
using Stint.Protocol.Api;
using Stint.Server.Agents;

namespace Stint.Server.Features.Nodes;

/// <summary>GET /api/v1/nodes</summary>
internal static class List
{
    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, AgentDirectory agents) =>
        routes.MapGet($"{Endpoints.Root}/nodes", context => HandleAsync(context, engine, agents)).Describe("listNodes", "All nodes").Gives<NodeList>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, AgentDirectory agents)
    {
        var (ok, nodes) = await context.AskOrRefuseAsync(engine, batch =>
        {
            var views = new List<NodeView>();
            var around = new NodeContext(batch.Cluster, batch.Now);
            foreach (var node in batch.Cluster.Nodes.Values) views.Add(View(batch.Cluster, node, agents, around));
            return new NodeList(batch.Now.Milliseconds, [.. views]);
        });
        if (ok) await Reply.JsonAsync(context, nodes!, ApiJson.Default.NodeList);
    }

    private static NodeView View(Cluster cluster, Node node, AgentDirectory agents, NodeContext context)
    {
        var (hardware, registration) = (node.Hardware, node.Registration);
        var live = agents.LastKnown(node.Name);
        var capabilities = new List<CapabilityView>();
        if (live?.Hardware is { } told)
            foreach (var capability in told.Capabilities) capabilities.Add(new CapabilityView(capability.Resource, capability.Available, capability.Detail));
        var partitions = new List<string>();
        foreach (var partition in cluster.Config.Partitions)
            if (Partitions.Membership.Includes(partition, node.Name)) partitions.Add(partition.Name);
        return NodeGres.Add(new NodeView
        {
            Name = node.Name, State = NodeStates.Name(node, context), Reservation = context.ReservationOf(node.Name), Features = [.. node.Kind.Features], Weight = node.Kind.Weight,
            DiskBytes = node.Kind.DiskBytes, CoreSpecCount = (uint)(node.Kind.KeptCores.Count / node.Kind.Threads), MemorySpecBytes = node.Kind.HardwareMemoryBytes - node.Kind.MemoryBytes, Cpus = hardware.Cpus, CpusAllocated = (uint)node.CpusAllocated,
            Sockets = hardware.Sockets, CoresPerSocket = hardware.CoresPerSocket, ThreadsPerCore = hardware.ThreadsPerCore,
            MemoryBytes = hardware.MemoryBytes, MemoryAllocatedBytes = node.MemoryAllocatedBytes, MemoryFreeBytes = live?.MemoryFreeBytes ?? 0,
            Declared = hardware.Declared, Gpus = hardware.Gpus, Load = live?.Load ?? 0, Address = registration.Address, Hostname = registration.Hostname,
            Version = registration.Version, Os = registration.Os, Partitions = [.. partitions], Reason = node.Reason, ReasonUid = node.ReasonUid,
            ReasonAtMs = node.ReasonAt.Milliseconds, BootMs = registration.BootMs, AgentStartMs = registration.AgentStartMs,
            LastBusyMs = node.LastBusy.Milliseconds, Capabilities = [.. capabilities],
        }, cluster, node);
    }
}
