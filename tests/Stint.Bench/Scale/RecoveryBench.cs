namespace Stint.Bench.Scale;

internal static class RecoveryBench
{
    public static void Run(int jobs) => _ = jobs;
}
