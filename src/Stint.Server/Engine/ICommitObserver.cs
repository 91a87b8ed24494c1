using Stint.Core;
using Stint.Core.Journal;

namespace Stint.Server.Engine;

/// <summary>
/// Hears of every record after its commit, on the engine's thread, in order. It sees the state after the whole batch, so it
/// derives what to do from the state, not from the record alone; it must not block.
/// </summary>
internal interface ICommitObserver
{
    void Committed(long sequence, Record record, Cluster cluster, Instant now);
}
