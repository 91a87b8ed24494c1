using System.Text;

namespace Stint.Cli.Options;

/// <summary>Help of sbatch, srun and salloc, made from the option table; only what works is explained.</summary>
internal static class LaunchHelp
{
    private static readonly (string Id, string Value, string Text)[] Explained =
    [
        ("account", "name", "account to charge"),
        ("array", "indexes", "job array: 0-15, 1,3,7, 0-100:4, 0-99%5 (at most 5 at a time)"),
        ("begin", "time", "start no sooner: now+1hour, 16:00, 2030-01-31T08:00"),
        ("chdir", "directory", "working directory (default: the current one)"),
        ("comment", "text", "any text, kept with the job"),
        ("cpus-per-task", "n", "CPUs for each task"),
        ("dependency", "list", "wait for other jobs: afterok:12:13, afterany:7_3, after:9+5, singleton"),
        ("disable-status", "", "Ctrl-C goes straight to the tasks"),
        ("error", "file", "standard error (patterns as with --output)"),
        ("exact", "", "the step gets what it asks for (always so in Stint)"),
        ("exclude", "hosts", "not on these nodes"),
        ("exclusive", "", "whole nodes"),
        ("export", "names", "environment of the job: ALL, NONE, NAME, NAME=value, comma-separated"),
        ("hold", "", "submit, but do not start until it is released"),
        ("input", "file", "standard input"),
        ("job-name", "name", "name of the job"),
        ("jobid", "id", "run the step in this job"),
        ("label", "", "put the task number before each line of output"),
        ("mem", "size", "memory per node: 64M, 16G, 1T; 0 is all of it"),
        ("mem-per-cpu", "size", "memory per allocated CPU"),
        ("nice", "n", "lower the priority"),
        ("no-requeue", "", "do not run again after a node failure"),
        ("nodelist", "hosts", "on these nodes"),
        ("nodes", "n[-m]", "number of nodes"),
        ("ntasks", "n", "number of tasks"),
        ("ntasks-per-node", "n", "tasks on each node"),
        ("open-mode", "mode", "append or truncate output files"),
        ("output", "file", "standard output: %j job, %A_%a array task, %x name, %N node, %u user"),
        ("overlap", "", "share CPUs with other steps of the job"),
        ("parsable", "", "print only the job id"),
        ("partition", "name", "partition"),
        ("propagate", "limits", "resource limits to take along: ALL, NONE, or names"),
        ("pty", "", "run in a pseudo terminal"),
        ("quiet", "", "say less"),
        ("quit-on-interrupt", "", "one Ctrl-C ends the step"),
        ("requeue", "", "may run again after a node failure"),
        ("signal", "[B:]sig[@s]", "signal to send s seconds before the time limit"),
        ("test-only", "", "check the request, do not submit"),
        ("time", "limit", "minutes, hh:mm:ss, days-hh:mm:ss or UNLIMITED"),
        ("unbuffered", "", "pass output on at once (always so in Stint)"),
        ("verbose", "", "say more"),
        ("wait", "", "wait for the job and exit with its code"),
        ("wrap", "command", "the script is this shell command"),
        ("help", "", "this text"),
        ("usage", "", "one-screen summary"),
        ("version", "", "version"),
    ];

    public static string Usage(string command, List<OptionSpec> table)
    {
        var text = new StringBuilder($"Usage: {command}");
        int column = text.Length;
        foreach (var (id, value, _) in Explained)
        {
            if (table.Find(s => s.Name == id) is not { } spec) continue;
            string one = value.Length == 0 || spec.Argument == OptionArgument.None ? $" [--{id}]" : $" [--{id}={value}]";
            if (column + one.Length > 78) { text.Append("\n      "); column = 6; }
            text.Append(one);
            column += one.Length;
        }
        return text.Append('\n').Append(' ', 7).Append(Operands(command)).Append('\n').ToString();
    }

    public static string Full(string command, List<OptionSpec> table)
    {
        var text = new StringBuilder($"Usage: {command} [OPTIONS...] {Operands(command)}\n\n");
        foreach (var (id, value, meaning) in Explained)
        {
            if (table.Find(s => s.Name == id) is not { } spec) continue;
            string shortForm = spec.Short == '\0' ? "    " : $"-{spec.Short}, ";
            string longForm = spec.Argument switch
            {
                OptionArgument.Required => $"--{id}={value}",
                OptionArgument.Optional when value.Length > 0 => $"--{id}[={value}]",
                _ => $"--{id}",
            };
            text.Append($"  {shortForm}{longForm,-24} {meaning}\n");
        }
        return text.Append("\nOptions of Slurm that are not listed here are refused, not ignored.\n").ToString();
    }

    private static string Operands(string command) => command switch
    {
        "sbatch" => "script [args...]",
        "srun" => "executable [args...]",
        _ => "[command [args...]]",
    };
}
