using System.Globalization;

namespace Stint.Server.Simulate;

/// <summary>The words after <c>simulate</c>. Strict: what is unknown, doubled or out of range is an error.</summary>
public sealed record SimulateOptions
{
    public const string Usage =
        "Usage: stint simulate TRACE (--processors N | --gpus N | --cluster FILE) [--policy NAME[,NAME...]] [options]";

    public const string Help = """
        Replays a recorded workload through the scheduler and prints what each policy comes to: what if the cluster were larger, or the rules others?

        TRACE is an export of `sacct -P`, a trace in the Standard Workload Format (.swf), a CSV of GPU jobs (timestamp,duration,num_gpus;
        or pods with cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time), each also compressed (.gz);
        or synthetic:JOBS, drawn from --seed for the number of processors.

        The cluster:
          --processors N        N processors, wherever they are
          --gpus N              N GPUs, wherever they are
          --cluster FILE        a description: stint.yaml with `nodes` (docs/simulate.md), or a CSV of nodes (sn,cpu_milli,memory_mib,gpu,model)
        The rules:
          --policy NAMES        fcfs, easy, conservative, default, comma-separated, or all (default: easy,default; with --cluster, what its file says)
          --estimates WHAT      requested (the users' time limits) or exact (the true run times); default: requested
          --predict             plan with the average of a user's last two run times; limits stay as requested
          --keep-nodes          jobs ask for at least as many nodes as the trace says they had
        The workload:
          --arrivals F          F times as many jobs per hour: 1.1 is 10 % denser (default 1)
          --jobs N              only the first N jobs
          --fill                nothing ends: jobs arrive in an order drawn from --seed until they ask for as many GPUs as there are
          --seed N              what is drawn is drawn from it (default 0)
        The answer:
          --json                print JSON
          --plot OUT.svg        draw utilisation and queue over time, and the distributions of waits and slowdowns
          --quiet               no progress bar
          --help
        Exit codes: 0 done, 1 a file cannot be read, 2 wrong words.
        """;

    public static readonly IReadOnlyList<string> KnownPolicies = ["fcfs", "easy", "conservative", "default"];
    private const long CountMax = 100_000_000;

    public string Trace { get; private init; } = "";
    public long Processors { get; private init; }
    public long Gpus { get; private init; }
    public string? Cluster { get; private init; }
    /// <summary>Empty: not said.</summary>
    public IReadOnlyList<string> Policies { get; private init; } = [];
    public bool ExactEstimates { get; private init; }
    public bool Predict { get; private init; }
    public bool KeepNodes { get; private init; }
    public double Arrivals { get; private init; } = 1;
    public int? Jobs { get; private init; }
    public bool Fill { get; private init; }
    public int Seed { get; private init; }
    public bool Json { get; private init; }
    public string? Plot { get; private init; }
    public bool Quiet { get; private init; }
    public bool ShowHelp { get; private init; }

    /// <summary>Parses; on failure the error says which word is wrong, and the options are null.</summary>
    public static SimulateOptions? Parse(IReadOnlyList<string> args, out string error)
    {
        var options = new SimulateOptions();
        var said = new HashSet<string>(StringComparer.Ordinal);
        error = "";
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = Split(args[i]);
            if (!name.StartsWith('-') || name == "-")
            {
                if (options.Trace.Length > 0) return Fail($"one trace at a time: '{options.Trace}' and '{args[i]}'", out error);
                options = options with { Trace = args[i] };
                continue;
            }
            if (!said.Add(name)) return Fail($"{name} is there twice", out error);
            if (options.WithFlag(name) is { } flagged)
            {
                if (value is not null) return Fail($"{name} takes no value", out error);
                options = flagged;
                continue;
            }
            if (!TakesValue(name)) return Fail($"unknown option {name}", out error);
            if (value is null && ++i == args.Count) return Fail($"{name} needs a value", out error);
            value ??= args[i];
            if (options.With(name, value, out error) is not { } changed) return null;
            options = changed;
        }
        return options.ShowHelp ? options : options.Check(out error);
    }

    private SimulateOptions? Check(out string error)
    {
        var clusters = (Processors > 0 || Gpus > 0 ? 1 : 0) + (Cluster is null ? 0 : 1);
        if (Trace.Length == 0) return Fail("no trace given", out error);
        if (clusters == 0) return Fail("--processors N, --gpus N or --cluster FILE says how large the cluster is", out error);
        if (clusters > 1) return Fail("--cluster FILE and --processors or --gpus exclude each other", out error);
        if (Fill && Plot is not null) return Fail("--fill and --plot exclude each other: without ends there is no time to draw", out error);
        error = "";
        return this;
    }

    private static bool TakesValue(string name) =>
        name is "--processors" or "--gpus" or "--cluster" or "--policy" or "--estimates" or "--arrivals" or "--jobs" or "--seed" or "--plot";

    private SimulateOptions? WithFlag(string name) => name switch
    {
        "--json" => this with { Json = true },
        "--predict" => this with { Predict = true },
        "--keep-nodes" => this with { KeepNodes = true },
        "--fill" => this with { Fill = true },
        "--quiet" or "-q" => this with { Quiet = true },
        "--help" or "-h" => this with { ShowHelp = true },
        _ => null,
    };

    private SimulateOptions? With(string name, string value, out string error)
    {
        error = "";
        return name switch
        {
            "--processors" => Count(value) is { } n ? this with { Processors = n } : Fail($"--processors {value}: expected 1 to {CountMax}", out error),
            "--gpus" => Count(value) is { } n ? this with { Gpus = n } : Fail($"--gpus {value}: expected 1 to {CountMax}", out error),
            "--jobs" => Count(value) is { } n ? this with { Jobs = (int)n } : Fail($"--jobs {value}: expected 1 to {CountMax}", out error),
            "--cluster" => value.Length > 0 ? this with { Cluster = value } : Fail("--cluster needs a file", out error),
            "--plot" => value.Length > 0 ? this with { Plot = value } : Fail("--plot needs a file", out error),
            "--policy" => PolicyNames(value, out error) is { } names ? this with { Policies = names } : null,
            "--estimates" => value is "requested" or "exact" ? this with { ExactEstimates = value == "exact" }
                : Fail($"--estimates {value}: requested or exact", out error),
            "--arrivals" => double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var f) && f is >= 0.001 and <= 1000
                ? this with { Arrivals = f } : Fail($"--arrivals {value}: expected a factor from 0.001 to 1000", out error),
            _ => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
                ? this with { Seed = seed } : Fail($"{name} {value}: expected 0 to {int.MaxValue}", out error),
        };
    }

    private static IReadOnlyList<string>? PolicyNames(string value, out string error)
    {
        error = "";
        if (value == "all") return KnownPolicies;
        var names = value.Split(',');
        foreach (var name in names)
        {
            if (KnownPolicies.Contains(name)) continue;
            error = $"--policy {value}: '{name}' is none of {string.Join(", ", KnownPolicies)}, all";
            return null;
        }
        if (names.Distinct(StringComparer.Ordinal).Count() == names.Length) return names;
        error = $"--policy {value}: a policy is there twice";
        return null;
    }

    private static long? Count(string value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is > 0 and <= CountMax ? n : null;

    private static (string Name, string? Value) Split(string arg)
    {
        var equals = arg.StartsWith("--", StringComparison.Ordinal) ? arg.IndexOf('=', StringComparison.Ordinal) : -1;
        return equals < 0 ? (arg, null) : (arg[..equals], arg[(equals + 1)..]);
    }

    private static SimulateOptions? Fail(string sentence, out string error)
    {
        error = sentence;
        return null;
    }
}
