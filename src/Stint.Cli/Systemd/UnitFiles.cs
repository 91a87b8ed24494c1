namespace Stint.Cli.Systemd;

/// <param name="Programs">Folder of stint-agent and stint-server.</param>
internal sealed record UnitPlace(string Programs, string Home, string Node, string Server, bool WithServer);

/// <summary>
/// The units of a node. Jobs have one of their own, with Delegate=yes and no process of systemd's in it: the agent's unit can be stopped, restarted and
/// changed without them. The agent's processes are its shepherds too, which must outlive it: KillMode=process.
/// </summary>
internal static class UnitFiles
{
    public const string Jobs = "stint-jobs.service", Agent = "stint-agent.service", Server = "stint-server.service", Resident = "stint-resident.service";
    public static readonly string[] All = [Jobs, Agent, Server, Resident];

    /// <summary>Unit name → text; null: this unit shall not be there.</summary>
    public static IReadOnlyList<(string Name, string? Body)> Of(UnitPlace place) =>
    [
        (Jobs, JobsText), (Agent, AgentText(place)),
        (Server, place.WithServer ? ServerText(place) : null), (Resident, place.WithServer ? ResidentText(place) : null),
    ];

    public static IReadOnlyList<PlannedFile> Plan(string folder, UnitPlace? place) =>
        [.. (place is null ? All.Select(n => (Name: n, Body: (string?)null)) : Of(place)).Select(u => MarkedFile.Plan($"{folder}/{u.Name}", u.Body)).Where(p => p.Kind != FileChangeKind.Foreign || p.After is not null)];

    private const string JobsText = """
        [Unit]
        Description=Jobs of Stint
        Documentation=https://docs.kernel.org/admin-guide/cgroup-v2.html

        [Service]
        # No process of its own: it is the group below which the agent makes one for each job. Stopping it ends all jobs of this node.
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/bin/true
        Delegate=yes
        Slice=stint.slice
        TasksMax=infinity
        TimeoutStopSec=30

        [Install]
        WantedBy=multi-user.target
        """;

    private static string AgentText(UnitPlace place) => $"""
        [Unit]
        Description=Stint agent of node {place.Node}
        # Stopped and started with the jobs' unit; the jobs' unit is not stopped with this one.
        Requires={Jobs}
        After={Jobs} network-online.target{(place.WithServer ? $" {Server}" : "")}
        Wants=network-online.target
        StartLimitIntervalSec=0

        [Service]
        Type=exec
        # STINT_AGENT_OPTIONS, and for the first start STINT_TOKEN and STINT_CA_FINGERPRINT.
        EnvironmentFile=-{place.Home}/agent.env
        ExecStart={place.Programs}/stint-agent --home {place.Home} --node {place.Node} --server {place.Server} --jobs-unit {Jobs} --console $STINT_AGENT_OPTIONS
        KillMode=process
        Restart=on-failure
        RestartSec=2
        # 2: wrong options. 3: another agent took over. 4: not joined. None gets better by itself.
        RestartPreventExitStatus=2 3 4
        TasksMax=infinity
        LimitNOFILE=1024:524288
        OOMScoreAdjust=-500

        [Install]
        WantedBy=multi-user.target
        """;

    private static string ServerText(UnitPlace place) => $"""
        [Unit]
        Description=Stint server
        After=network-online.target
        Wants=network-online.target {Resident}

        [Service]
        Type=exec
        ExecStart={place.Programs}/stint-server --home {place.Home}
        Restart=on-failure
        RestartSec=2
        LimitNOFILE=1024:524288
        OOMScoreAdjust=-500

        [Install]
        WantedBy=multi-user.target
        """;

    private static string ResidentText(UnitPlace place) => $"""
        [Unit]
        Description=Stint's commands, kept ready
        After={Server}
        PartOf={Server}

        [Service]
        Type=exec
        ExecStart={place.Programs}/stint-resident --home {place.Home}
        Restart=on-failure
        RestartSec=2
        """;
}
