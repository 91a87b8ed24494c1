namespace Stint.Simulation;

/// <summary>
/// A test that needs a recorded trace from the folder that STINT_TRACES names. Without it the test is skipped, and says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TraceFactAttribute : FactAttribute
{
    public const string Variable = "STINT_TRACES";

    public TraceFactAttribute(params string[] files)
    {
        var folder = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(folder))
        {
            Skip = $"not run: {Variable} does not name a folder with traces";
            return;
        }
        var missing = files.Where(file => !File.Exists(Path.Combine(folder, file))).ToList();
        if (missing.Count > 0) Skip = $"not run: {string.Join(", ", missing)} is not in the folder that {Variable} names";
    }

    /// <summary>The path of a trace in the folder.</summary>
    public static string PathOf(string file) => Path.Combine(Environment.GetEnvironmentVariable(Variable)!, file);
}
