namespace Stint.Cli.Options;

/// <summary>What <c>--version</c> prints: clients parse the first two words; the layouts are those of that version.</summary>
public static class SlurmVersion
{
    public const string Imitated = "26.05.0";
    public const string Own = "0.1.0";
    public const string Line = $"slurm {Imitated}, Stint {Own}";
}
