using Stint.Protocol.Slurm;

namespace Stint.Agent.Binding;

/// <summary>What a step asks for on one node. 0: no bound.</summary>
/// <param name="Distribution">As <c>--distribution</c>; empty: the default, sockets in turn.</param>
internal sealed record BindRequest(CpuBind Bind, string Distribution, int Tasks, int CpusPerTask)
{
    public int ThreadsPerCore { get; init; }
    public int TasksPerCore { get; init; }
    public int TasksPerSocket { get; init; }

    /// <summary>Tasks fill a socket before the next one is begun.</summary>
    public bool IsBlock
    {
        get
        {
            var levels = Distribution.Split(',')[0].Split(':');
            return levels[0].StartsWith("plane", StringComparison.Ordinal) || levels.Length > 1 && levels[1] == "block";
        }
    }

    public bool IsFullCyclic => Distribution.Split(',')[0].Split(':') is { Length: > 1 } levels && levels[1] == "fcyclic";
}
