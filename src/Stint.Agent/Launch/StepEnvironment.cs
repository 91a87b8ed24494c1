using System.Globalization;
using System.Numerics;
using System.Text;
using Stint.Agent.Binding;
using Stint.Agent.Gpus;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// The environment of a task, later ones winning: the user's, what the server knows of the job, what this node knows of the step, the task's own.
/// Bytes throughout, because a user's environment need not be UTF-8.
/// </summary>
internal static class StepEnvironment
{
    public static IReadOnlyList<byte[]> ForStep(LaunchSpec spec, UserAccount account, IReadOnlyList<VisibleValue>? devices = null, StepBinding? binding = null, string? scratch = null)
    {
        var all = new Dictionary<string, byte[]>();
        foreach (var entry in spec.Payload.Environment)
            Add(all, entry.ToByteArray());
        foreach (var entry in spec.Environment)
            Add(all, Encoding.UTF8.GetBytes(entry));
        Set(all, "SLURMD_NODENAME", spec.Node);
        Set(all, "SLURM_NODEID", Number(spec.NodeIndex));
        Set(all, "SLURM_GTIDS", string.Join(',', spec.TaskIds));
        Set(all, "SLURM_TOPOLOGY_ADDR", spec.Node);
        Set(all, "SLURM_TOPOLOGY_ADDR_PATTERN", "node");
        if (CpuCount(spec.Limits) is > 0 and var cpus)
            Set(all, "SLURM_CPUS_ON_NODE", Number(cpus));
        foreach (var (name, value, keepsInherited) in devices ?? [])
        {
            if (value is null)
                all.Remove(name);
            else if (keepsInherited)
                SetMissing(all, name, value);
            else
                Set(all, name, value);
        }
        // What an srun around this one did says nothing of this step.
        foreach (var inherited in StepBinding.Variables)
            all.Remove(inherited);
        foreach (var (name, value) in binding?.Environment ?? [])
            Set(all, name, value);
        SetMissing(all, "HOME", account.Home);
        SetMissing(all, "USER", account.Name ?? spec.User);
        SetMissing(all, "LOGNAME", account.Name ?? spec.User);
        SetMissing(all, "SHELL", account.Shell);
        if (scratch is not null)
            Set(all, "TMPDIR", scratch);
        SetMissing(all, "TMPDIR", "/tmp");
        foreach (var perTask in (ReadOnlySpan<string>)["SLURM_PROCID", "SLURM_LOCALID", "SLURM_TASK_PID"])
            all.Remove(perTask);
        foreach (var perTask in binding?.Environments.SelectMany(e => e).Select(e => e.Key).Distinct() ?? [])
            all.Remove(perTask);
        return [.. all.Values];
    }

    /// <summary>The shepherd fills in the pid, which nobody knows before the fork.</summary>
    public static IReadOnlyList<byte[]> ForTask(uint taskId, int localIndex, IReadOnlyList<KeyValuePair<string, string>>? binding = null) =>
    [
        Encoding.UTF8.GetBytes($"SLURM_PROCID={taskId}"),
        Encoding.UTF8.GetBytes($"SLURM_LOCALID={localIndex}"),
        "SLURM_TASK_PID="u8.ToArray(),
        .. (binding ?? []).Select(v => Encoding.UTF8.GetBytes($"{v.Key}={v.Value}")),
    ];

    static uint CpuCount(Limits? limits)
    {
        uint count = 0;
        foreach (var b in limits is null ? default : limits.Cpus.Span)
            count += (uint)BitOperations.PopCount(b);
        return count;
    }

    static string Number(uint value) => value.ToString(CultureInfo.InvariantCulture);
    static void Set(Dictionary<string, byte[]> all, string name, string value) => all[name] = Encoding.UTF8.GetBytes($"{name}={value}");

    static void SetMissing(Dictionary<string, byte[]> all, string name, string value)
    {
        if (!all.ContainsKey(name))
            Set(all, name, value);
    }

    static void Add(Dictionary<string, byte[]> all, byte[] entry)
    {
        var equals = Array.IndexOf(entry, (byte)'=');
        if (equals > 0)
            all[Encoding.Latin1.GetString(entry, 0, equals)] = entry;
    }
}
