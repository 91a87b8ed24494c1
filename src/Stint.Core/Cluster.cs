using Stint.Core.Journal;

namespace Stint.Core;

/// <summary>
/// The whole cluster as a fold of its journal. One caller at a time; no clock, no I/O.
/// Invariant: state changes in <see cref="Apply"/> only, and <see cref="Decide"/> reads it without changing it
/// (caches that do not show from outside excepted).
/// </summary>
public sealed partial class Cluster
{
    /// <summary>What follows from a command, or why not. Total: never throws for bad input.</summary>
    public Decision Decide(Command command, Instant now) => throw new NotImplementedException();

    /// <summary>Folds one record in. The engine applies records right after they were decided and before the commit.</summary>
    public void Apply(Record record) => throw new NotImplementedException();

    /// <summary>Re-derives every counter and index and throws <see cref="InvalidOperationException"/> on the first difference.</summary>
    public void Audit() => throw new NotImplementedException();

    /// <summary>Equal states have equal hashes, whatever path led there.</summary>
    public ulong StateHash() => throw new NotImplementedException();

    public Snapshot ToSnapshot(long lastSequence) => throw new NotImplementedException();
    public static Cluster FromSnapshot(Snapshot snapshot) => throw new NotImplementedException();
}
