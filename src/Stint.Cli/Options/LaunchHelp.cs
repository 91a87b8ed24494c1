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
        ("constraint", "features", "only nodes with these features: a100, a&b, a|b, [rack1*2&rack2*4]"),
        ("contiguous", "", "neighbouring nodes only"),
        ("core-spec", "n", "leave that many cores of each node to the system"),
        ("cores-per-socket", "n", "only nodes with at least that many cores per socket"),
        ("cpu-bind", "[verbose,]kind", "bind tasks: none, threads, cores, sockets, ldoms, rank, map_cpu:list, mask_cpu:list, rank_ldom, map_ldom:list, mask_ldom:list"),
        ("cpus-per-gpu", "n", "CPUs for each GPU"),
        ("cpus-per-task", "n", "CPUs for each task"),
        ("deadline", "time", "remove the job if it cannot end by then"),
        ("dependency", "list", "wait for other jobs: afterok:12:13, afterany:7_3, after:9+5, singleton"),
        ("disable-status", "", "Ctrl-C goes straight to the tasks"),
        ("distribution", "kind", "block, cyclic, plane=n, arbitrary, and the same for sockets and cores"),
        ("error", "file", "standard error (patterns as with --output)"),
        ("exact", "", "in a job: only as many CPUs as the tasks need, so that steps run side by side"),
        ("exclude", "hosts", "not on these nodes"),
        ("exclusive", "user", "whole nodes; =user: only with jobs of the same user; =topo: whole topology blocks"),
        ("export", "names", "environment of the job: ALL, NONE, NAME, NAME=value, comma-separated"),
        ("extra-node-info", "s[:c[:t]]", "only nodes with at least so many sockets, cores, threads"),
        ("gpu-bind", "kind", "bind tasks to GPUs: closest, single:n, per_task:n, map_gpu:list, mask_gpu:list, none"),
        ("gpus", "[type:]n", "GPUs of the whole job"),
        ("gpus-per-node", "[type:]n", "GPUs on each node"),
        ("gpus-per-socket", "[type:]n", "GPUs on each socket (with --sockets-per-node)"),
        ("gpus-per-task", "[type:]n", "GPUs for each task"),
        ("gres", "list", "generic resources on each node: gpu:a100:2,shard:4"),
        ("gres-flags", "flags", "enforce-binding: only CPUs near the GPUs; disable-binding: any"),
        ("hint", "kind", "compute_bound, memory_bound, multithread, nomultithread"),
        ("hold", "", "submit, but do not start until it is released"),
        ("input", "file", "standard input"),
        ("job-name", "name", "name of the job"),
        ("jobid", "id", "run the step in this job"),
        ("kill-on-invalid-dep", "yes|no", "remove the job when its dependency can never be satisfied"),
        ("label", "", "put the task number before each line of output"),
        ("licenses", "list", "licences: matlab:2,ansys or a|b"),
        ("mem", "size", "memory per node: 64M, 16G, 1T; 0 is all of it"),
        ("mem-bind", "[verbose,][prefer,]kind", "memory from NUMA nodes: none, local, rank, map_mem:list, mask_mem:list"),
        ("mem-per-cpu", "size", "memory per allocated CPU"),
        ("mem-per-gpu", "size", "memory for each GPU"),
        ("mincpus", "n", "only nodes with at least that many CPUs"),
        ("nice", "n", "lower the priority"),
        ("no-kill", "[off]", "go on when a node fails"),
        ("kill-command", "[signal]", "what the command is sent when its allocation is gone"),
        ("no-requeue", "", "do not run again after a node failure"),
        ("no-shell", "", "make the allocation and leave it; scancel ends it"),
        ("nodelist", "hosts", "on these nodes"),
        ("nodes", "n[-m]", "number of nodes"),
        ("ntasks", "n", "number of tasks"),
        ("ntasks-per-core", "n", "at most that many tasks on a core"),
        ("ntasks-per-gpu", "n", "tasks for each GPU"),
        ("ntasks-per-node", "n", "tasks on each node"),
        ("ntasks-per-socket", "n", "at most that many tasks on a socket"),
        ("open-mode", "mode", "append or truncate output files"),
        ("output", "file", "standard output: %j job, %A_%a array task, %x name, %N node, %u user"),
        ("overcommit", "", "in a job: more tasks than CPUs"),
        ("overlap", "", "share CPUs, memory and devices with other steps of the job"),
        ("oversubscribe", "", "other jobs may share the nodes' CPUs where the partition allows it"),
        ("parsable", "", "print only the job id"),
        ("partition", "name", "partition"),
        ("prefer", "features", "nodes with these features first"),
        ("priority", "n", "priority (operators)"),
        ("propagate", "limits", "resource limits to take along: ALL, NONE, or names"),
        ("pty", "", "run in a pseudo terminal"),
        ("qos", "name", "quality of service"),
        ("quiet", "", "say less"),
        ("quit-on-interrupt", "", "one Ctrl-C ends the step"),
        ("het-group", "list", "in a heterogeneous job: on these components, 0 is the first"),
        ("immediate", "seconds", "give up when it has not started by then (1 if no number)"),
        ("relative", "n", "in a job: begin at its n-th node, from 0"),
        ("requeue", "", "may run again after a node failure"),
        ("reservation", "name", "run in this reservation"),
        ("segment", "n", "nodes per topology block"),
        ("signal", "[B:]sig[@s]", "signal to send s seconds before the time limit"),
        ("sockets-per-node", "n", "only nodes with at least that many sockets"),
        ("spread-job", "", "as many nodes as possible, evenly"),
        ("switches", "n[@time]", "at most n leaf switches; wait that long for it"),
        ("test-only", "", "check the request, do not submit"),
        ("thread-spec", "n", "leave that many threads of each node to the system"),
        ("threads-per-core", "n", "use that many threads of each core"),
        ("time", "limit", "minutes, hh:mm:ss, days-hh:mm:ss or UNLIMITED"),
        ("time-min", "limit", "the time limit may shrink to this to start earlier"),
        ("tmp", "size", "local disk on each node"),
        ("tres-per-task", "list", "for each task: cpu=2,gres/gpu=1"),
        ("unbuffered", "", "pass output on at once (always so in Stint)"),
        ("use-min-nodes", "", "the smallest number of nodes of a range"),
        ("verbose", "", "say more"),
        ("wait", "", "wait for the job and exit with its code"),
        ("wckey", "name", "workload key"),
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
