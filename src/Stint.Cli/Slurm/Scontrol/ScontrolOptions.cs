using Stint.Cli.Options;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary>The options of scontrol; they may stand before or after its keywords.</summary>
public static class ScontrolOptions
{
    public static readonly OptionSpec[] Table =
    [
        new("all", 'a', OptionArgument.None), new("clusters", 'M', OptionArgument.Required), new("cluster", '\0', OptionArgument.Required, "clusters"),
        new("details", 'd', OptionArgument.None), new("federation", '\0', OptionArgument.None), new("future", 'F', OptionArgument.None),
        new("help", 'h', OptionArgument.None), new("hide", '\0', OptionArgument.None), new("json", '\0', OptionArgument.Optional),
        new("local", '\0', OptionArgument.None), new("oneliner", 'o', OptionArgument.None), new("quiet", 'Q', OptionArgument.None),
        new("sibling", '\0', OptionArgument.None), new("uid", 'u', OptionArgument.Required), new("usage", '\0', OptionArgument.None),
        new("verbose", 'v', OptionArgument.None), new("version", 'V', OptionArgument.None), new("yaml", '\0', OptionArgument.Optional),
    ];

    /// <summary>Keywords that run, with what may be said of them in one line.</summary>
    public static readonly (string Keyword, string Arguments, string What)[] Keywords =
    [
        ("completing", "", "jobs that are ending, and their nodes"),
        ("create", "reservation <specification>", "make a reservation"),
        ("delete", "reservation <name>", "remove a reservation"),
        ("exit", "", "end interactive mode"),
        ("help", "", "this message"),
        ("hold", "<job_list>", "keep pending jobs from starting"),
        ("ping", "", "whether the controller answers"),
        ("quit", "", "end interactive mode"),
        ("reconfigure", "", "read the tiers of the configuration again (stint limits apply); the rest needs a restart"),
        ("release", "<job_list>", "let held jobs start"),
        ("requeue", "<job_list>", "put running jobs back into the queue"),
        ("requeuehold", "<job_list>", "the same, and hold them"),
        ("resume", "<job_list>", "let suspended jobs go on"),
        ("show", "<entity> [<id>]", "entity: config, hostlist, hostlistsorted, hostnames, job, licenses, node, partition, reservation, step, topology"),
        ("suspend", "<job_list>", "stop running jobs where they are"),
        ("top", "<job_list>", "move one's jobs before one's others"),
        ("uhold", "<job_list>", "like hold; the user may release"),
        ("update", "<specification>", "NodeName=, JobId= or Reservation=, then name=value"),
        ("version", "", "version"),
        ("write", "batch_script <job_id> [file|-]", "write a job's script"),
    ];

    /// <summary>Keywords of Slurm that this version does not run; they are refused by name, not as unknown.</summary>
    public static readonly string[] Later =
    [
        "abort", "cancel_reboot", "cluster", "details", "errnumstr", "fsdampeningfactor", "getaddrs", "hide", "listjobs", "listpids",
        "liststeps", "notify", "oneliner", "power", "quiet", "reboot", "schedloglevel", "setdebug", "setdebugflags",
        "shutdown", "takeover", "token", "verbose", "wait_job",
    ];

    public static string Help
    {
        get
        {
            var text = new System.Text.StringBuilder("""
                scontrol [<OPTION>] [<COMMAND>]
                    Valid <OPTION> values are:
                     -a, --all        also hidden partitions
                     -d, --details    more of jobs and nodes, and the receipt of what the kernel enforces
                     -h, --help       this message
                     -o, --oneliner   one line for each record
                     -Q, --quiet      no messages other than errors
                     --json           print JSON (show job, node, partition)
                     -V, --version    version

                  Without a keyword scontrol reads commands until "exit".

                    Valid <COMMAND> values are:

                """);
            foreach (var (keyword, arguments, what) in Keywords) text.Append("     ").Append($"{keyword} {arguments}".PadRight(40)).Append(' ').Append(what).Append('\n');
            return text.ToString();
        }
    }
}
