using Stint.Cli.Options;

namespace Stint.Cli.Slurm.Sacct;

/// <summary>The options of sacct.</summary>
public static class SacctOptions
{
    public static readonly OptionSpec[] Table =
    [
        new("accounts", 'A', OptionArgument.Required), new("allclusters", 'L', OptionArgument.None), new("allocations", 'X', OptionArgument.None),
        new("allusers", 'a', OptionArgument.None), new("array", '\0', OptionArgument.None), new("associations", 'x', OptionArgument.Required),
        new("batch-script", 'B', OptionArgument.None), new("brief", 'b', OptionArgument.None), new("cluster", '\0', OptionArgument.Required, "clusters"),
        new("clusters", 'M', OptionArgument.Required), new("completion", 'c', OptionArgument.None), new("constraints", 'C', OptionArgument.Required),
        new("delimiter", '\0', OptionArgument.Required), new("duplicates", 'D', OptionArgument.None), new("endtime", 'E', OptionArgument.Required),
        new("env-vars", '\0', OptionArgument.None), new("expand-patterns", '\0', OptionArgument.None), new("federation", '\0', OptionArgument.None),
        new("flags", 'F', OptionArgument.Required), new("format", 'o', OptionArgument.Required), new("gid", 'g', OptionArgument.Required),
        new("group", '\0', OptionArgument.Required, "gid"), new("help", 'h', OptionArgument.None), new("helpformat", 'e', OptionArgument.None),
        new("jobs", 'j', OptionArgument.Required), new("json", '\0', OptionArgument.Optional), new("local", '\0', OptionArgument.None),
        new("long", 'l', OptionArgument.None), new("name", '\0', OptionArgument.Required), new("ncpus", 'I', OptionArgument.Required),
        new("nnodes", 'i', OptionArgument.Required), new("noconvert", '\0', OptionArgument.None), new("nodelist", 'N', OptionArgument.Required),
        new("noheader", 'n', OptionArgument.None), new("parsable", 'p', OptionArgument.None), new("parsable2", 'P', OptionArgument.None),
        new("partition", 'r', OptionArgument.Required), new("qos", 'q', OptionArgument.Required), new("reason", 'R', OptionArgument.Required),
        new("starttime", 'S', OptionArgument.Required), new("state", 's', OptionArgument.Required), new("timelimit-max", 'K', OptionArgument.Required),
        new("timelimit-min", 'k', OptionArgument.Required), new("truncate", 'T', OptionArgument.None), new("uid", 'u', OptionArgument.Required, "user"),
        new("units", '\0', OptionArgument.Required), new("usage", '\0', OptionArgument.None), new("use-local-uid", '\0', OptionArgument.None),
        new("user", '\0', OptionArgument.Required), new("verbose", 'v', OptionArgument.None), new("version", 'V', OptionArgument.None),
        new("wckeys", 'W', OptionArgument.Required), new("whole-hetjob", '\0', OptionArgument.Optional), new("yaml", '\0', OptionArgument.Optional),
    ];

    public const string Usage = "Usage: sacct [options]\n\tUse --help for help\n";

    public const string Help = """
        sacct [<OPTION>]
            Valid <OPTION> values are:
             -a, --allusers         jobs of all users; without it root sees all, everybody else their own
             -A, --accounts         only these accounts
             -b, --brief            job id, state and exit code
             -B, --batch-script     the script of the job named with -j
             --delimiter            separator of -p and -P; default is |
             -e, --helpformat       names for --format
             -E, --endtime          until this time; default is now
             -j, --jobs             only these jobs and steps: 12, 7_3, 12.batch
             --json                 print JSON
             -l, --long             all measured values
             --name                 only jobs with these names
             -n, --noheader         no headings
             -N, --nodelist         only jobs that ran on these nodes
             -o, --format           columns: "JobID%20,State,Elapsed,MaxRSS"; %-20 is left justified
             -p, --parsable         fields separated by |, one at the end of the line too
             -P, --parsable2        the same without the one at the end
             -r, --partition        only these partitions
             -s, --state            only jobs in these states (names or codes)
             -S, --starttime        from this time; default is midnight, with -j the beginning
             -u, --user             only jobs of these users
             -V, --version          version
             -X, --allocations      jobs only, no steps

            Times: HH:MM[:SS] [AM|PM], MMDD[YY], MM/DD[/YY], MM.DD[.YY], YYYY-MM-DD[THH:MM[:SS]],
                   today, midnight, noon, now[+|-count[seconds|minutes|hours|days|weeks]]

        """;
}
