using Stint.Simulation.Faults.Clockwork;
using Stint.Simulation.Faults.Mutants;
using Stint.Simulation.Faults.Plans;

namespace Stint.Simulation.Faults;

/// <summary>What became of one run.</summary>
internal sealed record Outcome(Plan Plan, BrokenPromise? Broken, long Events, long Records, int Jobs, long SimulatedUs, FaultCounts Faults, IReadOnlyList<string> Trace);

internal static class FaultRun
{
    public static Outcome Of(Plan plan, Func<Mutant>? mutant = null, bool traces = false, Action<World>? progress = null)
    {
        var world = new World(plan, mutant?.Invoke() ?? new Mutant(), traces) { Progress = progress };
        var before = SynchronizationContext.Current;
        try
        {
            world.Run();
        }
        catch (BrokenPromise)
        {
            // It is in the world.
        }
        catch (Exception fault)
        {
            world.Unexpected(fault);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
        return new Outcome(plan, world.Broken, world.Queue.Count, world.Books.Records, world.Books.Jobs.Count, world.Queue.NowUs, world.Faults, world.TraceLines);
    }
}
