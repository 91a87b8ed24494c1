using System.Globalization;

namespace Stint.Cli.Host;

/// <summary>The stint.yaml that a first <c>stint up</c> writes, so that the one default that surprises people is there to be seen and changed.</summary>
internal static class FirstConfiguration
{
    public static void Write(Home home)
    {
        var file = Path.Combine(home.Path, "stint.yaml");
        if (File.Exists(file)) return;
        var memoryPerCpu = (MemoryTotalBytes() >> 20) / Environment.ProcessorCount / 100 * 100;
        File.WriteAllText(file, $"""
            # Written by the first `stint up`; change it, then `stint down` and `stint up`. All keys: docs/configuration.md
            cluster: stint
            # Memory per CPU of a job that asks for none: a CPU's share of this machine. Without this line such a job gets all of a
            # node's memory, as in Slurm without DefMemPerCPU, and nothing else starts beside it.
            {(memoryPerCpu > 0 ? "" : "# ")}default_memory_per_cpu: {memoryPerCpu.ToString(CultureInfo.InvariantCulture)}M

            """);
    }

    private static long MemoryTotalBytes() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
}
