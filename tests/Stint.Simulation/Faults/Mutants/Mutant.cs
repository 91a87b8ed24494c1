using Stint.Agent.Launch;
using Stint.Core.Journal;
using Stint.Server.Engine;
using Stint.Simulation.Faults.Network;
using Stint.Simulation.Faults.Nodes;
using Stint.Simulation.Faults.Servers;
using Stint.Storage;

namespace Stint.Simulation.Faults.Mutants;

/// <summary>
/// A planted bug, at a seam of the simulation; this one plants none. Whoever wants to know that the checks are worth something runs the mutants:
/// each must be caught. One object for each run.
/// </summary>
internal class Mutant
{
    public World World { get; set; } = null!;

    public virtual IJournal Journal(IJournal journal) => journal;
    public virtual ICommitObserver[] Observers(ServerHost.ServerLife life, ICommitObserver[] observers) => observers;
    public virtual ClusterConfigured Config(ClusterConfigured config) => config;
    /// <summary>Between the host's reports and the outbox.</summary>
    public virtual IStepReports Reports(AgentLife agent, IStepReports reports) => reports;
    /// <summary>Between the link's orders and the host.</summary>
    public virtual IStepHost Host(AgentLife agent, StepHost host) => host;
    /// <summary>Between the ends of a node's link: null, or what comes out of a frame that goes in; null swallows it.</summary>
    public virtual Func<Wire, WireSocket, byte[], byte[]?>? Tamper(SimulatedNode node) => null;
    public virtual bool ShepherdForgetsLimit => false;
    public virtual bool ShepherdForgetsRecord => false;
    public virtual bool GroupsAreNotKilled => false;
    public virtual bool SubmissionsHaveNoToken => false;
    /// <summary>So that a bug in the books is found by what it does, and not by the cluster's own audit.</summary>
    public virtual bool NobodyAudits => false;
}
