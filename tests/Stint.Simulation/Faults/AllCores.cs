namespace Stint.Simulation.Faults;

/// <summary>Campaigns use every core: they run when nothing else does, so that no other test's time is measured beside them.</summary>
[CollectionDefinition(nameof(AllCores), DisableParallelization = true)]
public sealed class AllCores;
