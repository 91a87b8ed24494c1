using Stint.Agent.Hardware;
using Stint.Agent.Tests.Cgroups;

namespace Stint.Agent.Tests.Hardware;

/// <summary>Runs where there are two NUMA nodes with processors and memory: in the guest of the vm tier with --numa.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NumaFactAttribute : FactAttribute
{
    internal static string[] CpusOfNodes { get; } = !Directory.Exists("/sys/devices/system/node") ? [] :
        [.. Directory.EnumerateDirectories("/sys/devices/system/node", "node*").OrderBy(d => d, StringComparer.Ordinal).Select(d => File.ReadAllText(d + "/cpulist").Trim()).Where(c => c.Length > 0)];

    public NumaFactAttribute() => Skip = CpusOfNodes.Length >= 2 ? null : "not run: this machine has one NUMA node; see tests/vm/vm run --numa";
}

public sealed class NumaTests
{
    [NumaFact]
    public void The_report_says_which_node_each_cpu_is_near_to()
    {
        var machine = Machine.Detect(null);
        for (var node = 0; node < NumaFactAttribute.CpusOfNodes.Length; node++)
            foreach (var cpu in Stint.Agent.Cgroups.CpuList.Parse(NumaFactAttribute.CpusOfNodes[node])) Assert.Equal((uint)node, machine.Report.NumaOfCpu[cpu]);
    }

    [NumaFact]
    public async Task A_job_on_one_nodes_cpus_stays_there_takes_its_memory_there_first_and_may_use_all_of_it()
    {
        using var test = new TestTree(map: new CpuMap([.. Enumerable.Range(0, Environment.ProcessorCount)], Environment.ProcessorCount));
        for (var node = 0; node < NumaFactAttribute.CpusOfNodes.Length; node++)
        {
            var list = NumaFactAttribute.CpusOfNodes[node];
            var group = test.Tree.Create(TestTree.Key((uint)node + 1), TestTree.Uid, TestTree.Limits(256 << 20, 64, [.. Stint.Agent.Cgroups.CpuList.Parse(list)]));
            Assert.Equal(list, test.Read(test.File("cpuset", group, TestTree.IsV2 ? "cpuset.cpus.effective" : "cpuset.cpus")));
            // The memory of the others is farther away, but a job that was given more than its own node has must find it.
            Assert.Equal($"0-{NumaFactAttribute.CpusOfNodes.Length - 1}", test.Read(test.File("cpuset", group, TestTree.IsV2 ? "cpuset.mems.effective" : "cpuset.mems")));
            using var payload = new Payload(group, "exec python3 -c '"
                + "import re; x = bytearray(64 << 20); n = {}\n"
                + "for l in open(\"/proc/self/numa_maps\"):\n"
                + "  if \"anon=\" in l:\n"
                + "    for k, v in re.findall(r\"N(\\d+)=(\\d+)\", l): n[k] = n.get(k, 0) + int(v)\n"
                + "print(max(n, key=n.get), n.get(max(n, key=n.get)) * 10 >= sum(n.values()) * 9, re.search(r\"Cpus_allowed_list:\\s*(\\S+)\", open(\"/proc/self/status\").read()).group(1))'");
            Assert.Equal($"{node} True {list}", payload.Line());
            Assert.Equal(0, await payload.ExitAsync());
        }
    }
}
