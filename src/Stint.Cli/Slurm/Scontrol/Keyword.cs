namespace Stint.Cli.Slurm.Scontrol;

/// <summary>Keywords of scontrol: any case, and short while they are one.</summary>
internal static class Keyword
{
    private const int ShortestAbbreviation = 3;

    /// <summary>The full keyword, whether it runs here, or null.</summary>
    public static (string Name, bool Runs)? Find(string word)
    {
        string asked = word.ToLowerInvariant();
        if (asked == "holdu") asked = "uhold";
        foreach (var (name, _, _) in ScontrolOptions.Keywords) if (name == asked) return (name, true);
        if (Array.IndexOf(ScontrolOptions.Later, asked) >= 0) return (asked, false);
        if (asked.Length < ShortestAbbreviation) return null;
        foreach (var (name, _, _) in ScontrolOptions.Keywords) if (name.StartsWith(asked, StringComparison.Ordinal)) return (name, true);
        return Array.Find(ScontrolOptions.Later, name => name.StartsWith(asked, StringComparison.Ordinal)) is { } later ? (later, false) : null;
    }

    public static int TooFew(CommandContext context, string keyword)
    {
        context.Error.WriteLine($"too few arguments for keyword:{keyword}");
        return 1;
    }

    public static int TooMany(CommandContext context, string keyword)
    {
        context.Error.WriteLine($"too many arguments for keyword:{keyword}");
        return 1;
    }
}
