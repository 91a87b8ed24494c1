using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Devices, their parts, disk and shared CPUs, counted again from the jobs' shares alone.</summary>
    private void AuditDevices()
    {
        var held = new Dictionary<string, List<(uint Job, NodeShare Share, Holder Holder)>>(StringComparer.Ordinal);
        foreach (var id in activeJobs)
        {
            foreach (var share in jobs[id].Shares)
            {
                if (jobs[id].Released.Contains(share.Node)) continue;
                if (!held.TryGetValue(share.Node, out var shares)) held.Add(share.Node, shares = []);
                shares.Add((id, HeldShare(jobs[id], share), Holder.Of(jobs[id].Spec)));
            }
        }
        foreach (var node in nodes.Values) AuditDevices(node, held.GetValueOrDefault(node.Name, []));
    }

    private static void AuditDevices(Node node, List<(uint Job, NodeShare Share, Holder Holder)> held)
    {
        var given = new Dictionary<(string, string, uint), uint>();
        var parts = new Dictionary<uint, uint>();
        var (gres, disk) = (node.Kind.Gres.Empty, 0UL);
        var uses = new Dictionary<int, (int Jobs, bool Shared)>();
        var fits = true;
        foreach (var (job, share, holder) in held)
        {
            disk += share.DiskBytes;
            foreach (var taken in share.Gres)
            {
                foreach (var index in taken.Indices)
                {
                    if (GresNames.IsPart(taken.Name)) { parts.TryAdd(index, job); continue; }
                    Must(given.TryAdd((taken.Name, taken.Type, index), job),
                        $"job {job} holds {taken.Name}:{taken.Type} {index} on {node.Name}, which job {given.GetValueOrDefault((taken.Name, taken.Type, index))} holds");
                }
            }
            if (GresTaking.Take(node.Kind, gres, share) is { } left) gres = left;
            else fits = false;
            foreach (var cpu in CpuSet.FromBytes(share.Cpus).ToIds())
            {
                var use = uses.GetValueOrDefault(cpu);
                Must(use.Jobs == 0 || use.Shared && holder.SharesCpus, $"CPU {cpu} of {node.Name} is shared by job {job}, and not all that use it allow that");
                uses[cpu] = (use.Jobs + 1, holder.SharesCpus);
            }
        }
        foreach (var (index, job) in parts)
            Must(!given.Keys.Any(key => key.Item1 == GresNames.Gpu && key.Item3 == index), $"GPU {index} of {node.Name} is given whole, and in parts to job {job}");
        // What the configuration took away under running jobs is counted as far as it is there.
        Must(!fits || node.Balance.Gres == gres, $"node {node.Name} counts other generic resources as free than its jobs leave");
        Must(node.Balance.DiskBytes == node.Kind.DiskBytes - Math.Min(disk, node.Kind.DiskBytes), $"node {node.Name} counts {node.Balance.DiskBytes} bytes of disk as free");
        Must(node.Balance.IsIdle == (held.Count == 0), $"node {node.Name} is counted as {(node.Balance.IsIdle ? "idle" : "busy")}");
        Must(node.Balance.MemoryBytes == node.Kind.MemoryBytes - Math.Min(node.MemoryAllocatedBytes, node.Kind.MemoryBytes),
            $"node {node.Name} counts {node.Balance.MemoryBytes} bytes as free");
    }
}
