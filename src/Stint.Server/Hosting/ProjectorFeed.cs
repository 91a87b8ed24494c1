using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Engine;
using Stint.Server.History;

namespace Stint.Server.Hosting;

/// <summary>Hands what was committed to the projector.</summary>
internal sealed class ProjectorFeed(Projector projector) : ICommitObserver
{
    public void Committed(long sequence, Record record, Cluster cluster, Instant now) => projector.Offer(sequence, record);
}
