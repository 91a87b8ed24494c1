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
        foreach (var (name, value) in options.Said) context.Error.WriteLine($"{context.Name}: {name,-20}: {value}");
        if (options.Verbose > 0) context.Error.WriteLine($"{context.Name}: {"verbose",-20}: {options.Verbose}");
        context.Error.WriteLine($"{context.Name}: {Rule}");
        context.Error.WriteLine($"{context.Name}: end of defined options");
    }
}
