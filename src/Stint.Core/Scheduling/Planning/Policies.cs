namespace Stint.Core.Scheduling.Planning;

/// <summary>The named policies.</summary>
public static class Policies
{
    /// <summary>First come, first served: nobody passes the head.</summary>
    public static readonly Policy Fcfs = new() { Name = "fcfs", Backfills = false };

    /// <summary>EASY: the head has a reservation, everybody else may pass it without delaying it (Lifka, JSSPP 1995).</summary>
    public static readonly Policy Easy = new() { Name = "easy" };

    /// <summary>EASY that tries the shortest first when it fills holes (Tsafrir, Etsion, Feitelson, TPDS 2007).</summary>
    public static readonly Policy EasyShortestFirst = new() { Name = "easy-sjf", BackfillOrder = ShortestFirst.Order };

    /// <summary>Conservative: everybody has a reservation, planned anew at each event.</summary>
    public static readonly Policy Conservative = new() { Name = "conservative", ReservationDepth = int.MaxValue };

    /// <summary>A wait after which a request goes before everybody who waited less.</summary>
    public const long LongestFairWaitMs = 24 * 3600 * 1000;

    private const long ShortestEstimateMs = 60 * 1000;

    /// <summary>
    /// The default: EASY whose head is the request that suffers most, with a bound on starvation, and whose holes go to the shortest
    /// first.
    /// </summary>
    /// <remarks>
    /// EASY's slowdown comes from short work behind a long head: ordering by wait over estimate and filling holes by the shortest cures
    /// that, but alone it starves wide and long work. Two terms guard it: the root of the width, and first come, first served for all that
    /// waited a day. One reservation is kept: more of them cost more in holes than they give in order. Replays of KTH-SP2 compared some
    /// 600 combinations of order, bound, filling and depth. With this order every bound from 12 to 36 hours gives 0.53 to 0.62 of EASY's
    /// slowdown at 1.01 to 1.08 of its longest wait, so the day is no lucky number (0.585 and 1.01). Halves of the year, and arrivals 5 %
    /// or 10 % denser or 5 % thinner, give 0.57 to 0.66 of EASY's slowdown at 0.55 to 1.15 of its longest wait. What it costs: users'
    /// slowdowns differ more (Jain's index 0.08 against 0.17).
    /// </remarks>
    /// <param name="capacity">The cluster, for the width of a request.</param>
    public static Policy Default(in Amount capacity) => new()
    {
        Name = "default",
        Order = new BoundedWait(new WeightedExpansion(capacity, ShortestEstimateMs), LongestFairWaitMs),
        BackfillOrder = ShortestFirst.Order,
    };

    /// <summary>A policy by its name; null if there is none.</summary>
    public static Policy? Named(string name, in Amount capacity) => name switch
    {
        "fcfs" => Fcfs,
        "easy" => Easy,
        "easy-sjf" => EasyShortestFirst,
        "conservative" => Conservative,
        "default" => Default(capacity),
        _ => null,
    };

    public static readonly IReadOnlyList<string> Names = ["fcfs", "easy", "easy-sjf", "conservative", "default"];
}
