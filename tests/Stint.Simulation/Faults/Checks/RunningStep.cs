using Stint.Agent.Launch;
using Stint.Protocol.Agents;
using Stint.Simulation.Faults.Nodes;
using Stint.Simulation.Faults.Plans;

namespace Stint.Simulation.Faults.Checks;

internal enum EndedBy { Nothing, Itself, Limit, Order, GroupKill, PowerOff, Unseen }

/// <summary>The processes of one step on one node, as they really are.</summary>
internal sealed class RunningStep(string node, StepId id, Payload program)
{
    public string Node => node;
    public StepId Id => id;
    public Payload Program => program;
    public Limits? Limits { get; set; }
    public SimulatedShepherd? Shepherd { get; set; }
    public long StartedUs { get; set; } = -1;
    public long EndedUs { get; set; } = -1;
    public EndedBy EndedBy { get; set; }
    public bool IsAlive => StartedUs >= 0 && EndedUs < 0;

    /// <summary>It computes all the time, on one cpu.</summary>
    public long CpuUs(long nowUs) => StartedUs < 0 ? 0 : (EndedUs < 0 ? nowUs : EndedUs) - StartedUs;
    public override string ToString() => $"{id} (attempt {id.Attempt}) on {node}";
}
