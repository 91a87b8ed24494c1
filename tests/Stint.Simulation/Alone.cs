namespace Stint.Simulation;

/// <summary>Tests that measure: they run after the others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";

    /// <summary>Processor time that something took here: on a machine that has other things to do, wall time says little.</summary>
    public static TimeSpan CpuTimeOf(Action action)
    {
        var before = Environment.CpuUsage.TotalTime;
        action();
        return Environment.CpuUsage.TotalTime - before;
    }
}
