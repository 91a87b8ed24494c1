using System.Globalization;
using Stint.Cli.Options;

namespace Stint.Cli.Slurm;

/// <summary>What <c>-v</c> says before the request goes out.</summary>
internal static class VerboseOptions
{
    public static void Write(CommandContext context, LaunchOptions options)
    {
        const string Rule = "-------------------- --------------------";
        context.Error.WriteLine($"{context.Name}: defined options");
        context.Error.WriteLine($"{context.Name}: {Rule}");
        var said = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["verbose"] = options.Verbose.ToString(CultureInfo.InvariantCulture) };
        foreach (var option in options.Said) said[option.Id] = option.Value ?? "set";
        foreach (var (name, value) in said) context.Error.WriteLine($"{context.Name}: {name,-20}: {value}");
        context.Error.WriteLine($"{context.Name}: {Rule}");
        context.Error.WriteLine($"{context.Name}: end of defined options");
    }
}
