using System.Globalization;
using Stint.Protocol.Api;
using Stint.Server.Configuration;
using Stint.Server.Hosting;

namespace Stint.Server.Features.Config;

/// <summary>GET /api/v1/config: what is in force, under Slurm's keys (scontrol show config) and our own.</summary>
internal static class Show
{
    public static void Map(IEndpointRouteBuilder routes, ServerConfig config, ServerIdentity identity, HomeFolder home, TimeProvider time) =>
        routes.MapGet($"{Endpoints.Root}/config", context => Reply.JsonAsync(context, View(config, identity, home, time), ApiJson.Default.ConfigView))
            .Describe("showConfig", "The configuration in force").Gives<ConfigView>();

    private static ConfigView View(ServerConfig config, ServerIdentity identity, HomeFolder home, TimeProvider time)
    {
        var slurm = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["BOOT_TIME"] = DateTimeOffset.FromUnixTimeMilliseconds(identity.StartMs).ToLocalTime().ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture),
            ["ClusterName"] = config.Cluster,
            ["DefMemPerCPU"] = config.DefaultMemoryPerCpuBytes == 0 ? "UNLIMITED" : (config.DefaultMemoryPerCpuBytes >> 20).ToString(CultureInfo.InvariantCulture),
            ["JobRequeue"] = config.RequeueByDefault ? "1" : "0",
            ["KillWait"] = Seconds(config.KillWait),
            ["MaxArraySize"] = config.MaxArraySize.ToString(CultureInfo.InvariantCulture),
            ["MaxJobCount"] = config.MaxJobs.ToString(CultureInfo.InvariantCulture),
            ["MinJobAge"] = Seconds(config.MinJobAge),
            ["ProctrackType"] = "proctrack/cgroup",
            ["SchedulerType"] = "sched/builtin",
            ["SelectType"] = "select/cons_tres",
            ["SlurmctldHost[0]"] = identity.Host,
            ["SlurmctldLogFile"] = home.File("server.log"),
            ["SlurmctldPort"] = identity.Port.ToString(CultureInfo.InvariantCulture),
            ["SlurmdTimeout"] = Seconds(config.NodeTimeout),
            ["SLURM_VERSION"] = "26.05.0",
            ["StateSaveLocation"] = home.Private,
            ["TaskPlugin"] = "task/cgroup",
        };
        var stint = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["home"] = home.Path,
            ["listen"] = $"{config.Listen.Address}:{identity.Port}",
            ["operators"] = string.Join(',', config.Operators),
            ["version"] = identity.Version,
        };
        return new ConfigView(time.GetUtcNow().ToUnixTimeMilliseconds(), config.Cluster, identity.Host, slurm, stint);
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalSeconds} sec");
}
