using System.Reflection;

namespace Stint.Cli.Slurm.Format;

/// <summary><c>--version</c>: clients read the first two words, so they are Slurm's; ours follow.</summary>
public static class Version
{
    public const string SlurmRelease = "26.05.0";
    public static readonly string Own = typeof(Version).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
    public static string Line => $"slurm {SlurmRelease} (Stint {Own})";
}
