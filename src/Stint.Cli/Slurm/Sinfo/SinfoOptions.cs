using Stint.Cli.Options;

namespace Stint.Cli.Slurm.Sinfo;

/// <summary>The options of sinfo.</summary>
public static class SinfoOptions
{
    public static readonly OptionSpec[] Table =
    [
        new("all", 'a', OptionArgument.None), new("clusters", 'M', OptionArgument.Required), new("cluster", '\0', OptionArgument.Required, "clusters"),
        new("dead", 'd', OptionArgument.None), new("exact", 'e', OptionArgument.None), new("federation", '\0', OptionArgument.None),
        new("format", 'o', OptionArgument.Required), new("Format", 'O', OptionArgument.Required), new("future", 'F', OptionArgument.None),
        new("help", '\0', OptionArgument.None), new("helpFormat", '\0', OptionArgument.None), new("hide", '\0', OptionArgument.None),
        new("iterate", 'i', OptionArgument.Required), new("json", '\0', OptionArgument.Optional), new("list-reasons", 'R', OptionArgument.None),
        new("local", '\0', OptionArgument.None), new("long", 'l', OptionArgument.None), new("noconvert", '\0', OptionArgument.None),
        new("Node", 'N', OptionArgument.None), new("nodes", 'n', OptionArgument.Required), new("noheader", 'h', OptionArgument.None),
        new("partition", 'p', OptionArgument.Required), new("reservation", 'T', OptionArgument.None), new("responding", 'r', OptionArgument.None),
        new("sort", 'S', OptionArgument.Required), new("states", 't', OptionArgument.Required), new("summarize", 's', OptionArgument.None),
        new("usage", '\0', OptionArgument.None), new("verbose", 'v', OptionArgument.None), new("version", 'V', OptionArgument.None), new("yaml", '\0', OptionArgument.Optional),
    ];

    public const string Usage = """
        Usage: sinfo [-abdelNRrsTv] [-i seconds] [-t states] [-p partition] [-n nodes]
                     [-S fields] [-o format] [-O Format] [--federation] [--local]

        """;

    public const string Help = """
        Usage: sinfo [OPTIONS]
          -a, --all                  also hidden partitions
          -d, --dead                 only nodes that do not answer
          -e, --exact                group only nodes that are built the same
          -h, --noheader             no headings
          -i, --iterate=seconds      print again and again, with this pause
              --json                 print JSON
          -l, --long                 more columns
          -n, --nodes=NODES          only these nodes
          -N, --Node                 one line for each node
          -o, --format=format        columns by letter: "%9P %.5a %.6D %N"
          -O, --Format=format        columns by name: "NodeList,CPUsState:20"
              --helpFormat           names for -O
          -p, --partition=PARTITION  only these partitions
          -r, --responding           only nodes that answer
          -R, --list-reasons         why nodes are down or drained
          -s, --summarize            one line for each partition
          -S, --sort=fields          order by letters: "#P,-t"
          -t, --states=node_state    only nodes in these states
          -V, --version              version

        Help options:
          --help                     this message
          --usage                    a short one

        """;
}
