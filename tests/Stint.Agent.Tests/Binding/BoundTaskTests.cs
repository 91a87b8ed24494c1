using Google.Protobuf;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Binding;

/// <summary>Real tasks on this machine's CPUs: what the kernel says inside of them.</summary>
public sealed class BoundTaskTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    private const string Show = "grep -E '^(Cpus|Mems)_allowed_list' /proc/self/status | cut -f2 | paste -sd' '; echo $SLURM_CPU_BIND";

    private LaunchSpec Step(uint job, string cpuBind, int tasks, string command = Show, Action<LaunchSpec>? change = null) => _world.Srun(job, command, s =>
    {
        s.TaskIds.Clear();
        s.TaskIds.AddRange(Enumerable.Range(0, tasks).Select(i => (uint)i));
        s.TotalTasks = (uint)tasks;
        s.CpusPerTask = 1;
        s.Limits.Cpus = ByteString.CopyFrom(0b11);
        s.Layout = new TaskLayout { CpuBind = cpuBind };
        change?.Invoke(s);
    });

    private string Line(uint task, int line) => _world.Reports.Output(task).Split('\n')[line];
    /// <summary>All NUMA nodes of this machine: near memory is a preference, and no bound.</summary>
    private static string Mems => File.ReadLines("/proc/self/status").First(l => l.StartsWith("Mems_allowed_list:", StringComparison.Ordinal)).Split('\t')[1];
    private int Cpu(int id) => _world.Shape.Number(id);

    [RootFact]
    public void Two_tasks_on_two_cores_run_on_one_each_and_the_receipt_shows_the_masks()
    {
        if (_world.Shape.Cpus < 2) return;
        var exit = _world.Run(Step(601, "", 2));
        Assert.Equal((Outcome.Exited, 0), (exit.Outcome, exit.ExitCode));
        Assert.Equal(($"{Cpu(0)} {Mems}", $"{Cpu(1)} {Mems}"), (Line(0, 0), Line(1, 0)));
        var row = Assert.Single(exit.Receipt.Rows, r => r.Resource == "cpu bind");
        Assert.Equal(($"task 0: {Cpu(0)}; task 1: {Cpu(1)}", $"0x{1 << Cpu(0):X},0x{1 << Cpu(1):X}", true), (row.Allocated, row.Written, row.Enforced));
        Assert.Equal(row.Written, row.ReadBack);
        Assert.Equal(row, Assert.Single(_world.Reports.Started(601).Receipt.Rows, r => r.Resource == "cpu bind"));
        Assert.StartsWith("quiet,mask_cpu:0x", Line(0, 1));
    }

    [RootFact]
    public void Verbose_prints_Slurms_line_with_what_was_read_back()
    {
        if (_world.Shape.Cpus < 2) return;
        var exit = _world.Run(Step(602, $"verbose,map_cpu:{Cpu(1)},{Cpu(0)}", 2, "echo $$ $SLURM_CPU_BIND_TYPE$SLURM_CPU_BIND_LIST"));
        Assert.Equal(0, exit.ExitCode);
        for (uint task = 0; task < 2; task++)
            Assert.Equal($"cpu-bind=MAP  - n1, task  {task}  {task} [{Line(task, 0).Split(' ')[0]}]: mask 0x{1 << Cpu(task == 0 ? 1 : 0):x} set\n", _world.Reports.Output(task, error: true));
        Assert.EndsWith($" map_cpu:{Cpu(1)},{Cpu(0)}", Line(0, 0));
    }

    [RootFact]
    public void Memory_is_bound_by_policy_and_reads_back()
    {
        var exit = _world.Run(Step(603, "none", 1, "echo $SLURM_MEM_BIND_TYPE; grep -c bind:0 /proc/self/numa_maps", s => s.Layout.MemBind = "verbose,local"));
        Assert.Equal("local", Line(0, 0));
        Assert.NotEqual("0", Line(0, 1));
        Assert.Matches(@"^mem-bind=LOC - n1, task  0  0 \[\d+\]: mask 0x1 set\n$", _world.Reports.Output(0, error: true));
        var row = Assert.Single(exit.Receipt.Rows, r => r.Resource == "memory bind");
        Assert.Equal(("bind:0", "bind:0", true), (row.Written, row.ReadBack, row.Enforced));
    }

    [RootFact]
    public void A_map_outside_of_the_step_stops_it_before_it_starts_and_says_why()
    {
        var exit = _world.Run(Step(604, "map_cpu:4000", 1, "echo ran"));
        Assert.Equal((Outcome.LaunchFailed, "", true), (exit.Outcome, _world.Reports.Output(), exit.JobReleased));
        Assert.StartsWith("CPU binding outside of job step allocation, allocated CPUs are: 0x", exit.Cause);
    }

    [RootFact]
    public void A_task_that_changes_its_mask_stays_within_the_step()
    {
        if (_world.Shape.Cpus < 2) return;
        // One CPU of two: the cpuset is the boundary, the mask only a place within it.
        _world.Run(Step(605, "", 1, "taskset -p 0xffffffff $$ >/dev/null 2>&1; grep Cpus_allowed_list /proc/self/status | cut -f2", s => s.Limits.Cpus = ByteString.CopyFrom(0b10)));
        Assert.Equal($"{Cpu(1)}", Line(0, 0));
    }

    [RootFact]
    public void A_batch_script_is_bound_to_nothing_and_hears_nothing_of_a_binding_around_it()
    {
        _world.Run(_world.Batch(606, "env | grep -c _BIND", s => s.Payload.Environment.Add(ByteString.CopyFromUtf8("SLURM_CPU_BIND=quiet,mask_cpu:0x1"))));
        Assert.Equal("0\n", _world.Read("out-606.txt"));
    }
}
