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
}
