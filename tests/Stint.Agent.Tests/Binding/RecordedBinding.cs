using System.Globalization;
using Stint.Agent.Binding;
using Stint.Agent.Cgroups;
using Stint.Agent.Hardware;
using Stint.Protocol.Slurm;

namespace Stint.Agent.Tests.Binding;

/// <summary>One answer of a real slurmd: the node's shape, the step's CPUs, srun's options, and what SLURM_CPU_BIND said in the task.</summary>
public sealed record RecordedBinding(string Hardware, string Cpus, string Options, string Bind, string Distribution)
{
    public static IEnumerable<RecordedBinding> Read()
    {
        using var stream = typeof(RecordedBinding).Assembly.GetManifestResourceStream("slurm-22.05.8.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0 && line[0] != '#' && line.Split('|') is [var hardware, var cpus, var options, var bind, .. var rest]) yield return new(hardware, cpus, options, bind, rest.Length > 0 ? rest[0] : "");
    }

    /// <summary>The recording machine had one NUMA node behind all of its declared sockets.</summary>
    internal static CpuShape Shape(string hardware)
    {
        var parts = hardware.Split(':').Select(int.Parse).ToArray();
        var cpus = parts[0] * parts[1] * parts[2];
        return new CpuShape(cpus, parts[0], parts[1], parts[2], new uint[cpus], new CpuMap([.. Enumerable.Range(0, cpus)], cpus));
    }

    /// <summary>srun's defaults as the client settles them.</summary>
    internal BindRequest Request()
    {
        int tasks = 1, perTask = 1;
        uint threads = 0, tasksPerCore = 0, tasksPerSocket = 0;
        string? hint = null;
        var (bind, distribution) = (CpuBind.Unsaid, "");
        foreach (var option in Options.Split(' '))
        {
            var value = option[(option.IndexOf('=', StringComparison.Ordinal) + 1)..];
            if (option.StartsWith("-n", StringComparison.Ordinal)) tasks = int.Parse(option[2..], CultureInfo.InvariantCulture);
            else if (option.StartsWith("-c", StringComparison.Ordinal)) perTask = int.Parse(option[2..], CultureInfo.InvariantCulture);
            else if (option.StartsWith("-m", StringComparison.Ordinal)) distribution = option[2..];
            else if (option.StartsWith("--cpu-bind=", StringComparison.Ordinal)) Assert.True(CpuBind.TryParse(value, out bind, out var error), error);
            else if (option.StartsWith("--hint=", StringComparison.Ordinal)) hint = value;
            else if (option.StartsWith("--threads-per-core=", StringComparison.Ordinal)) threads = uint.Parse(value, CultureInfo.InvariantCulture);
            else if (option.StartsWith("--ntasks-per-core=", StringComparison.Ordinal)) tasksPerCore = uint.Parse(value, CultureInfo.InvariantCulture);
            else if (option.StartsWith("--ntasks-per-socket=", StringComparison.Ordinal)) tasksPerSocket = uint.Parse(value, CultureInfo.InvariantCulture);
            else Assert.Contains(option, new[] { "-O", "--exclusive" });
        }
        bind = bind.Settled(hint, tasksPerCore, tasksPerSocket, ref threads);
        return new BindRequest(bind, distribution, tasks, perTask) { ThreadsPerCore = (int)threads, TasksPerCore = (int)tasksPerCore, TasksPerSocket = 0 };
    }

    /// <summary>slurmd binds to whole NUMA nodes beyond the step's CPUs, which the cpuset then takes back; ours says what is left.</summary>
    internal string Expected()
    {
        if (!Options.Contains("--cpu-bind", StringComparison.Ordinal) || !Options.Contains("ldoms", StringComparison.Ordinal)) return Bind;
        var whole = TaskMasks.Mask(Shape(Hardware), Enumerable.Range(0, Shape(Hardware).Cpus));
        return Bind.Replace(whole, TaskMasks.Mask(Shape(Hardware), CpuList.Parse(Cpus)), StringComparison.Ordinal);
    }

    /// <summary>slurmd starts a task that is to be bound to a NUMA node that does not exist; ours refuses the step.</summary>
    internal bool NamesMissingDomain => !Bind.StartsWith("error", StringComparison.Ordinal) && (Options.Contains("map_ldom", StringComparison.Ordinal) || Options.Contains("mask_ldom", StringComparison.Ordinal));

    internal TaskBinding Ours() => TaskMasks.Compute(Shape(Hardware), CpuList.Parse(Cpus), Request());
}
