using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Configuration;
using Stint.Server.Engine;

namespace Stint.Server.Features.Partitions;

/// <summary>
/// POST and DELETE /api/v1/partitions/{name} (operators): scontrol's create, update and delete of a partition. What is changed is in the journal like
/// any configuration, and holds until the server starts again and reads stint.yaml.
/// </summary>
internal static class Change
{
    private const int KeysMax = 64, TextMax = 65_536;

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine)
    {
        routes.MapPost($"{Endpoints.Root}/partitions/{{name}}", context => ChangeAsync(context, engine))
            .Describe("changePartition", "Changes or makes a partition").Takes<PartitionChangeRequest>().Gives<SelectionResult>();
        routes.MapDelete($"{Endpoints.Root}/partitions/{{name}}", context => AnswerAsync(context, engine, static (cluster, name) => Without(cluster, name)))
            .Describe("deletePartition", "Removes a partition").Gives<SelectionResult>();
    }

    private static async Task ChangeAsync(HttpContext context, Engine.Engine engine)
    {
        if (await Body.ReadAsync(context, Wire.Strict.PartitionChangeRequest) is not { } request) return;
        if (request.Set.Count > KeysMax || request.Set.Values.Any(static value => value is null || value.Length > TextMax))
        {
            await Reply.RefuseAsync(context, new Refusal(RefusalCodes.InvalidRequest, "a change of a partition has at most 64 keys with values of at most 65536 characters"));
            return;
        }
        await AnswerAsync(context, engine, (cluster, name) => With(cluster, name, request));
    }

    private static async Task AnswerAsync(HttpContext context, Engine.Engine engine, Func<Cluster, string, (ClusterConfigured?, Refusal?)> change)
    {
        var name = context.Request.RouteValues["name"] as string ?? "";
        if (!context.User().Actor.IsOperator)
        {
            await Reply.RefuseAsync(context, 403, RefusalCodes.AccessDenied, "only operators change partitions");
            return;
        }
        var (ok, refusal) = await context.AskOrRefuseAsync(engine, batch => Decide(batch, change, name));
        if (!ok) return;
        if (refusal is not null) await Reply.RefuseAsync(context, refusal);
        else await Reply.JsonAsync(context, new SelectionResult([new SelectionOutcome(name, null, "")]), ApiJson.Default.SelectionResult);
    }

    private static Refusal? Decide(Batch batch, Func<Cluster, string, (ClusterConfigured?, Refusal?)> change, string name)
    {
        var (config, refusal) = change(batch.Cluster, name);
        return refusal ?? batch.Decide(new Configure(config!)).Refusal;
    }

    private static (ClusterConfigured?, Refusal?) With(Cluster cluster, string name, PartitionChangeRequest request)
    {
        var config = cluster.Config.Clone();
        var spec = config.Partitions.FirstOrDefault(partition => partition.Name == name);
        if ((spec is null) != request.Create)
            return (null, spec is null ? Missing(name) : new Refusal(RefusalCodes.InvalidPartition, $"partition {name} is there already", "Change it with scontrol update"));
        if (spec is null)
        {
            if (name.Length is 0 or > 255 || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
                return (null, new Refusal(RefusalCodes.InvalidPartition, "a partition's name has letters, digits, '-', '_' and '.'"));
            config.Partitions.Add(spec = new PartitionSpec { Name = name, IsUp = true, PriorityTier = 1, PriorityJobFactor = 1 });
        }
        foreach (var (key, value) in request.Set)
            if (PartitionChanges.Apply(spec, key, value) is { } error) return (null, new Refusal(RefusalCodes.InvalidRequest, error));
        if (spec.IsDefault)
            foreach (var other in config.Partitions)
                if (other != spec) other.IsDefault = false;
        return (config, Wrong(cluster, config, spec));
    }

    private static Refusal? Wrong(Cluster cluster, ClusterConfigured config, PartitionSpec spec)
    {
        static Refusal No(string sentence) => new(RefusalCodes.InvalidRequest, sentence);
        if (spec.MaxTimeMs > 0 && spec.DefaultTimeMs > spec.MaxTimeMs) return No($"default_time of partition '{spec.Name}' is over its max_time");
        if (PartitionReader.Contradiction(spec, spec.Name) is { } sentence) return No(sentence);
        if (spec.Alternate.Length > 0 && config.Partitions.All(other => other.Name != spec.Alternate)) return No($"alternate '{spec.Alternate}' of partition '{spec.Name}' is not there");
        foreach (var qos in spec.AllowQos.Concat(spec.DenyQos).Append(spec.Qos))
            if (qos.Length > 0 && !cluster.QosList().Any(spec => spec.Name == qos)) return new Refusal(RefusalCodes.InvalidQos, $"there is no QOS {qos}");
        return null;
    }

    private static (ClusterConfigured?, Refusal?) Without(Cluster cluster, string name)
    {
        var config = cluster.Config.Clone();
        if (config.Partitions.FirstOrDefault(partition => partition.Name == name) is not { } spec) return (null, Missing(name));
        foreach (var job in cluster.Jobs.Values)
            if (!job.IsOver && (job.Partition == name || job.Spec.Partition.Split(',').Contains(name)))
                return (null, new Refusal(RefusalCodes.Disabled, $"partition {name} is in use by job {job.Id}", "Cancel its jobs or wait for their end"));
        if (config.Partitions.Count == 1) return (null, new Refusal(RefusalCodes.Disabled, $"partition {name} is the only one"));
        config.Partitions.Remove(spec);
        return (config, null);
    }

    private static Refusal Missing(string name) => new(RefusalCodes.InvalidPartition, $"there is no partition {(name.Length > 80 ? name[..80] : name)}", "sinfo lists the partitions");
}
