namespace Stint.Core.Scheduling.Planning;

/// <summary>How a queue becomes a plan. Every policy is these four choices; the planner itself has no cases.</summary>
public sealed record Policy
{
    public required string Name { get; init; }

    /// <summary>Who is first: starts are tried and reservations are given in this order.</summary>
    public IOrder Order { get; init; } = AsGiven.Order;

    /// <summary>How many requests that cannot start now get a reservation.</summary>
    public int ReservationDepth { get; init; } = 1;

    /// <summary>Whether requests behind the reservations may start, if they delay none of them.</summary>
    public bool Backfills { get; init; } = true;

    /// <summary>The order in which those are tried.</summary>
    public IOrder BackfillOrder { get; init; } = AsGiven.Order;
}
