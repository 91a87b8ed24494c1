namespace Stint.Agent.Tests.Launch;

/// <summary>Real processes, users and groups: needs root or is skipped, saying so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute() => Skip = Requirements.Missing;
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute() => Skip = Requirements.Missing;
}

internal static class Requirements
{
    public static string? Missing { get; } = Environment.IsPrivilegedProcess ? null : "not run: needs root to start steps as other users";
}
