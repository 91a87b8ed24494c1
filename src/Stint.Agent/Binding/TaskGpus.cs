using System.Globalization;
using Stint.Protocol.Slurm;

namespace Stint.Agent.Binding;

/// <summary>Which of its step's GPUs each task sees: positions in the step's list. Pure.</summary>
internal static class TaskGpus
{
    /// <param name="near">For each GPU the ids of CPUs near it; null: all are.</param>
    /// <param name="cpus">The ids of each task; none: it is not bound.</param>
    /// <returns>Null with a sentence when a map or mask names a GPU that the step does not have; null without: every task sees all.</returns>
    public static IReadOnlyList<IReadOnlyList<int>>? Choose(GpuBinding binding, IReadOnlyList<IReadOnlySet<int>?> near, IReadOnlyList<IReadOnlyList<int>> cpus, out string? error)
    {
        error = null;
        var gpus = near.Count;
        if (gpus == 0 || binding.Kind == GpuBindKind.None) return null;
        var listed = Listed(binding, gpus, out error);
        if (error is not null) return null;
        var chosen = new List<IReadOnlyList<int>>(cpus.Count);
        for (var task = 0; task < cpus.Count; task++)
        {
            chosen.Add(binding.Kind switch
            {
                GpuBindKind.Closest => Closest(near, cpus[task]),
                GpuBindKind.Single => [(int)(task / binding.Count % gpus)],
                GpuBindKind.PerTask => [.. Enumerable.Range(0, (int)Math.Min(binding.Count, (uint)gpus)).Select(i => (int)((task * (long)binding.Count + i) % gpus)).Order()],
                _ => listed[task % listed.Count],
            });
        }
        return chosen;
    }

    private static IReadOnlyList<int> Closest(IReadOnlyList<IReadOnlySet<int>?> near, IReadOnlyList<int> cpus)
    {
        int[] close = [.. Enumerable.Range(0, near.Count).Where(gpu => near[gpu] is not { } there || cpus.Count == 0 || cpus.Any(there.Contains))];
        return close.Length > 0 ? close : [.. Enumerable.Range(0, near.Count)];
    }

    private static List<int[]> Listed(GpuBinding binding, int gpus, out string? error)
    {
        var (lists, wrong) = (new List<int[]>(), "");
        if (binding.Kind == GpuBindKind.Mask) _ = BindList.TryMasks(binding.List, out lists, out wrong);
        else if (binding.Kind == GpuBindKind.Map && BindList.TryNumbers(binding.List, out var numbers, out wrong)) lists = numbers.ConvertAll(n => new[] { n });
        error = wrong.Length > 0 ? $"--gpu-bind: {wrong}"
            : lists.SelectMany(l => l).Any(gpu => gpu >= gpus) ? string.Create(CultureInfo.InvariantCulture, $"--gpu-bind names GPU {lists.SelectMany(l => l).Max()}; the step has {gpus} on this node, 0 to {gpus - 1}") : null;
        return lists;
    }
}
