using System.Globalization;
using System.Text;
using Stint.Agent.Cgroups;
using Stint.Protocol.Slurm;

namespace Stint.Agent.Binding;

/// <summary>Where the tasks of a step on this node run, and how that is said.</summary>
/// <param name="Type">As SLURM_CPU_BIND_TYPE: <c>mask_cpu:</c>, <c>none</c>, <c>rank_ldom</c>.</param>
/// <param name="List">As SLURM_CPU_BIND_LIST.</param>
/// <param name="Cpus">The scheduler's ids for each local task, ascending; empty list: the task is not bound.</param>
/// <param name="Refusal">Not null: the step cannot be bound like that, and does not start.</param>
internal sealed record TaskBinding(bool Verbose, string Type, string List, IReadOnlyList<IReadOnlyList<int>> Cpus, string? Refusal = null)
{
    /// <summary>The word before the mask in what <c>--cpu-bind=verbose</c> prints.</summary>
    public string Word { get; init; } = "MASK";
}

/// <summary>
/// The CPUs of each task of a step on one node: pure, from the node's shape, the step's CPUs and the request. The rules are those of Slurm's task/affinity
/// with TaskPluginParam unset; tests/Stint.Agent.Tests/Binding holds what a real slurmd answered.
/// </summary>
internal static class TaskMasks
{
    public static TaskBinding Compute(CpuShape shape, IReadOnlyList<int> allocated, BindRequest request)
    {
        var bind = request.Bind;
        var binding = bind.Mode == BindMode.Auto ? LaidOut(shape, allocated, request) : AsSaid(shape, allocated, request);
        return binding with { Verbose = bind.Verbose == true };
    }

    private static TaskBinding LaidOut(CpuShape shape, IReadOnlyList<int> allocated, BindRequest request)
    {
        var unit = request.Bind.Unit == BindUnit.None ? Fitting(shape, allocated, request.Tasks * request.CpusPerTask) : request.Bind.Unit;
        if (unit == BindUnit.None || Layout(shape, allocated, request, unit) is not { } masks) return Everything(shape, allocated, request, request.Bind.Unit);
        return new(false, Type(BindUnit.None), string.Join(',', masks.Select(m => Mask(shape, m))), masks);
    }

    /// <summary>The unit of which the step has exactly as many whole ones as it wants CPUs; none: tasks are not kept apart.</summary>
    internal static BindUnit Fitting(CpuShape shape, IReadOnlyList<int> allocated, int wanted)
    {
        var (sockets, partSockets) = Whole(allocated, shape.SocketOf, shape.CoresPerSocket * shape.ThreadsPerCore);
        var (cores, partCores) = Whole(allocated, shape.CoreOf, shape.ThreadsPerCore);
        return wanted == sockets && partSockets == 0 ? BindUnit.Sockets : wanted == cores && partCores == 0 ? BindUnit.Cores : wanted == allocated.Count ? BindUnit.Threads : BindUnit.None;
    }

    private static (int Whole, int Part) Whole(IReadOnlyList<int> allocated, Func<int, int> unitOf, int size)
    {
        var counts = new Dictionary<int, int>();
        foreach (var id in allocated) counts[unitOf(id)] = counts.GetValueOrDefault(unitOf(id)) + 1;
        var whole = counts.Values.Count(c => c >= size);
        return (whole, counts.Count - whole);
    }

    private static List<IReadOnlyList<int>>? Layout(CpuShape shape, IReadOnlyList<int> allocated, BindRequest request, BindUnit unit)
    {
        if (allocated.Count < request.Tasks || request.Tasks == 0) return null;
        var perTask = Math.Max(1, request.Tasks * request.CpusPerTask <= allocated.Count ? request.CpusPerTask : allocated.Count / request.Tasks);
        var threads = request.ThreadsPerCore > 0 ? request.ThreadsPerCore : request.Bind.OneThread ? 1 : 0;
        if (threads > 0 && allocated.Count < perTask * (shape.ThreadsPerCore / threads)) return null;
        var lanes = new ThreadLanes(shape, allocated.ToHashSet(), perSocket: !request.IsBlock,
            new LaneRules(threads, request.TasksPerCore, request.TasksPerSocket, unit == BindUnit.Cores || request.TasksPerCore == 1, request.IsFullCyclic));
        var masks = new List<IReadOnlyList<int>>();
        for (var task = 0; task < request.Tasks; task++)
        {
            if (lanes.TakeTask(perTask) is not { } taken) return null;
            masks.Add(Grown(shape, allocated, taken, unit));
        }
        return masks;
    }

    /// <summary>Every allocated CPU of the units that these CPUs are on.</summary>
    private static IReadOnlyList<int> Grown(CpuShape shape, IReadOnlyList<int> allocated, List<int> cpus, BindUnit unit)
    {
        Func<int, int> unitOf = unit switch { BindUnit.Cores => shape.CoreOf, BindUnit.Sockets => shape.SocketOf, BindUnit.Domains => id => (int)shape.DomainOf(id), _ => static id => id };
        var units = cpus.Select(unitOf).ToHashSet();
        return [.. allocated.Where(id => units.Contains(unitOf(id)))];
    }

    private static TaskBinding AsSaid(CpuShape shape, IReadOnlyList<int> allocated, BindRequest request)
    {
        var bind = request.Bind;
        var isWhole = allocated.Count == shape.Cpus;
        return bind.Mode switch
        {
            BindMode.None when isWhole => new(false, bind.TypeText(), "", [.. Enumerable.Repeat((IReadOnlyList<int>)[], request.Tasks)]) { Word = "NONE" },
            BindMode.None => Everything(shape, allocated, request, bind.Unit),
            BindMode.Map => Mapped(shape, allocated, request),
            BindMode.Mask => Masked(shape, allocated, request),
            _ when !isWhole => Refused($"Entire node must be allocated for {(bind.Verbose == true ? "verbose," : "")}{bind.TypeText().TrimEnd(':')}"),
            BindMode.Rank => new(false, bind.TypeText(), "", [.. Enumerable.Range(0, request.Tasks).Select(task => (IReadOnlyList<int>)[shape.IdOf(task % shape.Cpus) ?? task % shape.Cpus])]) { Word = "RANK" },
            _ => OfDomains(shape, request),
        };
    }

    private static TaskBinding Mapped(CpuShape shape, IReadOnlyList<int> allocated, BindRequest request)
    {
        if (!BindList.TryNumbers(request.Bind.List, out var numbers, out var error)) return Refused($"--cpu-bind: {error}");
        var ids = numbers.ConvertAll(number => shape.IdOf(number) is { } id && allocated.Contains(id) ? id : -1);
        if (ids.Contains(-1)) return Outside(shape, allocated);
        return new(false, request.Bind.TypeText(), request.Bind.List, [.. Enumerable.Range(0, request.Tasks).Select(task => (IReadOnlyList<int>)[ids[task % ids.Count]])]) { Word = "MAP " };
    }

    private static TaskBinding Masked(CpuShape shape, IReadOnlyList<int> allocated, BindRequest request)
    {
        if (!BindList.TryMasks(request.Bind.List, out var masks, out var error)) return Refused($"--cpu-bind: {error}");
        var ids = masks.ConvertAll(mask => mask.Select(number => shape.IdOf(number) is { } id && allocated.Contains(id) ? id : -1).Order().ToArray());
        if (ids.Exists(mask => mask.Contains(-1))) return Outside(shape, allocated);
        return new(false, request.Bind.TypeText(), string.Join(',', masks.Select(Plain)), [.. Enumerable.Range(0, request.Tasks).Select(task => (IReadOnlyList<int>)ids[task % ids.Count])]);
    }

    private static TaskBinding OfDomains(CpuShape shape, BindRequest request)
    {
        var bind = request.Bind;
        var existing = shape.Domains.Distinct().Order().Select(d => (int)d).ToList();
        var (wanted, error) = (new List<int[]>(), "");
        if (bind.Mode == BindMode.DomainMap && BindList.TryNumbers(bind.List, out var numbers, out error)) wanted = numbers.ConvertAll(number => new[] { number });
        else if (bind.Mode == BindMode.DomainMask) _ = BindList.TryMasks(bind.List, out wanted, out error);
        else if (bind.Mode == BindMode.DomainRank) wanted = existing.ConvertAll(domain => new[] { domain });
        if (wanted.Count == 0) return Refused($"--cpu-bind: {error}");
        foreach (var domain in wanted.SelectMany(w => w))
            if (!existing.Contains(domain)) return Refused(string.Create(CultureInfo.InvariantCulture, $"NUMA domain {domain} does not exist on this node, which has {string.Join(',', existing)} (--cpu-bind={bind.TypeText()}{bind.List})"));
        var masks = Enumerable.Range(0, request.Tasks).Select(task => wanted[task % wanted.Count])
            .Select(domains => (IReadOnlyList<int>)[.. Enumerable.Range(0, shape.Cpus).Where(id => domains.Contains((int)shape.DomainOf(id)))]);
        return new(false, bind.TypeText(), bind.Mode == BindMode.DomainMask ? string.Join(',', wanted.Select(Plain)) : bind.List, [.. masks]) { Word = bind.Mode switch { BindMode.DomainMap => "LDMAP ", BindMode.DomainMask => "LDMASK", _ => "LDRANK" } };
    }

    private static TaskBinding Everything(CpuShape shape, IReadOnlyList<int> allocated, BindRequest request, BindUnit unit) =>
        new(false, Type(unit), Mask(shape, allocated), [.. Enumerable.Repeat(allocated, request.Tasks)]);

    private static string Type(BindUnit unit) => (CpuBind.Unsaid with { Unit = unit }).TypeText(forMasks: true);

    private static TaskBinding Outside(CpuShape shape, IReadOnlyList<int> allocated) =>
        Refused($"CPU binding outside of job step allocation, allocated CPUs are: {Mask(shape, allocated)}.");

    private static TaskBinding Refused(string why) => new(false, "", "", [], why);

    /// <summary>Hexadecimal, as wide as the node, in the kernel's numbers: <c>0x000F</c>.</summary>
    internal static string Mask(CpuShape shape, IEnumerable<int> ids)
    {
        var numbers = ids.Select(shape.Number).ToList();
        return "0x" + Digits(numbers, Math.Max(shape.Cpus, numbers.Count == 0 ? 0 : numbers.Max() + 1));
    }

    /// <summary>As slurmd gives back masks that a user typed: <c>1f</c>.</summary>
    private static string Plain(int[] bits) => Digits(bits, bits.Max() + 1).ToLowerInvariant();

    private static string Digits(IReadOnlyList<int> bits, int width)
    {
        var digits = new int[(width + 3) / 4];
        foreach (var bit in bits) digits[bit / 4] |= 1 << (bit % 4);
        var text = new StringBuilder(digits.Length);
        for (var i = digits.Length - 1; i >= 0; i--) text.Append(digits[i].ToString("X", CultureInfo.InvariantCulture));
        return text.ToString();
    }
}
