using Stint.Protocol.Slurm;

namespace Stint.Agent.Binding;

/// <summary>The NUMA policy of each task. Pure; policies are those of set_mempolicy(2).</summary>
internal static class TaskMemory
{
    public const uint Preferred = 1, Bind = 2;

    /// <param name="cpus">The ids of each task; none: it is not bound.</param>
    /// <param name="nodes">For each task the NUMA nodes, ascending; empty: no policy.</param>
    public static uint Choose(CpuShape shape, MemBind bind, IReadOnlyList<IReadOnlyList<int>> cpus, out IReadOnlyList<int[]> nodes, out string? error)
    {
        error = null;
        nodes = [.. cpus.Select(_ => Array.Empty<int>())];
        if (bind.Mode is MemBindMode.Unsaid or MemBindMode.None) return 0;
        var existing = shape.Domains.Count == 0 ? [0] : shape.Domains.Select(d => (int)d).Distinct().Order().ToArray();
        var (listed, wrong) = (new List<int[]>(), "");
        if (bind.Mode == MemBindMode.Mask) _ = BindList.TryMasks(bind.List, out listed, out wrong);
        else if (bind.Mode == MemBindMode.Map && BindList.TryNumbers(bind.List, out var numbers, out wrong)) listed = numbers.ConvertAll(n => new[] { n });
        if (wrong.Length > 0)
        {
            error = $"--mem-bind: {wrong}";
            return 0;
        }
        var chosen = new List<int[]>(cpus.Count);
        for (var task = 0; task < cpus.Count; task++)
        {
            int[] wanted = bind.Mode switch
            {
                MemBindMode.Rank => [task],
                MemBindMode.Local => cpus[task].Count == 0 ? existing : [.. cpus[task].Select(id => (int)shape.DomainOf(id)).Distinct().Order()],
                _ => listed[task % listed.Count],
            };
            if (Array.Find(wanted, node => !existing.Contains(node)) is var missing && wanted.Any(node => !existing.Contains(node)))
            {
                error = $"NUMA node {missing} does not exist; cannot bind local task {task} to it (--mem-bind={bind.TypeText}{bind.List})";
                return 0;
            }
            // One node can be preferred, not several.
            chosen.Add(bind.Prefer ? [wanted[0]] : wanted);
        }
        nodes = chosen;
        return bind.Prefer ? Preferred : Bind;
    }
}
