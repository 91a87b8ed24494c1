using Stint.Core.Journal;

namespace Stint.Simulation.Faults.Checks;

/// <summary>A job as its records tell it.</summary>
internal sealed class BookedJob(uint id, JobSpec spec)
{
    public uint Id => id;
    public JobSpec Spec => spec;
    public bool Held { get; set; } = spec.Held;
    public bool IsRunning { get; private set; }
    public bool Ending { get; set; }
    public bool IsOver { get; private set; }
    public EndKind Kind { get; private set; }
    public uint Attempt { get; private set; }
    public uint? LastAttempt { get; private set; }
    public long BeganUs { get; private set; }
    /// <summary>How often it was requeued after its end.</summary>
    public int Revivals { get; private set; }
    public bool HadStepTrouble { get; set; }
    public IReadOnlyList<string> Nodes { get; private set; } = [];
    /// <summary>The array that it was split off.</summary>
    public BookedJob? Array { get; init; }
    /// <summary>Of an array: task → the job it became.</summary>
    public Dictionary<uint, uint> Split { get; } = [];
    public HashSet<uint> TasksCancelled { get; } = [];

    public void Begin(JobAllocated record, long nowUs)
    {
        (IsRunning, Ending, Attempt, LastAttempt, BeganUs, HadStepTrouble) = (true, false, record.Attempt, record.Attempt, nowUs, false);
        var nodes = new string[record.Shares.Count];
        for (var i = 0; i < nodes.Length; i++) nodes[i] = record.Shares[i].Node;
        Nodes = nodes;
    }

    public void End(EndKind kind) => (IsRunning, Ending, IsOver, Kind) = (false, false, true, kind);

    public void Requeue(bool held)
    {
        if (IsOver) Revivals++;
        (IsRunning, Ending, IsOver, Kind) = (false, false, false, EndKind.EndUnknown);
        Held |= held;
    }
}
