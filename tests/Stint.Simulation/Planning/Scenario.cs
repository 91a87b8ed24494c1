using FsCheck;
using FsCheck.Fluent;
using Stint.Core;
using Stint.Core.Scheduling.Planning;

namespace Stint.Simulation.Planning;

/// <summary>A cluster with something running on it and a queue, at a moment: what one planning round sees.</summary>
public sealed record Scenario((int Cpus, int EndMs)[] Running, Request[] Queue)
{
    public static readonly Amount Capacity = new(16, 64);
    public static readonly Instant Now = new(1_000_000);

    /// <summary>Scenarios in which every request can run on the empty cluster.</summary>
    public static readonly Arbitrary<Scenario> Feasible = Of(largestCpus: 16);

    /// <summary>Scenarios in which some requests are larger than the cluster.</summary>
    public static readonly Arbitrary<Scenario> WithInfeasible = Of(largestCpus: 22);

    public static readonly Arbitrary<Policy> Policies = Gen.Elements(
        Core.Scheduling.Planning.Policies.Fcfs, Core.Scheduling.Planning.Policies.Easy,
        Core.Scheduling.Planning.Policies.EasyShortestFirst, Core.Scheduling.Planning.Policies.Conservative,
        Core.Scheduling.Planning.Policies.Default(Capacity),
        Core.Scheduling.Planning.Policies.Easy with { Name = "easy-3", ReservationDepth = 3 }).ToArbitrary();

    public Timeline Timeline()
    {
        var timeline = new Timeline(Now, Capacity);
        var free = Capacity.Cpus;
        foreach (var (cpus, endMs) in Running)
        {
            if (cpus > free) continue;
            free -= cpus;
            timeline.Reserve(Now, new Instant(Now.Milliseconds + endMs), new Amount(cpus, cpus * 2));
        }
        return timeline;
    }

    public override string ToString() => $"running {string.Join(" ", Running)}; queue {string.Join(" ", Queue)}";

    private static Arbitrary<Scenario> Of(int largestCpus)
    {
        var running = (from cpus in Gen.Choose(1, 8) from end in Gen.Choose(1, 500) select (cpus, end)).ArrayOf();
        var request = from cpus in Gen.Choose(1, largestCpus)
                      from memory in Gen.Choose(0, 32)
                      from estimate in Gen.Choose(0, 400)
                      from waited in Gen.Choose(0, 200_000)
                      select new Request(0, new Amount(cpus, memory), estimate, new Instant(Now.Milliseconds - waited));
        return (from r in running
                from queue in request.ArrayOf()
                select new Scenario(r, [.. queue.OrderBy(q => q.Queued).Select((q, i) => q with { Id = i })])).ToArbitrary();
    }
}
