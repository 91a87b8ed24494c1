using Stint.Core.Journal;
using Stint.Server.Engine;

namespace Stint.Simulation.Faults.Checks;

/// <summary>After the faults are over and everything had time to end.</summary>
internal sealed class FinalCheck(World world)
{
    public void Run()
    {
        NothingStarves();
        NothingIsLeftOnNodes();
        ArraysAreWhole();
        world.Client.CheckAtTheEnd();
        TheClusterIsEmpty();
        TheJournalTellsTheSame();
    }

    private void NothingStarves()
    {
        foreach (var job in world.Books.Jobs.Values)
            world.Promise(job.IsOver, "ends", $"job {job.Id} is not over long after the last fault: {Why(job)}");
        world.Promise(world.Server.IsUp, "up", $"the server is not up");
        world.Promise(!world.Client.IsWaiting, "answers", $"a client still waits for its answer");
    }

    private string Why(BookedJob job)
    {
        if (world.Server.Life?.Cluster.FindJob(job.Id) is not { } really) return "the server does not know it";
        return $"{really.State} {really.Reason} {really.ReasonDetail} attempt {really.Attempt} on {string.Join(',', really.Shares.Select(static s => s.Node))}";
    }

    private void NothingIsLeftOnNodes()
    {
        foreach (var step in world.Truth.Alive) world.Promise(false, "strays", $"{step} still runs");
        foreach (var node in world.Nodes)
        {
            if (node.IsGone) continue;
            world.Promise(node.Groups.Count == 0, "strays", $"{node.Name} still has the groups {string.Join(' ', node.Groups.Names)}");
            world.Promise(node.Disk.Folders.Count == 0, "strays", $"{node.Name} still has folders of {string.Join(' ', node.Disk.Folders.Keys)}");
            world.Promise(node.Agent is { Process.Lives: true, Host.Unacknowledged.Count: 0 }, "strays", $"{node.Name} still has reports that nobody acknowledged");
        }
    }

    private void ArraysAreWhole()
    {
        foreach (var array in world.Books.Jobs.Values)
        {
            if (array.Spec.Array.Count == 0 || array.Array is not null) continue;
            var all = array.Spec.Array.Sum(static range => (range.Last - range.First) / Math.Max(1, range.Step) + 1);
            var known = array.Split.Count + array.TasksCancelled.Count;
            var restCancelled = !array.Split.ContainsValue(array.Id) && array.Kind == EndKind.EndCancelled;
            world.Promise(known == all || restCancelled && known < all, "array", $"array {array.Id} has {all} tasks; {array.Split.Count} ran and {array.TasksCancelled.Count} were cancelled");
        }
    }

    private void TheClusterIsEmpty()
    {
        var cluster = world.Server.Life!.Cluster;
        world.Audit(cluster);
        foreach (var node in cluster.Nodes.Values)
            world.Promise(node.FreeCpus == node.AllCpus && node.MemoryAllocatedBytes == 0 && node.Jobs.Count == 0, "books", $"node {node.Name} has {node.CpusAllocated} cpus allocated, and no job is left");
        foreach (var (id, job) in world.Books.Jobs)
            if (cluster.FindJob(id) is { } known) world.Promise(known.IsOver && known.Kind == job.Kind, "books", $"job {id} is {known.State}; its records say {job.Kind}");
    }

    private void TheJournalTellsTheSame()
    {
        try
        {
            var replayed = Recovery.Replay(world.Server.Journal).Cluster;
            world.Promise(replayed.StateHash() == world.Server.Life!.Cluster.StateHash(), "replay", $"the journal replays to another state");
        }
        catch (InvalidOperationException wrong)
        {
            world.Promise(false, "replay", $"the journal cannot be replayed: {wrong.Message}");
        }
    }
}
