using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Engine;
using Stint.Server.History;

namespace Stint.Server.Hosting;

/// <summary>Tells the projector that there is something to project.</summary>
internal sealed class ProjectorWaker(Projector projector) : ICommitObserver
{
    public void Committed(long sequence, Record record, Cluster cluster, Instant now) => projector.Wake();
}
