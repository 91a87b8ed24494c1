using System.Globalization;
using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups;

/// <summary>
/// The processes of groups, from every hierarchy: a task that failed half way through joining is in some of them only.
/// </summary>
internal sealed class ProcessList(CgroupLayout layout, IGroupFiles files)
{
    public IReadOnlyCollection<int> Of(IReadOnlyList<string> groups)
    {
        var pids = new SortedSet<int>();
        foreach (var hierarchy in layout.Hierarchies)
        {
            foreach (var group in groups) AddTo(pids, $"{hierarchy.Mount}/{group}/cgroup.procs");
        }
        return pids;
    }

    private void AddTo(SortedSet<int> pids, string file)
    {
        if (files.Read(file, out var text) != 0) return;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            // 0 stands for a process outside this pid namespace: it cannot be signalled from here.
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0) pids.Add(pid);
        }
    }

    /// <summary>pid, command, state and what it waits for in the kernel: what an operator needs to know of a process that will not die.</summary>
    public string Describe(int pid)
    {
        if (files.Read($"/proc/{pid}/stat", out var stat) != 0) return $"{pid} (gone)";
        var open = stat.IndexOf('(', StringComparison.Ordinal);
        var close = stat.LastIndexOf(')');
        if (open < 0 || close < open || close + 2 >= stat.Length) return pid.ToString(CultureInfo.InvariantCulture);
        _ = files.Read($"/proc/{pid}/wchan", out var channel);
        return $"{pid} {stat[(open + 1)..close]} state {stat[close + 2]}{(channel is "" or "0" ? "" : $" in {channel}")}";
    }
}
