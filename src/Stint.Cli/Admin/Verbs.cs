namespace Stint.Cli.Admin;

/// <summary>All verbs, in the order help lists them. Adding one: a line here.</summary>
internal static class Verbs
{
    public static readonly Verb[] All =
    [
        new("up", "", "start the server and this machine's agent in the background; harmless to run again", Host.UpOptions.Of, 0, 0, Host.Up.RunAsync)
        {
            Details = "Options of the agents (stint-agent --help lists them) are in STINT_HOME/agent.env: STINT_AGENT_OPTIONS=--scratch /scratch --outside adopt. The systemd unit reads the same file.",
        },
        new("down", "", "stop them: batch jobs go back to the queue, srun jobs end, pending jobs stay", Host.UpOptions.Of[..2], 0, 0, Host.Down.RunAsync),
        new("status", "", "the cluster on one page: server, nodes, CPUs, memory, jobs", [VerbOption.Json], 0, 0, StatusVerb.RunAsync),
        new("explain", "JOB[.STEP]", "what a job asked for, what it got, what the kernel enforces, why it waits or ended", [VerbOption.Json], 1, 1, ExplainVerb.RunAsync)
        {
            Details = "Every limit is shown as it was requested, allocated, written to the kernel and read back. A resource that nothing enforces says NOT, and why.",
            Examples = ["stint explain 42", "stint explain 7_3.batch", "stint explain 42 --json"],
        },
        new("jobs", "", "jobs in the queue", [new("all", 'a', "", "also jobs that ended a short while ago"), new("me", 'm', "", "only my own"), VerbOption.Json], 0, 0, JobsVerb.RunAsync),
        new("nodes", "[NODE]", "nodes: use, and what each can enforce", [new("long", 'l', "", "every capability with its detail"), VerbOption.Json], 0, 1, NodesVerb.RunAsync),
        LimitsVerb.Verb,
        new("logs", "JOB", "print a job's output", [new("follow", 'f', "", "go on until the job ends"), new("error", 'e', "", "its error output instead")], 1, 1, LogsVerb.RunAsync)
        {
            Details = "The file is opened by you, with your rights, on this machine: it must be on a file system that the node and this machine share.",
            Examples = ["stint logs 42", "stint logs -f 7_3"],
        },
        new("token", "", "a one-time token that lets a machine join", [new("node", 'n', "NAME", "only for a node of this name"), new("for", '\0', "TIME", "valid this long: 90s, 45m, 1h, 7d (default 1h)"), VerbOption.Json], 0, 0, TokenVerb.RunAsync),
        new("join", "SERVER TOKEN", "start the agent on this machine with a token from `stint token`",
            [new("ca-fingerprint", '\0', "HEX", "fingerprint of the cluster's CA, printed with the token"), new("node", 'n', "NAME", "name of this node (default: the host's)"), new("home", '\0', "DIR", "folder of the agent's state (default: STINT_HOME, else /var/lib/stint)"), new("print", '\0', "", "print the agent's command line and do not start it")], 2, 2, JoinVerb.RunAsync),
        new("systemd", "ACTION", "install or remove units of this node; limit logins by user-slices", SystemdVerb.Options, 1, 1, SystemdVerb.RunAsync)
        {
            Details = "ACTION is install, user-slices, remove or remove-drop-ins. install writes stint-jobs.service, below which all jobs run, and\nstint-agent.service (--with-server: the server's, too). Jobs have a unit of their own: systemctl restart stint-agent and daemon-reload\nleave them alone; systemctl stop stint-jobs ends them. user-slices gives what each user does outside jobs on this host the limits of the\nuser's tier; once there, limits apply keeps them up to date. remove stops the units and takes away all that Stint wrote;\nremove-drop-ins that of user slices alone. A file that Stint did not write is never changed.",
            Examples = ["stint systemd install --with-server", "stint systemd install --node n7 --server https://10.0.0.1:6820 --token T --ca-fingerprint F", "stint systemd remove --dry-run"],
        },
        new("offer", "", "what could satisfy a request, and when: the options of sbatch, nothing is submitted", OfferVerb.Options, 0, 0, OfferVerb.RunAsync)
        {
            IsPassedOn = true,
            Details = "Resource options are sbatch's, also from SBATCH_* variables; see sbatch --help. The start is the scheduler's own answer\nif running jobs use all of their time and nobody submits before.",
            Examples = ["stint offer -n 16 --mem=32G", "stint offer -N 2 --exclusive -t 4:00:00 -p gpu --json"],
        },
        new("simulate", "TRACE", "replay a workload through the scheduler: what if the cluster or its rules were others?", SimulateVerb.Options, 1, 1, SimulateVerb.RunAsync)
        {
            IsPassedOn = true,
            Details = "TRACE is an export of `sacct -P`, a trace in the Standard Workload Format (.swf), a CSV of GPU jobs (timestamp,duration,num_gpus) or pods\n(cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time), each also as .gz; or synthetic:JOBS. docs/simulate.md says more.\nExit codes: 0 done, 1 a file cannot be read, 2 wrong words.",
            Examples = ["stint simulate jobs.txt --cluster bigger.yaml --policy all", "stint simulate KTH-SP2.swf --processors 100 --plot out.svg"],
        },
        new("completion", "SHELL", "completion script for bash, zsh or fish", [], 1, 1, CompletionVerb.RunAsync)
        {
            Details = "For bash: stint completion bash > ~/.local/share/bash-completion/completions/stint\nFor zsh: stint completion zsh > a folder of $fpath, as _stint\nFor fish: stint completion fish > ~/.config/fish/completions/stint.fish",
        },
        new("help", "[VERB]", "this message, or one about a verb", [], 0, 1, HelpVerb.RunAsync),
    ];

    public static Verb? Find(string name) => Array.Find(All, verb => verb.Name == name);
}
