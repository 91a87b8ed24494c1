namespace Stint.Server.Simulate.Replay;

/// <summary>How a trace is replayed.</summary>
public sealed record ReplaySettings
{
    /// <summary>As in the configuration's planning: fcfs, easy, conservative, default; empty: what the cluster's description says.</summary>
    public string Policy { get; init; } = "";

    /// <summary>The planner is told the true run times.</summary>
    public bool ExactEstimates { get; init; }

    /// <summary>The planner predicts run times from a user's last two jobs; limits stay as requested.</summary>
    public bool Predict { get; init; }

    /// <summary>Jobs ask for at least as many nodes as the trace says they had.</summary>
    public bool KeepNodes { get; init; }
}
