using Stint.Simulation.Faults.Mutants;
using Stint.Simulation.Faults.Plans;

namespace Stint.Simulation.Faults;

/// <summary>Leaves out of a plan what the failure does not need: halves, quarters, ... single ops, until nothing more can go (delta debugging).</summary>
internal static class Shrinker
{
    /// <param name="runsMax">Runs that it may take.</param>
    public static Outcome Shrink(Outcome failed, Func<Mutant>? mutant = null, int runsMax = 400)
    {
        var (best, runs) = (failed, 0);
        for (var parts = 2; best.Plan.Ops.Count > 0;)
        {
            var smaller = Smaller(best, parts, mutant, ref runs, runsMax);
            if (smaller is not null) (best, parts) = (smaller, Math.Max(2, parts - 1));
            else if (parts >= best.Plan.Ops.Count || runs >= runsMax) break;
            else parts = Math.Min(parts * 2, best.Plan.Ops.Count);
        }
        return FaultRun.Of(best.Plan, mutant, traces: true);
    }

    private static Outcome? Smaller(Outcome best, int parts, Func<Mutant>? mutant, ref int runs, int runsMax)
    {
        var ops = best.Plan.Ops;
        for (var part = 0; part < parts && runs < runsMax; part++)
        {
            var (from, to) = (ops.Count * part / parts, ops.Count * (part + 1) / parts);
            if (from == to) continue;
            var rest = new List<Op>(ops.Count);
            for (var i = 0; i < ops.Count; i++)
                if (i < from || i >= to) rest.Add(ops[i]);
            runs++;
            var tried = FaultRun.Of(best.Plan.With(rest), mutant);
            if (tried.Broken?.Promise == best.Broken!.Promise) return tried;
        }
        return null;
    }
}
