namespace Stint.Bench.Scale;

internal static class JournalBench
{
    public static void Run() { }
}
