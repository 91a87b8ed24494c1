namespace Stint.Cli.Slurm.Scontrol;

/// <summary>How <c>show</c> prints: <c>-o</c>, <c>-d</c>, <c>--json</c>.</summary>
internal readonly record struct ShowStyle(bool OneLine, bool Details, bool Json);
