namespace Stint.Core.Scheduling.Planning;

/// <summary>A start that was promised: it holds unless something of higher rank arrives or capacity is lost.</summary>
public readonly record struct PlannedStart(long Id, Instant Start);

/// <summary>The outcome of one planning round. Each list is in the order in which the planner decided.</summary>
public sealed class Plan
{
    private readonly List<long> _starts = [];
    private readonly List<PlannedStart> _reservations = [];
    private readonly List<long> _infeasible = [];

    /// <summary>Requests to start now.</summary>
    public IReadOnlyList<long> Starts => _starts;

    /// <summary>Requests with a reservation, and when it begins: what a queue listing prints as the expected start.</summary>
    public IReadOnlyList<PlannedStart> Reservations => _reservations;

    /// <summary>Requests that the timeline can never hold as it is. They block nobody.</summary>
    public IReadOnlyList<long> Infeasible => _infeasible;

    internal void Start(long id) => _starts.Add(id);

    internal void Reserve(long id, Instant start) => _reservations.Add(new PlannedStart(id, start));

    internal void Refuse(long id) => _infeasible.Add(id);
}
