namespace Stint.Bench.Scale;

internal static class ScaleBench
{
    public static int Run(string[] parts) => parts.Length;
}
