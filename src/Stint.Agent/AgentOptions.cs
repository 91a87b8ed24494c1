using System.Globalization;
using Stint.Agent.Cgroups;
using Stint.Agent.Ends;
using Stint.Agent.Gpus;
using Stint.Agent.Hardware;
using Stint.Agent.Session;
using Stint.Agent.Watch;

namespace Stint.Agent;

/// <summary>The command line of stint-agent.</summary>
internal sealed record AgentOptions
{
    public const string Help = """
        usage: stint-agent --home DIR --node NAME --server https://ADDR:PORT [options]

        The agent of one node: detects hardware, writes limits to the kernel and reads them back, starts steps, reports.
        It connects out to the server and needs root.

          --home DIR            state of the cluster on this host; the agent's own is DIR/agent-NAME
          --node NAME           this node's name
          --server URL          the server's TLS port
          --token TOKEN         one-time token, for the first start (stint token); else the variable STINT_TOKEN
          --ca-fingerprint HEX  SHA-256 of the cluster's CA certificate, for the first start (stint token prints it); else STINT_CA_FINGERPRINT
          --join-wait S         seconds that the first join may take (default 30): the server may be on its way up
          --cgroup-root NAME    name of the group above all of Stint's (default: stint); on cgroup v2 also the absolute path of a delegated group
          --jobs-unit UNIT      systemd unit with Delegate=yes, other than this agent's own, whose group holds all jobs on cgroup v2; where that group
                                is, is asked of systemd. `stint systemd install` writes one (stint-jobs.service) and an agent's unit that names it
          --docker MODE         check (default): where systemd runs the host, a Docker daemon must use the cgroup driver systemd; ignore
          --declare LIST        hardware to report instead of what is there: cpus=16,sockets=2,cores=8,threads=1,memory=20000M,gpus=0
                                (several agents on one host, tests; receipts say that it is not real);
                                gres=gpu:test:4 for GPUs without device nodes, gres=gpu:test:4:/dev/x[0-3] with them
          --gres SPEC           devices of one kind instead of the detected ones of that name: gpu:a100:2:/dev/nvidia[0-1]:cores=0-7; can be
                                repeated; the lines of DIR/gres.conf for this node (as in Slurm's gres.conf) do the same
          --allow-device NAME   a device node that every job may open, beyond null, zero, full, random, urandom, tty, ptmx and pts: fuse, tun, kvm,
                                infiniband, shared-memory, or an absolute path; can be repeated
          --devices MODE        required (default): no step starts unless its device filter holds; off: jobs open what their users may open
          --best-effort LIST    of cpu, memory, pids: limits that jobs may do without where this kernel has no controller for them; receipts say so.
                                Without it such a node is drained with the reason
          --disk-rate SPEC      the most that each job may read from and write to a whole disk in a second: /dev/sda:read=100M,write=50M,read-ops=N,write-ops=N;
                                can be repeated, once for a disk
          --rdma SPEC           the most that each job may hold of an RDMA device: mlx5_0:handles=N,objects=N; can be repeated, once for a device
          --outside ACTION      report (default), adopt or off: processes of users who have jobs here that run in no job (cron, at, ssh, systemd-run);
                                adopt moves them into the user's newest job
          --prolog PATH         program to run as root before a job's first step on this node; can be repeated; the executables of DIR/prolog.d run too.
                                One that fails drains the node, and the job goes back to the queue, held
          --epilog PATH         the same after a job's last step (DIR/epilog.d); one that fails drains the node
          --hook-timeout S      seconds that each of these programs, and the health check, may take (default 300); then it is killed and has failed
          --health-check PATH   program to run as root now and then; when it fails, the node is drained with the first line that it writes
          --health-interval S   seconds between two health checks (default 300)
          --audit-interval S    seconds between two readings of all live limits, which repair what somebody changed (default 60; 0: only by order)
          --watch-interval S    seconds between two looks at what jobs use and meet (default 10; 0: never)
          --stall S:ACTION      report or end a job that did nothing but wait for memory, CPUs or disks for S seconds (cgroup v2; default off)
          --scratch DIR         folder of jobs' local disk: a job that asks for it (--tmp) gets a folder of its own there as TMPDIR, which goes with the job; on XFS
                                or ext4 with project quotas it can hold no more than was asked for
          --shepherd PATH       stint-shepherd (default: beside this program)
          --console             log to standard error too
          --unprivileged-test   run without root; nothing can be enforced, so steps that have limits do not start
          --help, --version

        SIGTERM stops the agent and leaves running steps alone: their shepherds keep time and write their exits, and the next start of the agent
        finds them again. To end the jobs as well, cancel them at the server first (stint down does).
        Exit codes: 0 stopped, 1 failed, 2 wrong options or not root, 3 replaced by another agent of this node, 4 could not join.
        """;

    public required string Home { get; init; }
    public required string Node { get; init; }
    public required ServerAddress Server { get; init; }
    public string? Token { get; init; }
    public string? Fingerprint { get; init; }
    /// <summary>How long the first join may take, with a server that is on its way up.</summary>
    public TimeSpan JoinPatience { get; init; } = TimeSpan.FromSeconds(30);
    public string CgroupRoot { get; init; } = "stint";
    public string? Scratch { get; init; }
    public string? JobsUnit { get; init; }
    public bool ChecksDocker { get; init; } = true;
    public DeclaredHardware? Declared { get; init; }
    public IReadOnlyList<GresLine> Gres { get; init; } = [];
    public IReadOnlyList<string> AllowedDevices { get; init; } = [];
    public bool FiltersDevices { get; init; } = true;
    public IReadOnlyList<DiskRate> DiskRates { get; init; } = [];
    public IReadOnlyList<RdmaDevice> Rdma { get; init; } = [];
    public IReadOnlySet<string> BestEffort { get; init; } = new HashSet<string>();
    /// <summary>What jobs may do without here: best effort, and devices where they are not filtered by order.</summary>
    public IReadOnlySet<string> Tolerated => FiltersDevices ? BestEffort : new HashSet<string>(BestEffort) { "devices" };
    public HookOptions Hooks { get; init; } = new([], [], "", "");
    public string? HealthCheck { get; init; }
    public TimeSpan HealthEvery { get; init; } = TimeSpan.FromMinutes(5);
    public WatchOptions Watch { get; init; } = new();
    public string Shepherd { get; init; } = Path.Combine(AppContext.BaseDirectory, "stint-shepherd");
    public bool Console { get; init; }
    public bool UnprivilegedTest { get; init; }

    public string Folder => Path.Combine(Home, $"agent-{Node}");
    public string Spool => Path.Combine(Folder, "spool");

    /// <summary>Throws <see cref="FormatException"/> with a sentence that names the option.</summary>
    public static AgentOptions Parse(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < arguments.Count; at++)
        {
            var (name, value) = arguments[at].Split('=', 2) is [var left, var right] ? (left, right) : (arguments[at], null);
            switch (name)
            {
                case "--console" or "--unprivileged-test" when value is null:
                    values[name] = "";
                    break;
                case "--gres" or "--allow-device" or "--disk-rate" or "--rdma" or "--prolog" or "--epilog":
                    var more = value ?? (++at < arguments.Count ? arguments[at] : throw new FormatException($"{name} needs a value"));
                    values[name] = values.TryGetValue(name, out var before) ? $"{before}\n{more}" : more;
                    break;
                case "--hook-timeout" or "--health-check" or "--health-interval" or "--audit-interval" or "--watch-interval" or "--stall":
                case "--join-wait" or "--jobs-unit" or "--docker" or "--scratch" or "--best-effort" or "--outside":
                case "--devices" or "--home" or "--node" or "--server" or "--token" or "--ca-fingerprint" or "--cgroup-root" or "--declare" or "--shepherd":
                    values[name] = value ?? (++at < arguments.Count ? arguments[at] : throw new FormatException($"{name} needs a value"));
                    break;
                default: throw new FormatException($"unknown option {arguments[at]}; --help lists them");
            }
        }
        return From(values);
    }

    private static AgentOptions From(Dictionary<string, string> values)
    {
        string Needed(string name) => values.GetValueOrDefault(name) is { Length: > 0 } value ? value : throw new FormatException($"{name} is needed; --help shows how");
        var home = Path.GetFullPath(Needed("--home"));
        var options = new AgentOptions
        {
            Home = home, Node = NodeName(Needed("--node")), Server = ServerAddress.Parse(Needed("--server"), home),
            Token = values.GetValueOrDefault("--token") ?? Environment.GetEnvironmentVariable("STINT_TOKEN"),
            Fingerprint = Hex(values.GetValueOrDefault("--ca-fingerprint") ?? Environment.GetEnvironmentVariable("STINT_CA_FINGERPRINT")),
            JoinPatience = Seconds(values, "--join-wait", 30, 1),
            Declared = values.GetValueOrDefault("--declare") is { } declare ? DeclaredHardware.Parse(declare) : null,
            Gres = [.. Each(values, "--gres").Select(text => GresLine.ParseShort("--gres", text))], AllowedDevices = [.. Each(values, "--allow-device")],
            DiskRates = Once("--disk-rate", Each(values, "--disk-rate").Select(static text => DiskRate.Parse(text)), static rate => rate.Number, static rate => rate.Disk),
            Rdma = Once("--rdma", Each(values, "--rdma").Select(static text => RdmaDevice.Parse(text)), static device => device.Device, static device => device.Device),
            JobsUnit = UnitName(values.GetValueOrDefault("--jobs-unit")),
            Scratch = values.GetValueOrDefault("--scratch") is { Length: > 0 } scratch ? Path.GetFullPath(scratch) : null,
            ChecksDocker = values.GetValueOrDefault("--docker", "check") switch
            {
                "check" => true, "ignore" => false, var mode => throw new FormatException($"--docker {mode}: check or ignore"),
            },
            FiltersDevices = values.GetValueOrDefault("--devices", "required") switch
            {
                "required" => true, "off" => false, var mode => throw new FormatException($"--devices {mode}: required or off"),
            },
            BestEffort = Resources(values.GetValueOrDefault("--best-effort", "")),
            Console = values.ContainsKey("--console"), UnprivilegedTest = values.ContainsKey("--unprivileged-test"),
        };
        options = WithPrograms(options, values);
        if (values.GetValueOrDefault("--cgroup-root") is { } root) options = options with { CgroupRoot = GroupRoot(root) };
        return values.GetValueOrDefault("--shepherd") is { } shepherd ? options with { Shepherd = Path.GetFullPath(shepherd) } : options;
    }

    private static AgentOptions WithPrograms(AgentOptions options, Dictionary<string, string> values)
    {
        var deadline = Seconds(values, "--hook-timeout", 300, 1);
        var (stall, after) = WatchOptions.ParseStall(values.GetValueOrDefault("--stall", "off"));
        return options with
        {
            Hooks = new HookOptions([.. Each(values, "--prolog").Select(Path.GetFullPath)], [.. Each(values, "--epilog").Select(Path.GetFullPath)],
                Path.Combine(options.Home, "prolog.d"), Path.Combine(options.Home, "epilog.d")) { Deadline = deadline },
            HealthCheck = values.GetValueOrDefault("--health-check") is { } program ? Path.GetFullPath(program) : null, HealthEvery = Seconds(values, "--health-interval", 300, 1),
            Watch = new WatchOptions { AuditEvery = Seconds(values, "--audit-interval", 60, 0), SampleEvery = Seconds(values, "--watch-interval", 10, 0), Stall = stall, StallAfter = after, Outside = WatchOptions.ParseOutside(values.GetValueOrDefault("--outside", "report")) },
        };
    }

    private static TimeSpan Seconds(Dictionary<string, string> values, string name, uint otherwise, uint min) =>
        !values.TryGetValue(name, out var text) ? TimeSpan.FromSeconds(otherwise)
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= min && seconds <= 86_400 ? TimeSpan.FromSeconds(seconds)
        : throw new FormatException($"{name} {text}: a number of seconds from {min} to 86400");

    private static IEnumerable<string> Each(Dictionary<string, string> values, string name) => values.TryGetValue(name, out var text) ? text.Split('\n') : [];

    private static List<T> Once<T>(string option, IEnumerable<T> specs, Func<T, string> key, Func<T, string> name)
    {
        var all = specs.ToList();
        return all.GroupBy(key).FirstOrDefault(static g => g.Count() > 1) is { } twice ? throw new FormatException($"{option} {name(twice.Last())}: this device is there twice") : all;
    }

    private static HashSet<string> Resources(string text)
    {
        var names = text.Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names)
            if (name is not ("cpu" or "memory" or "pids")) throw new FormatException($"--best-effort {name}: cpu, memory or pids (for devices: --devices off)");
        return names;
    }

    /// <summary>The name becomes part of paths: letters, digits, '-', '_', '.', and no dot or dash in front.</summary>
    private static string NodeName(string name) =>
        name.Length <= 64 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? name : throw new FormatException("--node: a name of at most 64 letters, digits, '-', '_', '.', beginning with a letter or digit");

    private static string GroupRoot(string root)
    {
        var parts = root.TrimStart('/').Split('/');
        if (root.Length > 200 || (parts.Length > 1 && root[0] != '/') || parts.Any(p => p.Length == 0 || p[0] == '.' || !p.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@' or ':')))
            throw new FormatException($"--cgroup-root {root}: a name, or the absolute path of a delegated cgroup v2 group");
        return root;
    }

    private static string? UnitName(string? unit) =>
        unit is null || (unit.Length <= 200 && unit[0] != '-' && unit.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@' or ':' or '\\')) ? unit
            : throw new FormatException($"--jobs-unit {unit}: the name of a systemd unit, such as stint-jobs.service");

    private static string? Hex(string? fingerprint)
    {
        var hex = fingerprint?.Replace(":", "", StringComparison.Ordinal);
        return hex is null || (hex.Length == 64 && hex.All(char.IsAsciiHexDigit)) ? hex
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"--ca-fingerprint: 64 hexadecimal digits are needed (SHA-256), there are {hex.Length} characters"));
    }
}
