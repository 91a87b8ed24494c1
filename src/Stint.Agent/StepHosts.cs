using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;
using Stint.Agent.Launch;
using Stint.Agent.Logs;
using Stint.Agent.Session;

namespace Stint.Agent;

/// <summary>The one place that knows which step host this agent has.</summary>
internal static class StepHosts
{
    public static IStepHost Create(AgentOptions options, NodeIdentity identity, Machine machine, CgroupTree cgroups, IStepReports reports, JsonLinesLog logs) =>
        throw new NotSupportedException();
}
