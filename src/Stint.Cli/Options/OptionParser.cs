namespace Stint.Cli.Options;

/// <summary>
/// getopt_long as the GNU C library does it, because scripts rely on its corners: long names may be cut short while they stay unique,
/// <c>-n5</c>, <c>-vn5</c>, <c>--mem=5</c> and <c>--mem 5</c>, <c>--</c> ends options, and its error sentences.
/// </summary>
public static class OptionParser
{
    /// <param name="stopAtOperand">true: the first operand ends the options (sbatch, srun, salloc: what follows belongs to the script);
    /// false: options and operands may mix (squeue, scancel, …).</param>
    public static ParsedLine Parse(IReadOnlyList<OptionSpec> table, IReadOnlyList<string> arguments, bool stopAtOperand)
    {
        var line = new ParsedLine([], [], null);
        for (int at = 0; at < arguments.Count; at++)
        {
            string word = arguments[at];
            if (word == "--")
            {
                for (int i = at + 1; i < arguments.Count; i++) line.Operands.Add(i);
                break;
            }
            string? error = null;
            if (word.StartsWith("--", StringComparison.Ordinal)) error = Long(table, arguments, ref at, line.Options);
            else if (word.Length > 1 && word[0] == '-') error = Short(table, arguments, ref at, line.Options);
            else
            {
                line.Operands.Add(at);
                if (!stopAtOperand) continue;
                for (int i = at + 1; i < arguments.Count; i++) line.Operands.Add(i);
                break;
            }
            if (error is not null) return line with { Error = error };
        }
        return line;
    }

    private static string? Long(IReadOnlyList<OptionSpec> table, IReadOnlyList<string> arguments, ref int at, List<GivenOption> given)
    {
        string word = arguments[at];
        int equals = word.IndexOf('=');
        string name = equals < 0 ? word[2..] : word[2..equals];
        string? value = equals < 0 ? null : word[(equals + 1)..];
        var spec = Find(table, name, out var possibilities);
        if (spec is null)
        {
            return possibilities is null
                ? $"unrecognized option '--{name}'"
                : $"option '{word}' is ambiguous; possibilities:{string.Concat(possibilities.Select(p => $" '--{p}'"))}";
        }
        if (spec.Argument == OptionArgument.None && value is not null) return $"option '--{spec.Name}' doesn't allow an argument";
        if (spec.Argument == OptionArgument.Required && value is null)
        {
            if (at + 1 >= arguments.Count) return $"option '--{spec.Name}' requires an argument";
            value = arguments[++at];
        }
        given.Add(new GivenOption(spec, value, "--" + spec.Name));
        return null;
    }

    /// <summary>An exact name, or the only option that begins like this; spellings of one option do not compete.</summary>
    private static OptionSpec? Find(IReadOnlyList<OptionSpec> table, string name, out List<string>? possibilities)
    {
        possibilities = null;
        OptionSpec? found = null;
        foreach (var spec in table)
        {
            if (!spec.Name.StartsWith(name, StringComparison.Ordinal)) continue;
            if (spec.Name.Length == name.Length) { possibilities = null; return spec; }
            if (found is null) found = spec;
            else if (found.Id != spec.Id || found.Argument != spec.Argument) (possibilities ??= [found.Name]).Add(spec.Name);
        }
        return possibilities is null ? found : null;
    }

    private static string? Short(IReadOnlyList<OptionSpec> table, IReadOnlyList<string> arguments, ref int at, List<GivenOption> given)
    {
        string word = arguments[at];
        for (int i = 1; i < word.Length; i++)
        {
            char c = word[i];
            OptionSpec? spec = null;
            foreach (var candidate in table)
                if (candidate.Short == c && c != '\0') { spec = candidate; break; }
            if (spec is null) return $"invalid option -- '{c}'";
            if (spec.Argument == OptionArgument.None)
            {
                given.Add(new GivenOption(spec, null, $"-{c}"));
                continue;
            }
            string? value = i + 1 < word.Length ? word[(i + 1)..] : null;
            if (value is null && spec.Argument == OptionArgument.Required)
            {
                if (at + 1 >= arguments.Count) return $"option requires an argument -- '{c}'";
                value = arguments[++at];
            }
            given.Add(new GivenOption(spec, value, $"-{c}"));
            return null;
        }
        return null;
    }
}
