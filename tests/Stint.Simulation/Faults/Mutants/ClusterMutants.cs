using Stint.Core;
using Stint.Core.Journal;
using Stint.Core.Resources;
using Stint.Server.Engine;
using Stint.Simulation.Faults.Servers;

namespace Stint.Simulation.Faults.Mutants;

/// <summary>A silent node is waited for, for ever.</summary>
internal sealed class ForgetsTheNodeTimeout : Mutant
{
    public override ClusterConfigured Config(ClusterConfigured config)
    {
        config.NodeTimeoutMs = long.MaxValue / 4;
        return config;
    }
}

/// <summary>A submission that is repeated for want of an answer is a second job.</summary>
internal sealed class IgnoresTheClientToken : Mutant
{
    public override bool SubmissionsHaveNoToken => true;
}

/// <summary>The cpus of a job that ended are given back twice, the second time when they may be somebody else's. The audit is off: what happens must show it.</summary>
internal sealed class GivesBackTwice : Mutant
{
    public override bool NobodyAudits => true;
    public override ICommitObserver[] Observers(ServerHost.ServerLife life, ICommitObserver[] observers) => [.. observers, new Generous(life)];

    private sealed class Generous(ServerHost.ServerLife life) : ICommitObserver
    {
        private readonly Dictionary<uint, NodeShare[]> held = [];

        public void Committed(long sequence, Record record, Cluster cluster, Instant now)
        {
            if (record.BodyCase == Record.BodyOneofCase.JobAllocated) held[record.JobAllocated.JobId] = [.. record.JobAllocated.Shares];
            if (record.BodyCase != Record.BodyOneofCase.JobEnded || !held.Remove(record.JobEnded.JobId, out var shares)) return;
            life.Process.After(300_000, () =>
            {
                foreach (var share in shares)
                    if (cluster.Nodes.TryGetValue(share.Node, out var node)) node.Balance = node.Balance with { Cpus = node.FreeCpus.Union(CpuSet.FromBytes(share.Cpus)) };
            });
        }
    }
}
