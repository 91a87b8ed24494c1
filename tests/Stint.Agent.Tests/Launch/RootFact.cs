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

/// <summary>Needs root and these files or programs; where one is missing the test is "not run", never passed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(params string[] paths)
    {
        Skip = Requirements.Missing;
        foreach (var path in paths)
            if (!File.Exists(path)) Skip ??= $"not run: {path} is not there";
    }
}

/// <summary>As <see cref="NeedsFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsTheoryAttribute : TheoryAttribute
{
    public NeedsTheoryAttribute(params string[] paths) => Skip = new NeedsFactAttribute(paths).Skip;
}

/// <summary>Changes something of the whole machine: runs in the guest of the vm tier only.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFactAttribute : FactAttribute
{
    public GuestFactAttribute() => Skip = Environment.GetEnvironmentVariable("STINT_GUEST") == "1" ? Requirements.Missing : "not run: it changes the whole machine, which only a guest of the vm tier allows";
}

internal static class Requirements
{
    public static string? Missing { get; } = Environment.IsPrivilegedProcess ? null : "not run: needs root to start steps as other users";
}
