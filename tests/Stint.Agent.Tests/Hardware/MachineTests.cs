using Stint.Agent.Hardware;

namespace Stint.Agent.Tests.Hardware;

public sealed class MachineTests
{
    [Fact]
    public void This_machine_has_the_cpus_and_memory_that_its_kernel_shows()
    {
        var machine = Machine.Detect();
        Assert.Equal(Environment.ProcessorCount, (int)machine.Report.Cpus);
        Assert.Equal(machine.Report.Cpus, machine.Report.Sockets * machine.Report.CoresPerSocket * machine.Report.ThreadsPerCore);
        Assert.True(machine.Report.MemoryBytes > 1UL << 30);
        Assert.False(machine.Report.Declared);
        Assert.True(machine.BootMs > 1_600_000_000_000);
    }

    [Fact]
    public void A_larger_machine_is_read_from_its_files()
    {
        var root = Directory.CreateTempSubdirectory("stint-test-").FullName;
        try
        {
            void Put(string file, string text)
            {
                Directory.CreateDirectory(Path.GetDirectoryName($"{root}/{file}")!);
                File.WriteAllText($"{root}/{file}", text + "\n");
            }
            Put("sys/devices/system/cpu/online", "0-7");
            for (var cpu = 0; cpu < 8; cpu++)
            {
                Put($"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id", cpu % 4 / 2 == 0 ? "0" : "1");
                Put($"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", $"{cpu % 4},{(cpu % 4) + 4}");
            }
            Put("sys/devices/system/node/node0/cpulist", "0-1,4-5");
            Put("sys/devices/system/node/node1/cpulist", "2-3,6-7");
            Put("proc/meminfo", "MemTotal:       1000000 kB\nMemAvailable:    500000 kB");
            Put("proc/self/cgroup", "4:memory:/box\n0::/");
            Put("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "104857600");
            Put("proc/driver/nvidia/gpus/0000:3b:00.0/information", "Model: \t\t Tesla V100-SXM2-16GB\nGPU UUID: \t GPU-1\nDevice Minor: \t 0");
            Put("proc/driver/nvidia/gpus/0000:af:00.0/information", "Model: \t\t Tesla V100-SXM2-16GB\nGPU UUID: \t GPU-2\nDevice Minor: \t 1");
            var machine = Machine.Detect(root: root);
            var report = machine.Report;
            // Threads of a core are neighbours, and then cores of a socket, whatever the kernel's numbers are.
            Assert.Equal([0, 4, 1, 5, 2, 6, 3, 7], machine.Cpus.KernelCpus);
            Assert.Equal([0, 1, 4, 5], machine.Cpus.Resolve([0b1111]).Kernel);
            Assert.Equal((8u, 2u, 2u, 2u), (report.Cpus, report.Sockets, report.CoresPerSocket, report.ThreadsPerCore));
            Assert.Equal([0u, 0u, 0u, 0u, 1u, 1u, 1u, 1u], report.NumaOfCpu);
            Assert.Equal((100UL << 20, 2u), (report.MemoryBytes, report.Gpus));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Ids_follow_the_kernels_cpus_in_order()
    {
        var map = new CpuMap([2, 5, 9], 4);
        var choice = map.Resolve([0b1101]);
        Assert.Equal([2, 9], choice.Kernel);
        Assert.Equal([3], choice.Beyond);
        Assert.Equal([0b0110], map.Bitmap([5, 9, 11]));
    }
}
