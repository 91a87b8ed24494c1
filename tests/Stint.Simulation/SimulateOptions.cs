using System.Globalization;

namespace Stint.Simulation;

/// <summary>The words after <c>simulate</c>.</summary>
public sealed record SimulateOptions
{
    public const string Usage =
        "usage: simulate TRACE (--processors N | --gpus N) [--policy NAME[,NAME...] | all] [--exact-estimates] [--json] [--plot OUT.svg]";

    public string Trace { get; private init; } = "";
    public long Processors { get; private init; }
    public long Gpus { get; private init; }
    public IReadOnlyList<string> Policies { get; private init; } = ["easy", "default"];
    public bool ExactEstimates { get; private init; }
    public bool Json { get; private init; }
    public string? Plot { get; private init; }

    /// <summary>Parses; on failure the error says which word is wrong, and the options are null.</summary>
    public static SimulateOptions? Parse(IReadOnlyList<string> args, out string error)
    {
        var options = new SimulateOptions();
        error = "";
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            if (arg is "--json") options = options with { Json = true };
            else if (arg is "--exact-estimates") options = options with { ExactEstimates = true };
            else if (arg.StartsWith("--", StringComparison.Ordinal))
            {
                if (++i == args.Count) return Fail($"{arg} needs a value", out error);
                if (options.With(arg, args[i]) is not { } changed) return Fail($"{arg} {args[i]}: unknown option or bad value", out error);
                options = changed;
            }
            else if (options.Trace.Length == 0) options = options with { Trace = arg };
            else return Fail($"one trace at a time: '{options.Trace}' and '{arg}'", out error);
        }
        if (options.Trace.Length == 0) return Fail("no trace given", out error);
        if (options.Processors + options.Gpus > 0) return options;
        return Fail("--processors N or --gpus N says how large the cluster is", out error);
    }

    private SimulateOptions? With(string name, string value) => name switch
    {
        "--processors" => Count(value) is { } n ? this with { Processors = n } : null,
        "--gpus" => Count(value) is { } n ? this with { Gpus = n } : null,
        "--plot" => this with { Plot = value },
        "--policy" => PolicyNames(value) is { } names ? this with { Policies = names } : null,
        _ => null,
    };

    private static IReadOnlyList<string>? PolicyNames(string value)
    {
        var known = Core.Scheduling.Planning.Policies.Names;
        if (value == "all") return known;
        var names = value.Split(',');
        return names.All(known.Contains) ? names : null;
    }

    private static long? Count(string value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : null;

    private static SimulateOptions? Fail(string sentence, out string error)
    {
        error = sentence;
        return null;
    }
}
