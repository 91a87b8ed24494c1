using System.Globalization;
using Stint.Agent.Kernel;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>
/// A FAKE cgroup v2 tree in memory: it imitates cgroup-v2.rst in what the driver depends on (files by the parent's subtree_control, no processes
/// in groups that hand controllers down, page rounding, cgroup.kill) and proves nothing about a kernel.
/// </summary>
internal sealed class FakeCgroup2 : IGroupFiles
{
    public const string Mount = "/fake/cgroup";
    private readonly Dictionary<string, Dictionary<string, string>> _groups = [];

    public FakeCgroup2(string controllers = "cpuset cpu memory pids", bool hasKill = true, string ownGroup = "/agent.service")
    {
        HasKill = hasKill;
        _groups[Mount] = new() { ["cgroup.controllers"] = controllers, ["cgroup.subtree_control"] = controllers, ["cgroup.procs"] = "" };
        Plain["/fake/proc/self/cgroup"] = $"0::{ownGroup}\n";
        if (ownGroup != "/")
        {
            MakeGroup(Mount + ownGroup);
            _groups[Mount + ownGroup]["cgroup.procs"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        }
    }

    public bool HasKill { get; }
    public Dictionary<string, string> Plain { get; } = [];
    public List<(int Pid, int Signal)> Signals { get; } = [];
    public List<string> Writes { get; } = [];

    public string this[string file]
    {
        get => _groups[Path.GetDirectoryName(file)!][Path.GetFileName(file)];
        set => _groups[Path.GetDirectoryName(file)!][Path.GetFileName(file)] = value;
    }

    public int MakeGroup(string path)
    {
        if (_groups.ContainsKey(path)) return Errno.Exists;
        if (!_groups.TryGetValue(Path.GetDirectoryName(path)!, out var parent)) return Errno.NoEntry;
        var given = parent["cgroup.subtree_control"];
        var files = new Dictionary<string, string>
        {
            ["cgroup.subtree_control"] = "", ["cgroup.procs"] = "", ["cgroup.type"] = "domain", ["cgroup.freeze"] = "0",
            ["cpu.stat"] = "usage_usec 30\nuser_usec 20\nsystem_usec 10",
        };
        if (HasKill) files["cgroup.kill"] = "";
        Give(files, given);
        _groups[path] = files;
        return 0;
    }

    private static void Give(Dictionary<string, string> files, string controllers)
    {
        files["cgroup.controllers"] = controllers;
        foreach (var controller in controllers.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var (name, value) in FilesOf(controller)) files.TryAdd(name, value);
        }
    }

    private static (string, string)[] FilesOf(string controller) => controller switch
    {
        "memory" => [("memory.max", "max"), ("memory.high", "max"), ("memory.swap.max", "max"), ("memory.oom.group", "0"), ("memory.peak", "0"), ("memory.current", "0"), ("memory.events.local", "oom 0\noom_kill 0"), ("memory.events", "oom 0\noom_kill 0")],
        "cpuset" => [("cpuset.cpus", ""), ("cpuset.cpus.effective", "0-3"), ("cpuset.mems", "")],
        "cpu" => [("cpu.max", "max 100000")],
        "pids" => [("pids.max", "max"), ("pids.peak", "0"), ("pids.events", "max 0")],
        "rdma" => [("rdma.max", "")],
        _ => [],
    };

    public int RemoveGroup(string path)
    {
        if (!_groups.TryGetValue(path, out var files)) return Errno.NoEntry;
        if (files["cgroup.procs"].Length > 0 || Children(path).Count > 0) return Errno.Busy;
        _groups.Remove(path);
        return 0;
    }

    public int Write(string file, string value)
    {
        Writes.Add($"{file[Mount.Length..]} = {value}");
        var (group, name) = (Path.GetDirectoryName(file)!, Path.GetFileName(file));
        if (!_groups.TryGetValue(group, out var files) || !files.ContainsKey(name)) return Errno.NoEntry;
        switch (name)
        {
            case "cgroup.subtree_control":
                if (group != Mount && files["cgroup.procs"].Length > 0) return Errno.Busy;
                var asked = value.Split(' ').Select(c => c[1..]).ToList();
                if (asked.Except(files["cgroup.controllers"].Split(' ')).Any()) return Errno.NoEntry;
                files[name] = string.Join(' ', files[name].Split(' ', StringSplitOptions.RemoveEmptyEntries).Union(asked));
                // Children that exist already get the files of what they are given now.
                foreach (var child in Children(group)) Give(_groups[$"{group}/{child}"], files[name]);
                break;
            case "cgroup.procs":
                if (files["cgroup.subtree_control"].Length > 0 && group != Mount) return Errno.Busy;
                foreach (var other in _groups.Values) other["cgroup.procs"] = string.Join('\n', other["cgroup.procs"].Split('\n').Where(p => p != value));
                files[name] = $"{files[name]}\n{value}".Trim();
                break;
            case "cgroup.kill":
                foreach (var (path, below) in _groups) if (path == group || path.StartsWith(group + "/", StringComparison.Ordinal)) below["cgroup.procs"] = "";
                break;
            case "memory.max" or "memory.swap.max":
                files[name] = (ulong.Parse(value, CultureInfo.InvariantCulture) / 4096 * 4096).ToString(CultureInfo.InvariantCulture);
                break;
            case "cpuset.cpus":
                files[name] = files["cpuset.cpus.effective"] = value;
                break;
            default:
                files[name] = value;
                break;
        }
        return 0;
    }

    public int Read(string file, out string text)
    {
        text = "";
        if (Plain.TryGetValue(file, out text!)) return 0;
        if (_groups.TryGetValue(Path.GetDirectoryName(file)!, out var files) && files.TryGetValue(Path.GetFileName(file), out text!)) return 0;
        text = "";
        return Errno.NoEntry;
    }

    public bool Exists(string path) => _groups.ContainsKey(path) || (_groups.TryGetValue(Path.GetDirectoryName(path)!, out var files) && files.ContainsKey(Path.GetFileName(path)));

    public IReadOnlyList<string> Children(string path) => [.. _groups.Keys.Where(k => Path.GetDirectoryName(k) == path).Select(Path.GetFileName).OfType<string>()];

    public int Signal(int pid, int signal)
    {
        Signals.Add((pid, signal));
        foreach (var files in _groups.Values) files["cgroup.procs"] = string.Join('\n', files["cgroup.procs"].Split('\n').Where(p => p != pid.ToString(CultureInfo.InvariantCulture)));
        return 0;
    }
}
