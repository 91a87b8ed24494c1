using Stint.Cli.Options;

namespace Stint.Cli.Slurm.Squeue;

/// <summary>The options of squeue.</summary>
public static class SqueueOptions
{
    public static readonly OptionSpec[] Table =
    [
        new("account", 'A', OptionArgument.Required), new("accounts", '\0', OptionArgument.Required, "account"), new("all", 'a', OptionArgument.None),
        new("array", 'r', OptionArgument.None), new("array-unique", '\0', OptionArgument.None), new("clusters", 'M', OptionArgument.Required),
        new("cluster", '\0', OptionArgument.Required, "clusters"), new("expand-patterns", '\0', OptionArgument.None), new("federation", '\0', OptionArgument.None),
        new("format", 'o', OptionArgument.Required), new("Format", 'O', OptionArgument.Required), new("help", '\0', OptionArgument.None),
        new("helpFormat", '\0', OptionArgument.None), new("hide", '\0', OptionArgument.None), new("iterate", 'i', OptionArgument.Required),
        new("jobs", 'j', OptionArgument.Optional), new("json", '\0', OptionArgument.Optional), new("licenses", 'L', OptionArgument.Required),
        new("local", '\0', OptionArgument.None), new("long", 'l', OptionArgument.None), new("me", '\0', OptionArgument.None),
        new("name", 'n', OptionArgument.Required), new("noconvert", '\0', OptionArgument.None), new("nodelist", 'w', OptionArgument.Required),
        new("nodes", '\0', OptionArgument.Required, "nodelist"), new("noheader", 'h', OptionArgument.None), new("notme", '\0', OptionArgument.None),
        new("only-job-state", '\0', OptionArgument.None), new("partition", 'p', OptionArgument.Required), new("partitions", '\0', OptionArgument.Required, "partition"),
        new("priority", 'P', OptionArgument.None), new("qos", 'q', OptionArgument.Required), new("reservation", 'R', OptionArgument.Required),
        new("sibling", '\0', OptionArgument.None), new("sort", 'S', OptionArgument.Required), new("start", '\0', OptionArgument.None),
        new("states", 't', OptionArgument.Required), new("steps", 's', OptionArgument.Optional), new("usage", '\0', OptionArgument.None),
        new("user", 'u', OptionArgument.Required), new("users", '\0', OptionArgument.Required, "user"), new("verbose", 'v', OptionArgument.None),
        new("version", 'V', OptionArgument.None), new("yaml", '\0', OptionArgument.Optional),
    ];

    public const string Usage = """
        Usage: squeue [-A account] [--clusters names] [-i seconds] [--job jobid]
                      [-n name] [-o format] [-p partitions] [--qos qos]
                      [--reservation reservation] [--sort fields] [--start]
                      [--step step_id] [-t states] [-u user_name] [--usage]
                      [-L licenses] [-w nodes] [--federation] [--local] [--sibling]
                      [--json] [-ahjlrsv]

        """;

    public const string Help = """
        Usage: squeue [OPTIONS]
          -A, --account=account(s)        only jobs of these accounts
          -a, --all                       also jobs in hidden partitions
              --array-unique              one line for each pending array task, ids unique
          -h, --noheader                  no headings
          -i, --iterate=seconds           print again and again, with this pause
          -j, --jobs=job(s)               only these jobs: 12, 7_3, 7_[1-5]
              --json                      print JSON (filters applied)
          -l, --long                      long report
              --me                        only my own jobs
          -n, --name=job_name(s)          only jobs with these names
          -o, --format=format             columns by letter: "%.18i %.9P %R"
          -O, --Format=format             columns by name: "JobID:.10,Name,tres-alloc:40"
              --helpFormat                names for -O
          -p, --partition=partition(s)    only jobs in these partitions
          -r, --array                     one line for each array task
          -s, --steps[=step(s)]           steps instead of jobs
          -S, --sort=fields               order by letters: "P,t,-p"
              --start                     expected start of pending jobs
          -t, --states=states             only these states (names or codes, or all); default is pending and running
          -u, --user=user_name(s)         only jobs of these users
          -V, --version                   version
          -w, --nodelist=hostlist         only jobs on these nodes

        Help options:
          --help                          this message
          --usage                         a short one

        """;
}
