using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Kernel;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Watch;

/// <summary>
/// Processes of users who have jobs here that are in no job: what cron, at, ssh, a service manager or a container engine started for them. No limit
/// of a job holds for those. They are told, each user's at most once in <see cref="Quiet"/>, or moved into the user's newest job. One caller at a time.
/// </summary>
internal sealed class OutsideProcesses(OutsideAction action, ICgroups cgroups, TimeProvider time, string procDirectory = "/proc")
{
    internal static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);
    private const int ShownMax = 4;
    private static readonly string[] Clients = [Path.Combine(AppContext.BaseDirectory, "stint"), Path.Combine(AppContext.BaseDirectory, "stint-front")];
    private readonly Dictionary<uint, long> _told = [];

    public IReadOnlyList<NodeEvent> Look(IReadOnlyList<LaunchSpec> live)
    {
        if (action == OutsideAction.Off) return [];
        var newest = new Dictionary<uint, LaunchSpec>();
        foreach (var step in live)
            if (step.Uid != 0 && (!newest.TryGetValue(step.Uid, out var before) || step.Key.JobId >= before.Key.JobId)) newest[step.Uid] = step;
        foreach (var gone in _told.Keys.Except(newest.Keys).ToList()) _told.Remove(gone);
        if (newest.Count == 0) return [];
        return [.. Find(newest).GroupBy(p => p.Uid).Select(user => Judge(newest[user.Key], [.. user])).OfType<NodeEvent>()];
    }

    private NodeEvent? Judge(LaunchSpec step, IReadOnlyList<Outsider> found)
    {
        var adopted = action == OutsideAction.Adopt ? Adopt(step, found) : null;
        var isNew = !_told.TryGetValue(step.Uid, out var at) || time.GetElapsedTime(at) >= Quiet;
        if (adopted is null && !isNew) return null;
        _told[step.Uid] = time.GetTimestamp();
        var who = string.Join(", ", found.Take(ShownMax).Select(p => $"{p.Pid} ({p.Command}) in {p.Group}"));
        var sentence = $"{found.Count} process{(found.Count == 1 ? "" : "es")} of uid {step.Uid} ran outside of the user's jobs, where no job's limit holds: {who}{(found.Count > ShownMax ? ", …" : "")}";
        return new NodeEvent
        {
            Kind = NodeEventKind.EventOutside, Key = new StepKey { JobId = step.Key.JobId, Attempt = step.Key.Attempt }, Uid = step.Uid,
            Sentence = adopted is null ? sentence : $"{sentence}; {adopted}", AtMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
    }

    /// <summary>Into the user's newest job: from here on its limits and its devices are theirs, and its end is theirs. What they hold already stays charged where it is.</summary>
    private string Adopt(LaunchSpec step, IReadOnlyList<Outsider> found)
    {
        if (cgroups.Find(step.Key, step.Uid) is not { } group) return "their job has just ended";
        var failed = 0;
        foreach (var process in found)
            foreach (var file in group.ProcsFiles)
                if (KernelFiles.Instance.Write(file, process.Pid.ToString(CultureInfo.InvariantCulture)) is not (0 or Errno.NoProcess)) { failed++; break; }
        return failed == 0 ? $"adopted into job {step.Key.JobId}" : $"{failed} could not be adopted into job {step.Key.JobId}";
    }

    private IEnumerable<Outsider> Find(Dictionary<uint, LaunchSpec> users)
    {
        foreach (var process in Directory.EnumerateDirectories(procDirectory))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
            if (KernelFiles.Instance.Read($"{process}/status", out var status) != 0 || Field(status, "State:").StartsWith('Z')) continue;
            if (!uint.TryParse(Field(status, "Uid:").Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var uid) || !users.ContainsKey(uid)) continue;
            if (KernelFiles.Instance.Read($"{process}/cgroup", out var groups) != 0 || IsInAJob(groups) || IsClient(process)) continue;
            yield return new Outsider(pid, uid, Field(status, "Name:"), Shown(groups));
        }
    }

    /// <summary>A group …/u&lt;uid&gt;/j&lt;job&gt;/s&lt;step&gt; or below it, in any hierarchy.</summary>
    private static bool IsInAJob(string groups)
    {
        foreach (var line in groups.Split('\n'))
        {
            var parts = line.Split('/');
            for (var at = 0; at + 2 < parts.Length; at++)
                if (parts[at] is ['u', >= '0' and <= '9', ..] && parts[at + 1] is ['j', >= '0' and <= '9', ..] && parts[at + 2] is ['s', >= '0' and <= '9', ..]) return true;
        }
        return false;
    }

    /// <summary>srun and its like wait where they were typed.</summary>
    private static bool IsClient(string process)
    {
        try { return new FileInfo($"{process}/exe").LinkTarget is { } program && Clients.Contains(program); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    private static string Shown(string groups)
    {
        var lines = groups.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var line = lines.FirstOrDefault(l => l.Contains(":pids:", StringComparison.Ordinal)) ?? lines.LastOrDefault() ?? "::/";
        return line.Split(':', 3) is [_, _, var path] ? path : "/";
    }

    private static string Field(string text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
            if (line.StartsWith(name, StringComparison.Ordinal)) return line[name.Length..].Trim().ToString();
        return "";
    }

    private readonly record struct Outsider(int Pid, uint Uid, string Command, string Group);
}
