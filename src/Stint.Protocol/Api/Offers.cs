namespace Stint.Protocol.Api;

/// <summary>What would become of a job if it were submitted now; of POST /api/v1/jobs with <c>testOnly</c>.</summary>
public sealed record OfferView
{
    /// <summary>The id that it would get.</summary>
    public uint JobId { get; init; }
    public string Partition { get; init; } = "";
    public long NowMs { get; init; }
    /// <summary>When it starts, if running jobs use all of their time and nobody submits before; 0: nobody knows.</summary>
    public long StartMs { get; init; }
    public uint Cpus { get; init; }
    public string NodeList { get; init; } = "";
    /// <summary>What it gets: also the limits that the kernel is told.</summary>
    public NodeShareView[] Shares { get; init; } = [];
    /// <summary>request: limits are what was asked for; capacity: what was given.</summary>
    public string LimitPolicy { get; init; } = "request";
    /// <summary>Why it does not start at once, by Slurm's name; None: it does.</summary>
    public string Reason { get; init; } = "None";
    public string ReasonDetail { get; init; } = "";
    public uint[] Preempts { get; init; } = [];
    /// <summary>The queue is longer than what was looked at.</summary>
    public bool QueueWasCut { get; init; }
    /// <summary>Nodes that can be part of it.</summary>
    public NodeOfferView[] Nodes { get; init; } = [];
}

/// <param name="TasksNow">Tasks that fit beside what runs there.</param>
/// <param name="TasksMax">Tasks that fit when it is empty.</param>
/// <param name="FromMs">When the first fits; 0: later than was looked ahead.</param>
public sealed record NodeOfferView(string Node, int TasksNow, int TasksMax, long FromMs);
