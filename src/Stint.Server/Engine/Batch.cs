using Stint.Core;
using Stint.Core.Journal;
using Stint.Storage;

namespace Stint.Server.Engine;

/// <summary>
/// What is decided between two commits. Used on the engine's thread only; one object, emptied after every commit.
/// </summary>
internal sealed class Batch(Cluster cluster)
{
    private readonly List<Record> records = new(256);
    private readonly List<Blob> blobs = [];

    public Cluster Cluster { get; } = cluster;
    public Instant Now { get; private set; }
    public IReadOnlyList<Record> Records => records;
    public IReadOnlyList<Blob> Blobs => blobs;

    public void Begin(Instant now)
    {
        Now = now;
        records.Clear();
        blobs.Clear();
    }

    /// <summary>Decides and applies at once, so that the next decision of the batch sees it.</summary>
    public Decision Decide(Command command)
    {
        try
        {
            var decision = Cluster.Decide(command, Now);
            var made = decision.Records;
            for (var i = 0; i < made.Count; i++)
            {
                Cluster.Apply(made[i]);
                records.Add(made[i]);
            }
            return decision;
        }
        catch (Exception e)
        {
            throw new EngineBrokenException($"deciding {command.GetType().Name} failed: {e.Message}", e);
        }
    }

    /// <summary>Stored with the batch's records, under the same commit.</summary>
    public void Store(Blob blob) => blobs.Add(blob);
}
