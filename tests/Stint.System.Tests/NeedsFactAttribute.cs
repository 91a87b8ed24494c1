namespace Stint.SystemTests;

/// <summary>Needs these files or programs; where one is missing the test is "not run", never passed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(params string[] paths)
    {
        foreach (var path in paths)
            if (!File.Exists(path)) Skip ??= $"not run: {path} is not there";
    }
}

/// <summary>What a run of the tests prints beside passed and failed.</summary>
internal static class Measured
{
    public static void Say(string sentence)
    {
        if (Environment.GetEnvironmentVariable("STINT_MEASURED") is { Length: > 0 } file) File.AppendAllText(file, $"  measured: {sentence}\n");
        else Console.WriteLine($"measured: {sentence}");
    }
}
